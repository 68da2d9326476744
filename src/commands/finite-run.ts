// What `replay` and `demo` share: a finite input through the worker, and all sessions closed at its end.
import type { Lookups } from '../core/enrichment/enrich-session.ts'
import type { Format } from '../core/formats/format.ts'
import type { DeadLetterSink } from '../ports/dead-letter-sink.ts'
import type { EventSource } from '../ports/event-source.ts'
import type { SessionStore } from '../ports/session-store.ts'
import type { BatchCounts, Telemetry } from '../ports/telemetry.ts'
import { upgrading } from '../upgrading-store.ts'
import { Worker } from '../worker.ts'
import { type SessionRules, sessionRulesOf } from './session-settings.ts'

export type Totals = { -readonly [K in keyof BatchCounts]: number }

/** Before anything was read. */
export const noTotals: Readonly<Totals> = {
  records: 0,
  applied: 0,
  duplicates: 0,
  alreadyApplied: 0,
  controls: 0,
  deadLetters: 0,
  documents: 0,
  redirects: 0,
  conflicts: 0,
  keysAstray: 0,
}

export type FiniteRun = {
  readonly source: EventSource
  readonly store: SessionStore
  readonly deadLetters: DeadLetterSink
  readonly lookups: Lookups
  readonly epoch: number
  readonly format: Format
  readonly settings: SessionRules
  /** Whether sessions are written while they are open, as the worker does; not needed where nobody looks before the end. */
  readonly writesOpen?: boolean
  readonly onBatch: (totals: Totals) => void
  /** Stops the source, and leaves sessions open: the input was not read to its end. */
  readonly signal: AbortSignal
}

/** Runs the input to its end, or to where `source.stop` cut it. Gives what became of its records. */
export async function runToEnd(run: FiniteRun): Promise<Totals> {
  const totals: Totals = { ...noTotals }
  const telemetry: Telemetry = event => {
    if (event.kind !== 'BatchProcessed') return
    for (const name of Object.keys(totals) as (keyof Totals)[]) totals[name] += event[name]
    run.onBatch(totals)
  }
  const worker = new Worker({
    source: run.source,
    store: upgrading(run.store),
    deadLetters: run.deadLetters,
    lookups: run.lookups,
    clock: systemClock,
    telemetry,
    settings: {
      topic: null,
      epoch: run.epoch,
      partitions: 1,
      ...sessionRulesOf(run.settings),
      format: run.format,
      onDataLoss: 'stop',
      writesOpen: run.writesOpen ?? false,
      // These stores show at once what is written, so a recall costs no refresh.
      closedKept: 0,
    },
  })
  const stop = () => void run.source.stop()
  run.signal.addEventListener('abort', stop)
  await worker.run()
  run.signal.removeEventListener('abort', stop)
  if (!run.signal.aborted) await worker.closeAll()
  return totals
}

export const systemClock = { now: () => Date.now(), monotonic: () => performance.now() }
