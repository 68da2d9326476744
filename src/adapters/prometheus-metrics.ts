// What the worker tells, as counters in the text format of Prometheus.
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Telemetry, WorkerEvent } from '../ports/telemetry.ts'

export type Metrics = {
  readonly telemetry: Telemetry
  readonly contentType: string
  /** All values of the moment. */
  text(): Promise<string>
}

type Counting = { readonly [K in WorkerEvent['kind']]?: (event: Extract<WorkerEvent, { kind: K }>) => void }

/** What is counted, by whoever makes it: no label comes from an event, so the number of series is fixed. */
export function prometheusMetrics(openSessions: () => number): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name: `sessionloom_${name}`, help, labelNames, registers: [registry] })
  const counters = {
    records: counter('records_total', 'Records read and committed, by what became of them', ['outcome']),
    batches: counter('batches_total', 'Batches, committed or left to the next owner', ['outcome']),
    documents: counter('documents_written_total', 'Documents written for batches and closings', ['kind']),
    conflicts: counter('stale_writes_total', 'Writes for which a later state was stored already'),
    keysAstray: counter('keys_astray_total', 'Events whose record has another key than their tab id'),
    recalled: counter('sessions_recalled_total', 'Documents read for late events'),
    reduced: counter('documents_reduced_total', 'Documents that were refused and stored in reduced form'),
    expired: counter('records_expired_total', 'Records that expired before they were read'),
    interruptions: counter('source_interruptions_total', 'Memberships that ended, and trouble with Kafka'),
  }
  new Gauge({
    name: 'sessionloom_open_sessions',
    help: 'Sessions in memory',
    registers: [registry],
    collect() {
      this.set(openSessions())
    },
  })
  const isAvailable = new Gauge({
    name: 'sessionloom_store_available',
    help: '1, or 0 while the store is waited for',
    registers: [registry],
  })
  isAvailable.set(1)

  const count: Counting = {
    BatchProcessed(batch) {
      counters.batches.inc({ outcome: 'committed' })
      counters.records.inc({ outcome: 'applied' }, batch.applied)
      counters.records.inc({ outcome: 'duplicate' }, batch.duplicates)
      counters.records.inc({ outcome: 'already_applied' }, batch.alreadyApplied)
      counters.records.inc({ outcome: 'control' }, batch.controls)
      counters.records.inc({ outcome: 'dead_letter' }, batch.deadLetters)
      counters.documents.inc({ kind: 'session' }, batch.documents)
      counters.documents.inc({ kind: 'redirect' }, batch.redirects)
      counters.conflicts.inc(batch.conflicts)
      counters.keysAstray.inc(batch.keysAstray)
    },
    BatchFenced: () => counters.batches.inc({ outcome: 'fenced' }),
    SessionsErased: ({ sessions }) => counters.documents.inc({ kind: 'erased' }, sessions),
    SessionsClosed: ({ documents }) => counters.documents.inc({ kind: 'session' }, documents),
    SessionsRecalled: ({ documents }) => counters.recalled.inc(documents),
    DocumentReduced: () => counters.reduced.inc(),
    RecordsExpired: ({ records }) => counters.expired.inc(records),
    MembershipEnded: () => counters.interruptions.inc(),
    SourceInterrupted: () => counters.interruptions.inc(),
    StoreUnavailable: () => isAvailable.set(0),
    StoreRecovered: () => isAvailable.set(1),
  }
  const telemetry = (event: WorkerEvent): void =>
    (count[event.kind] as ((event: WorkerEvent) => void) | undefined)?.(event)
  return { telemetry, contentType: registry.contentType, text: () => registry.metrics() }
}
