import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type MetricSpec, metricList } from '../../../src/adapters/prometheus-metric-list.ts'
import { prometheusMetrics } from '../../../src/adapters/prometheus-metrics.ts'
import type { GeoFigures, PartitionFigures, WorkerEvent } from '../../../src/ports/telemetry.ts'
import { type Family, parseExposition } from '../../support/exposition.ts'

const build = { version: '1.2.3', schema: '1', node: 'v26' }
const batch: WorkerEvent = {
  kind: 'BatchProcessed',
  partition: 0,
  records: 12,
  applied: 4,
  duplicates: 3,
  alreadyApplied: 2,
  controls: 1,
  deadLetters: 2,
  keysAstray: 5,
  documents: 3,
  redirects: 1,
  conflicts: 1,
  reasons: { 'too-deep': 2 },
  writeMs: 40,
  recordAgesMs: [90, 110, 700_000],
}

/** What is told after these events, by the name of the series. */
async function after(
  events: readonly WorkerEvent[],
  partitions: PartitionFigures[] = [],
  geo: GeoFigures[] = [],
) {
  const metrics = prometheusMetrics({ partitions: () => partitions, geo: () => geo, build })
  for (const event of events) metrics.telemetry(event)
  const families = parseExposition(await metrics.text())
  const value = (name: string, label = '') =>
    [...families.values()]
      .flatMap(({ samples }) => samples.get(`sessionloom_${name}`) ?? [])
      .find(({ labels }) => label === '' || Object.values(labels).includes(label))?.value
  return { families, value }
}

it('counts every record of a batch once, by what became of it', async () => {
  const { value } = await after([batch, batch])
  assert.deepEqual(
    ['applied', 'duplicate', 'already_applied', 'control', 'dead_letter'].map(outcome =>
      value('records_total', outcome),
    ),
    [8, 6, 4, 2, 4],
  )
  assert.equal(value('dead_letters_total', 'too-deep'), 4)
  assert.equal(value('dead_letters_total', 'too-large'), 0, 'a reason that did not occur has its zero')
  assert.equal(value('documents_written_total', 'redirect'), 2)
  assert.equal(value('stale_writes_total'), 2)
  assert.equal(value('keys_astray_total'), 10)
})

it('tells the age of each geo database, and what became of those that were replaced', async () => {
  const reloaded: WorkerEvent = { kind: 'GeoDatabaseReloaded', path: 'p', type: 't', days: 1 }
  const refused: WorkerEvent = { kind: 'GeoDatabaseRefused', path: 'p', reason: 'r' }
  const { value } = await after([reloaded, reloaded, refused], [], [{ holds: 'places', ageMs: 86_400_000 }])
  assert.equal(value('geo_database_age_seconds', 'places'), 86_400)
  assert.equal(value('geo_database_age_seconds', 'networks'), undefined, 'there is none')
  assert.equal(value('geo_database_changes_total', 'reloaded'), 2)
  assert.equal(value('geo_database_changes_total', 'refused'), 1)
})

it('measures the write of a batch once, and the age of each of its records', async () => {
  const { value } = await after([batch, { ...batch, documents: 0, redirects: 0, recordAgesMs: [] }])
  assert.equal(value('write_seconds_count'), 1, 'a batch that wrote nothing has no write')
  assert.equal(value('write_seconds_sum'), 0.04)
  assert.equal(value('freshness_seconds_count'), 3)
  assert.equal(value('freshness_seconds_bucket', '0.1'), 1)
  assert.equal(value('freshness_seconds_bucket', '600'), 2)
})

it('tells partitions that came and went, and forgets the figures of those that went', async () => {
  const { value } = await after(
    [
      { kind: 'PartitionsAssigned', partitions: [0, 1, 2] },
      { kind: 'PartitionsAssigned', partitions: [2, 3] },
    ],
    [{ partition: 3, openSessions: 7, lag: 5, watermark: 1_000, newestRecordAt: 301_500 }],
  )
  assert.deepEqual(
    ['rebalances_total', 'partitions_assigned_total', 'partitions_revoked_total'].map(name => value(name)),
    [2, 4, 2],
  )
  assert.equal(value('open_sessions', '3'), 7)
  assert.equal(value('lag_records', '3'), 5)
  assert.equal(value('watermark_delay_seconds', '3'), 300.5)
})

it('counts trouble with the store while it lasts', async () => {
  const trouble: WorkerEvent = { kind: 'StoreUnavailable', reason: 'gone' }
  const during = await after([trouble])
  assert.equal(during.value('store_available'), 0)
  assert.ok((during.value('store_trouble_seconds_total') as number) > 0)
  const over = await after([trouble, { kind: 'StoreRecovered', afterMs: 1 }])
  assert.equal(over.value('store_available'), 1)
})

it('has every metric of the list from the start, with its type, and no other of ours', async () => {
  const { families } = await after([])
  const ours = [...families].filter(([name]) => name.startsWith('sessionloom_'))
  const told = ours.map(([name, { type }]: [string, Family]) => `${name} ${type}`)
  assert.deepEqual(
    told.sort(),
    Object.values<MetricSpec>(metricList)
      .map(({ name, type }) => `${name} ${type}`)
      .sort(),
  )
})
