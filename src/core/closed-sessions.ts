// Sessions that the watermark has closed and that are in memory still. Once durable, they could leave; but a store
// shows a write to its searches only after a refresh, which is dear. So they stay while there are few: a late event meets
// them here, and what a recall searches for was written long before.
import type { OpenSession } from './open-session.ts'

export class ClosedSessions {
  readonly #keep: number
  #unwritten: OpenSession[] = []
  readonly #durable = new Set<OpenSession>()

  /** `keep`: with more than so many durable ones, all of them leave. */
  constructor(keep: number) {
    this.#keep = keep
  }

  /** How many are durable. */
  get durable(): number {
    return this.#durable.size
  }

  add(open: OpenSession): void {
    this.#unwritten.push(open)
  }

  /** An event has opened it again, or another session has taken it in. Gives whether it was durable. */
  delete(open: OpenSession): boolean {
    return this.#durable.delete(open)
  }

  /** What was added is durable now. Gives those that leave memory. */
  settle(): readonly OpenSession[] {
    for (const open of this.#unwritten) if (!open.isGone) this.#durable.add(open)
    this.#unwritten = []
    if (this.#durable.size <= this.#keep) return []
    const leaving = [...this.#durable]
    this.#durable.clear()
    return leaving
  }
}
