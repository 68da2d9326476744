// Sessions that the watermark has closed and that are in memory still. Once durable, they could leave; but a store
// shows a write to its searches only after a refresh, which is dear. So they stay while there are few: a late event meets
// them here, and what a recall searches for was written long before.
import type { OpenSession } from './open-session.ts'

/** Of so many bytes a session counts as one, and a larger one as several: what is kept must not fill memory. */
const usualBytes = 4_096

export class ClosedSessions {
  #unwritten: OpenSession[] = []
  /** What each of them counts. */
  readonly #durable = new Map<OpenSession, number>()
  #counted = 0

  /** How many are durable. */
  get durable(): number {
    return this.#durable.size
  }

  add(open: OpenSession): void {
    this.#unwritten.push(open)
  }

  /** An event has opened it again, or another session has taken it in. Gives whether it was durable. */
  delete(open: OpenSession): boolean {
    this.#counted -= this.#durable.get(open) ?? 0
    return this.#durable.delete(open)
  }

  /** What was added is durable now. Gives those that leave memory: all, if there are more than may stay. */
  settle(keep: number): readonly OpenSession[] {
    for (const open of this.#unwritten) {
      if (open.isGone) continue
      const count = keep === 0 ? 1 : Math.ceil(open.bytes / usualBytes)
      this.#durable.set(open, count)
      this.#counted += count
    }
    this.#unwritten = []
    if (this.#counted <= keep) return []
    const leaving = [...this.#durable.keys()]
    this.#durable.clear()
    this.#counted = 0
    return leaving
  }
}
