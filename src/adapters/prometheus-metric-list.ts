// Every metric of ours, once: the README's table is made of it. A label is a partition's number or from a closed
// list, never from an event, so the number of series is fixed.
import { deadLetterReasons } from '../core/outcome.ts'

export type MetricSpec = {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly about: string
  /** Values of each label; null for numbers of partitions, and what is known only at run time. */
  readonly labels: Readonly<Record<string, readonly string[] | null>>
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[]
}

/** From a fraction of FLUSH_INTERVAL to an outage of ten minutes. */
const seconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600]

const counter = <L extends MetricSpec['labels']>(name: string, about: string, labels: L = {} as L) => ({
  name: `sessionloom_${name}`,
  type: 'counter' as const,
  about,
  labels,
})
const gauge = <L extends MetricSpec['labels']>(name: string, about: string, labels: L = {} as L) => ({
  ...counter(name, about, labels),
  type: 'gauge' as const,
})
const histogram = (name: string, about: string) => ({
  ...counter(name, about),
  type: 'histogram' as const,
  buckets: seconds,
})

export const metricList = {
  records: counter('records_total', 'Records read and committed, by what became of them', {
    outcome: ['applied', 'duplicate', 'already_applied', 'control', 'dead_letter'],
  }),
  deadLetters: counter('dead_letters_total', 'Records that cannot become events, by reason', {
    reason: Object.keys(deadLetterReasons),
  }),
  batches: counter('batches_total', 'Batches, committed or left to the next owner', {
    outcome: ['committed', 'fenced'],
  }),
  lag: gauge('lag_records', 'Records that are not committed yet, as of the last five seconds', {
    partition: null,
  }),
  watermarkDelay: gauge(
    'watermark_delay_seconds',
    'Timestamp of the latest committed record − watermark: how far the events are behind their records, and ' +
      'ALLOWED_LATENESS. Not against the clock, so that a quiet topic stands still; below zero once the clock has closed its sessions',
    { partition: null },
  ),
  openSessions: gauge('open_sessions', 'Sessions in memory that are not closed', { partition: null }),
  write: histogram(
    'write_seconds',
    'How long a batch’s documents and redirects took to be acknowledged, waits for the store included',
  ),
  freshness: histogram(
    'freshness_seconds',
    'Age of a record, by its Kafka timestamp, when the documents of its batch were acknowledged',
  ),
  documents: counter(
    'documents_written_total',
    'Documents written; a redirect for each id that was absorbed by a merge or by an earlier start',
    { kind: ['session', 'redirect', 'erased'] },
  ),
  conflicts: counter('stale_writes_total', 'Writes for which a later state was stored already: harmless'),
  reduced: counter('documents_reduced_total', 'Documents that were refused and stored in reduced form'),
  recalls: counter(
    'recalls_total',
    'Times that the store was searched for what late events or control records may touch',
  ),
  recallSpans: counter('recall_spans_total', 'Spans of event time that were searched for late events'),
  recallDocuments: counter('recall_documents_total', 'Documents that were found for late events'),
  restore: histogram('restore_seconds', 'How long a partition’s memory took to be restored'),
  restored: counter('restored_sessions_total', 'Sessions that restores brought into memory'),
  rebalances: counter('rebalances_total', 'Assignments by the consumer group, changed or not'),
  assigned: counter('partitions_assigned_total', 'Partitions that came to this worker'),
  revoked: counter('partitions_revoked_total', 'Partitions that went from this worker to another'),
  interruptions: counter('source_interruptions_total', 'Memberships that ended, and trouble with Kafka'),
  keysAstray: counter('keys_astray_total', 'Events whose record has another key than their tab id'),
  expired: counter('records_expired_total', 'Records that expired before they were read: lost'),
  storeAvailable: gauge('store_available', '1, or 0 while the store is waited for'),
  storeTrouble: counter('store_trouble_seconds_total', 'Time for which the store was waited for'),
  registryAvailable: gauge('schema_registry_available', '1, or 0 while the schema registry is waited for'),
  geoAge: gauge(
    'geo_database_age_seconds',
    'Time since a geo database was built: of GEO_DATABASE or the embedded one, and of GEO_ASN_DATABASE',
    { holds: ['places', 'networks'] },
  ),
  geoReloads: counter('geo_database_changes_total', 'Geo databases that were replaced while in use', {
    outcome: ['reloaded', 'refused'],
  }),
  build: gauge('build_info', 'Always 1; its labels say what runs', {
    version: null,
    schema: null,
    node: null,
  }),
} as const satisfies Readonly<Record<string, MetricSpec>>

export type MetricKey = keyof typeof metricList
