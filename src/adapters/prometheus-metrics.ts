// What the worker tells, as metrics in the text format of Prometheus.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { GeoFigures, PartitionFigures, Telemetry, WorkerEvent } from '../ports/telemetry.ts'
import { type MetricKey, type MetricSpec, metricList } from './prometheus-metric-list.ts'

export type Metrics = {
  readonly telemetry: Telemetry
  readonly contentType: string
  /** All values of the moment. */
  text(): Promise<string>
}

export type MetricSources = {
  readonly partitions: () => readonly PartitionFigures[]
  readonly geo: () => readonly GeoFigures[]
  readonly build: { readonly version: string; readonly schema: string; readonly node: string }
}

type MetricOf = { counter: Counter<string>; gauge: Gauge<string>; histogram: Histogram<string> }
type OurMetrics = { readonly [K in MetricKey]: MetricOf[(typeof metricList)[K]['type']] }
type Counting = { readonly [K in WorkerEvent['kind']]?: (event: Extract<WorkerEvent, { kind: K }>) => void }

/** Counts what it is told, and asks for the rest when it is read. */
export function prometheusMetrics({ partitions, geo, build }: MetricSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const metrics = Object.fromEntries(
    Object.entries(metricList).map(([key, spec]) => [key, createMetric(registry, spec)]),
  ) as unknown as OurMetrics
  metrics.build.set(build, 1)
  metrics.registryAvailable.set(1)
  const trouble = troubleClock(metrics)
  const count = { ...countBatches(metrics), ...countRebalances(metrics), ...trouble.counting }
  const telemetry = (event: WorkerEvent): void =>
    (count[event.kind] as ((event: WorkerEvent) => void) | undefined)?.(event)
  return {
    telemetry,
    contentType: registry.contentType,
    text() {
      setFigures(metrics, partitions())
      metrics.geoAge.reset()
      for (const { holds, ageMs } of geo()) metrics.geoAge.set({ holds }, ageMs / 1000)
      trouble.advance()
      return registry.metrics()
    },
  }
}

/** With every series that is known before it counts anything: a rate needs its zero. */
function createMetric(registry: Registry, { name, type, about, labels, buckets }: MetricSpec) {
  const options = { name, help: about, labelNames: Object.keys(labels), registers: [registry] }
  if (type === 'histogram') return new Histogram({ ...options, buckets: [...(buckets ?? [])] })
  if (type === 'gauge') return new Gauge(options)
  const counter = new Counter(options)
  for (const [label, values] of Object.entries(labels))
    for (const value of values ?? []) counter.inc({ [label]: value }, 0)
  return counter
}

function countBatches(metrics: OurMetrics): Counting {
  return {
    BatchProcessed(batch) {
      metrics.batches.inc({ outcome: 'committed' })
      metrics.records.inc({ outcome: 'applied' }, batch.applied)
      metrics.records.inc({ outcome: 'duplicate' }, batch.duplicates)
      metrics.records.inc({ outcome: 'already_applied' }, batch.alreadyApplied)
      metrics.records.inc({ outcome: 'control' }, batch.controls)
      metrics.records.inc({ outcome: 'dead_letter' }, batch.deadLetters)
      for (const [reason, count] of Object.entries(batch.reasons)) metrics.deadLetters.inc({ reason }, count)
      metrics.keysAstray.inc(batch.keysAstray)
      countWrites(metrics, batch)
      if (batch.documents + batch.redirects > 0) metrics.write.observe(batch.writeMs / 1000)
      for (const ageMs of batch.recordAgesMs) metrics.freshness.observe(ageMs / 1000)
    },
    BatchFenced: () => metrics.batches.inc({ outcome: 'fenced' }),
    SessionsErased: ({ sessions }) => metrics.documents.inc({ kind: 'erased' }, sessions),
    SessionsClosed: closing => countWrites(metrics, closing),
    SessionsRecalled({ spans, documents }) {
      metrics.recalls.inc()
      metrics.recallSpans.inc(spans)
      metrics.recallDocuments.inc(documents)
    },
    DocumentReduced: () => metrics.reduced.inc(),
    GeoDatabaseReloaded: () => metrics.geoReloads.inc({ outcome: 'reloaded' }),
    GeoDatabaseRefused: () => metrics.geoReloads.inc({ outcome: 'refused' }),
    RegistryUnavailable: () => metrics.registryAvailable.set(0),
    RegistryRecovered: () => metrics.registryAvailable.set(1),
    RecordsExpired: ({ records }) => metrics.expired.inc(records),
  }
}

type Writes = { readonly documents: number; readonly redirects: number; readonly conflicts: number }

function countWrites(metrics: OurMetrics, { documents, redirects, conflicts }: Writes): void {
  metrics.documents.inc({ kind: 'session' }, documents)
  metrics.documents.inc({ kind: 'redirect' }, redirects)
  metrics.conflicts.inc(conflicts)
}

function countRebalances(metrics: OurMetrics): Counting {
  let owned: ReadonlySet<number> = new Set()
  return {
    PartitionsAssigned({ partitions }) {
      const assigned = new Set(partitions)
      metrics.rebalances.inc()
      metrics.assigned.inc([...assigned].filter(partition => !owned.has(partition)).length)
      metrics.revoked.inc([...owned].filter(partition => !assigned.has(partition)).length)
      owned = assigned
    },
    PartitionRestored({ sessions, ms }) {
      metrics.restore.observe(ms / 1000)
      metrics.restored.inc(sessions)
    },
    MembershipEnded: () => metrics.interruptions.inc(),
    SourceInterrupted: () => metrics.interruptions.inc(),
  }
}

/** Trouble that lasts counts while it lasts, not first when it is over. */
function troubleClock({ storeAvailable, storeTrouble }: OurMetrics) {
  let since: number | null = null
  const advance = (): void => {
    if (since === null) return
    const now = performance.now()
    storeTrouble.inc((now - since) / 1000)
    since = now
  }
  storeAvailable.set(1)
  const counting: Counting = {
    StoreUnavailable() {
      storeAvailable.set(0)
      since = performance.now()
    },
    StoreRecovered() {
      storeAvailable.set(1)
      advance()
      since = null
    },
  }
  return { advance, counting }
}

/** A partition that has left has no series any more. */
function setFigures(metrics: OurMetrics, partitions: readonly PartitionFigures[]): void {
  for (const gauge of [metrics.lag, metrics.watermarkDelay, metrics.openSessions]) gauge.reset()
  for (const { partition, lag, watermark, newestRecordAt, openSessions } of partitions) {
    const labels = { partition: String(partition) }
    metrics.openSessions.set(labels, openSessions)
    if (lag !== null) metrics.lag.set(labels, lag)
    if (watermark !== null && newestRecordAt !== null)
      metrics.watermarkDelay.set(labels, (newestRecordAt - watermark) / 1000)
  }
}
