// A worker as its page shows it: figures of its partitions, counts of its batches, and the last minutes of both.
import type { Clock } from '../ports/clock.ts'
import type { PageFeed, PageMessage } from '../ports/page-feed.ts'
import type { PartitionFigures, WorkerEvent } from '../ports/telemetry.ts'
import type { Hello, Sample, WorkerMessage, WorkerTotals } from './page-messages.ts'

export type LiveWorkerOptions = {
  readonly title: string
  readonly version: string
  readonly partitions: () => readonly PartitionFigures[]
  /** Why the worker does not go on at the moment; empty if it does. */
  readonly notReady: () => readonly string[]
  readonly clock: Clock
}

const everyMs = 2_000
/** Ten minutes. */
const kept = 300

export class LiveWorker implements PageFeed {
  readonly #options: LiveWorkerOptions
  readonly #totals: { -readonly [K in keyof WorkerTotals]: WorkerTotals[K] } = {
    records: 0,
    documents: 0,
    redirects: 0,
    duplicates: 0,
    alreadyApplied: 0,
    deadLetters: 0,
    recalls: 0,
    rebalances: 0,
    freshnessMs: null,
    writeMs: null,
  }
  readonly #reasons = new Map<string, number>()
  readonly #samples: Sample[] = []
  #untold: Sample[] = []
  #sampled: { readonly at: number; readonly records: number }

  constructor(options: LiveWorkerOptions) {
    this.#options = options
    this.#sampled = { at: options.clock.monotonic(), records: 0 }
    setInterval(() => this.sample(), everyMs).unref()
  }

  /** Counts what is told, once a batch or more rarely. */
  readonly telemetry = (event: WorkerEvent): void => {
    const totals = this.#totals
    if (event.kind === 'PartitionsAssigned') totals.rebalances++
    if (event.kind === 'SessionsRecalled') totals.recalls++
    if (event.kind === 'BatchProcessed' || event.kind === 'SessionsClosed') {
      totals.documents += event.documents
      totals.redirects += event.redirects
    }
    if (event.kind !== 'BatchProcessed') return
    for (const name of ['records', 'duplicates', 'alreadyApplied', 'deadLetters'] as const)
      totals[name] += event[name]
    for (const [reason, count] of Object.entries(event.reasons))
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + count)
    totals.writeMs = event.writeMs
    totals.freshnessMs = event.recordAgesMs.reduce((oldest, age) => Math.max(oldest, age), 0)
  }

  /** Takes the figures of this moment; done by itself every two seconds. */
  sample(): void {
    const { clock, partitions } = this.#options
    const now = clock.monotonic()
    const { records } = this.#totals
    const perSecond = ((records - this.#sampled.records) * 1000) / Math.max(1, now - this.#sampled.at)
    this.#sampled = { at: now, records }
    let lag: number | null = 0
    let open = 0
    for (const partition of partitions()) {
      lag = lag === null || partition.lag === null ? null : lag + partition.lag
      open += partition.openSessions
    }
    const sample: Sample = [clock.now(), Math.round(perSecond * 10) / 10, lag, open]
    for (const samples of [this.#samples, this.#untold]) {
      samples.push(sample)
      if (samples.length > kept) samples.shift()
    }
  }

  snapshot(): PageMessage[] {
    const { title, version } = this.#options
    const hello: Hello = { kind: 'hello', shows: 'worker', title, version, gapMs: 0, speeds: [] }
    return [hello, this.#message(this.#samples)]
  }

  changes(): PageMessage[] {
    if (this.#untold.length === 0) return []
    const samples = this.#untold
    this.#untold = []
    return [this.#message(samples)]
  }

  #message(samples: readonly Sample[]): WorkerMessage {
    return {
      kind: 'worker',
      notReady: this.#options.notReady(),
      partitions: this.#options.partitions(),
      totals: { ...this.#totals },
      reasons: [...this.#reasons].sort((a, b) => b[1] - a[1]),
      samples,
    }
  }
}
