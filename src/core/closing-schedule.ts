import { isClosed } from './session-window.ts'

/** What the schedule needs of an open session. */
export type Closable = { readonly end: number; readonly isGone: boolean }

/**
 * Finds the sessions that the watermark has closed without looking at all of them: each lies in a bucket of
 * the time at which it closes. One that was extended meanwhile moves on when its old bucket is due, so an
 * event costs nothing here.
 */
export class ClosingSchedule<T extends Closable> {
  readonly #gapMs: number
  readonly #widthMs: number
  readonly #buckets = new Map<number, T[]>()

  constructor(gapMs: number) {
    this.#gapMs = gapMs
    this.#widthMs = Math.max(1, Math.floor(gapMs / 600))
  }

  add(session: T): void {
    const bucket = this.#bucketOf(session.end + this.#gapMs)
    const held = this.#buckets.get(bucket)
    if (held === undefined) this.#buckets.set(bucket, [session])
    else held.push(session)
  }

  /** Takes out and gives the closed ones. */
  takeClosed(watermark: number): T[] {
    if (watermark === Number.NEGATIVE_INFINITY) return []
    const due = watermark === Number.POSITIVE_INFINITY ? watermark : this.#bucketOf(watermark)
    const closed: T[] = []
    const open: T[] = []
    for (const [bucket, sessions] of this.#buckets) {
      if (bucket > due) continue
      this.#buckets.delete(bucket)
      for (const session of sessions) {
        if (session.isGone) continue
        if (isClosed(session.end, this.#gapMs, watermark)) closed.push(session)
        else open.push(session)
      }
    }
    for (const session of open) this.add(session)
    return closed
  }

  #bucketOf(time: number): number {
    return Math.floor(time / this.#widthMs)
  }
}
