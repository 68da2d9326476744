// A log as fast as its events arrived, or so many times faster.

import { decode } from '../core/decode.ts'
import type { Format } from '../core/formats/format.ts'
import type { BatchLease, EventSource, SourceHandler, SourceRecord } from '../ports/event-source.ts'
import type { Clock } from './page-messages.ts'

export type PacedSourceOptions = {
  /** How many times faster than the clock event time passes; 0 stands still. */
  readonly speed: number
  readonly format: Format
  readonly maxLatenessMs: number
  /** What arrived before this, epoch ms, comes at once. */
  readonly from?: number
  /** Of a clock that only goes forward, ms. */
  readonly monotonic: () => number
}

/** Nobody watches a night pass: a longer silence of the whole log is left out. */
const longestSilenceMs = 15 * 60_000
const tickMs = 100
/** The page is answered in between, and shows what becomes of few events at a time. */
const recordsAtOnce = 100
/** Of a machine that was asleep: it need not catch up. */
const longestTickMs = 1_000

export class PacedSource implements EventSource {
  readonly #source: EventSource
  readonly #options: PacedSourceOptions
  #speed: number
  /** Where the log is by the clock, and when that was; null before the first record. */
  #at: number | null = null
  #since = 0
  #ahead = 0
  /** The latest arrival that was given: a repeat says when its first came, and puts no clock back. */
  #delivered: number | null = null
  #isRunning = true
  #isStopped = false

  constructor(source: EventSource, options: PacedSourceOptions) {
    this.#source = source
    this.#options = options
    this.#speed = options.speed
  }

  get pace(): Omit<Clock, 'watermark'> {
    const { from = null } = this.#options
    // What comes at once is shown where it is.
    const isAhead = from !== null && this.#delivered !== null && this.#delivered < from
    return { at: isAhead ? this.#delivered : this.#at, speed: this.#speed, isRunning: this.#isRunning }
  }

  set speed(speed: number) {
    this.#speed = speed
  }

  async run(handler: SourceHandler): Promise<void> {
    await this.#source.run({
      get waitsFor() {
        return handler.waitsFor ?? null
      },
      assigned: partitions => handler.assigned(partitions),
      process: lease => this.#process(lease, handler),
    })
    this.#isRunning = false
  }

  stop(): Promise<void> {
    this.#isStopped = true
    return this.#source.stop()
  }

  describe: EventSource['describe'] = () => this.#source.describe()
  committed: EventSource['committed'] = partition => this.#source.committed(partition)
  bounds: EventSource['bounds'] = partition => this.#source.bounds(partition)
  timestampAt: EventSource['timestampAt'] = (partition, offset) => this.#source.timestampAt(partition, offset)

  /** In pieces, each when it is due. */
  async #process(lease: BatchLease, handler: SourceHandler): Promise<void> {
    const { records, nextOffset } = lease.batch
    const arrivals = inOrder(records.map(record => this.#arrivalOf(record)))
    let { firstOffset } = lease.batch
    for (let done = 0; done < records.length; ) {
      const due = await this.#untilDue(arrivals, done)
      if (this.#isStopped) return
      const end = due === records.length ? nextOffset : (records[due] as SourceRecord).offset
      const batch = { ...lease.batch, records: records.slice(done, due), firstOffset, nextOffset: end }
      this.#delivered = latestOf([this.#delivered, ...arrivals.slice(done, due)])
      await handler.process({ ...lease, batch })
      firstOffset = end
      done = due
    }
    this.#standStill()
  }

  /** Where nothing follows, the log's clock stands at its last event, however fast it was read. */
  #standStill(): void {
    if (this.#at === null || this.#delivered === null) return
    const last = Math.max(this.#delivered, this.#options.from ?? this.#delivered)
    this.#ahead = Math.max(0, this.#at - last)
    this.#at -= this.#ahead
  }

  /** How many of them are due, when at least one more than `done` is. */
  async #untilDue(arrivals: readonly (number | null)[], done: number): Promise<number> {
    for (;;) {
      const next = arrivals.find((arrival, i) => i >= done && arrival !== null) ?? null
      const at = this.#advance(next)
      let due = done
      const most = Math.min(arrivals.length, done + recordsAtOnce)
      while (due < most && (arrivals[due] ?? at) <= at) due++
      if (due > done || this.#isStopped) {
        // The chain over an embedded store never waits for anything: whoever looks must get a turn.
        await new Promise(resolve => setImmediate(resolve))
        return due
      }
      await new Promise(resolve => setTimeout(resolve, tickMs))
    }
  }

  /** Puts the log's clock forward. */
  #advance(next: number | null): number {
    const now = this.#options.monotonic()
    // What it was ahead of its last event is not lost when more of it follows.
    const ahead = Math.min(this.#ahead, longestTickMs * this.#speed)
    const passed = Math.min(now - this.#since, longestTickMs) * this.#speed + ahead
    const at = this.#at === null ? (this.#options.from ?? next ?? 0) : this.#at + passed
    this.#since = now
    this.#ahead = 0
    const isSilent = next !== null && this.#speed > 0 && next - at > longestSilenceMs
    this.#at = isSilent ? next : at
    return this.#at
  }

  /** Null for what has no time: it comes with what is before it. */
  #arrivalOf(record: SourceRecord): number | null {
    const outcome = decode(record, this.#options.maxLatenessMs, this.#options.format)
    return outcome.kind === 'ok' ? outcome.value.received : null
  }
}

/** Of so many that follow, most must be as late. */
const witnesses = 4

/** Null for what a clock that is wrong says came long after all that follows: the log's clock would wait for it, and stay there. */
function inOrder(arrivals: readonly (number | null)[]): (number | null)[] {
  return arrivals.map((arrival, i) => {
    if (arrival === null) return null
    const after = arrivals
      .slice(i + 1, i + 1 + 2 * witnesses)
      .filter(at => at !== null)
      .slice(0, witnesses)
    const earlier = after.filter(at => at < arrival - longestSilenceMs)
    return earlier.length * 2 > after.length ? null : arrival
  })
}

const latestOf = (arrivals: readonly (number | null)[]): number | null =>
  arrivals.reduce((latest, at) => (at === null || (latest !== null && at < latest) ? latest : at), null)
