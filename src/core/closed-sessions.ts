// Sessions that the watermark has closed and that are in memory still. Once they are durable they could leave; but a
// store shows a write to its searches only after a refresh, which is dear. So they stay while they are few, where late
// events meet them, and then leave all together: one refresh shows all of them to the recalls that follow.
import type { OpenSession } from './open-session.ts'

/** Of so many bytes a session counts as one, and a larger one as several: what is kept must not fill memory. */
const usualBytes = 4_096

export class ClosedSessions {
  /** Closed since `settle`, which keeps them or lets them go. */
  #justClosed: OpenSession[] = []
  /** Those that are durable and stay nevertheless, and as how many each counts. */
  readonly #kept = new Map<OpenSession, number>()
  #counted = 0

  /** How many are kept. Those closed since `settle` are not among them yet. */
  get kept(): number {
    return this.#kept.size
  }

  add(open: OpenSession): void {
    this.#justClosed.push(open)
  }

  /** An event has opened it again, it was erased, or another session has taken it in. Gives whether it was kept. */
  delete(open: OpenSession): boolean {
    this.#counted -= this.#kept.get(open) ?? 0
    return this.#kept.delete(open)
  }

  /** All of them are durable. Gives those that leave memory: all, if they count as more than `mayStay`. */
  settle(mayStay: number): readonly OpenSession[] {
    for (const open of this.#justClosed) {
      if (open.isGone) continue
      // Where none may stay, none is measured.
      const count = mayStay === 0 ? 1 : Math.ceil(open.bytes / usualBytes)
      this.#kept.set(open, count)
      this.#counted += count
    }
    this.#justClosed = []
    if (this.#counted <= mayStay) return []
    const leaving = [...this.#kept.keys()]
    this.#kept.clear()
    this.#counted = 0
    return leaving
  }
}
