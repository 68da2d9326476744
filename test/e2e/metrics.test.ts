import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MetricSpec, metricList } from '../../src/adapters/prometheus-metric-list.ts'
import { elasticsearchUnderTest, pass } from '../support/elasticsearch-under-test.ts'
import { type Family, parseExposition } from '../support/exposition.ts'
import { refusing, startFaultServer } from '../support/fault-server.ts'
import { withoutKafka } from '../support/kafka-fixture.ts'
import { mergingPiece } from '../support/merging-events.ts'
import { workersOn } from '../support/worker-fixture.ts'
import type { WorkerProcess } from '../support/worker-process.ts'

const { node, skip } = elasticsearchUnderTest('metrics.test.ts')

describe('/metrics of a real worker', { skip: withoutKafka || skip }, () => {
  const { fresh, send, start, caughtUp } = workersOn(node)

  test('has every metric of the README, in valid form, and its numbers are those of the work', async () => {
    const place = await fresh()
    const worker = start(place)
    for (let n = 0; n < 3; n++) {
      await send(place, mergingPiece(n))
      await caughtUp(place)
    }
    const families = await scrapedWhen(worker, scraped => sum(scraped, 'lag_records') === 0)
    for (const { name, type } of Object.values<MetricSpec>(metricList))
      assert.equal(families.get(name)?.type, type, name)
    assertCounts(
      families,
      place.written.map(({ value }) => String(value)),
    )
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_heap_size_used_bytes',
    ])
      assert.ok((families.get(name)?.samples.get(name)?.[0]?.value as number) > 0, name)
  })

  test('tells what a restore brought into memory, and what it waits for while the store refuses', async t => {
    const place = await fresh()
    await send(place, mergingPiece(0))
    const first = start(place)
    await caughtUp(place)
    first.child.kill('SIGTERM')
    await first.exit
    const proxy = await startFaultServer(
      ({ path }) => (path.startsWith('/_bulk') ? refusing(503, 'unavailable_shards_exception') : pass),
      node,
    )
    t.after(() => proxy.close())
    const worker = start({ ...place, env: { ...place.env, ELASTICSEARCH_NODE: proxy.address } })
    const before = place.written.length
    await send(place, mergingPiece(1))
    const waiting = place.written.length - before
    // Read beside the batches that wait: a lag that came with them would be 0 still.
    const families = await scrapedWhen(worker, scraped => sum(scraped, 'lag_records') === waiting)
    assert.equal(sum(families, 'store_available'), 0)
    assert.ok(sum(families, 'store_trouble_seconds_total') > 0)
    assert.ok(sum(families, 'restored_sessions_total') > 0)
    assert.ok(sum(families, 'open_sessions') >= sum(families, 'restored_sessions_total'))
    assert.equal(sum(families, 'records_total'), 0, 'nothing is counted before it is committed')
  })
})

/** What mergingPiece(0), (1) and (2) must have come to, whatever the batches were. */
function assertCounts(families: ReadonlyMap<string, Family>, written: readonly string[]): void {
  const of = (name: string, label?: string) => sum(families, name, label)
  const broken = written.filter(value => value.startsWith('{"broken'))
  const distinct = new Set(written).size - broken.length
  assert.equal(of('records_total', 'applied'), distinct)
  assert.equal(of('records_total', 'duplicate'), written.length - broken.length - distinct)
  assert.equal(of('records_total', 'dead_letter'), broken.length)
  assert.equal(of('dead_letters_total', 'invalid-json'), broken.length)
  assert.equal(of('dead_letters_total'), broken.length)
  assert.equal(of('freshness_seconds_count'), written.length, 'each record has an age')
  assert.equal(of('restore_seconds_count'), 2, 'once for each partition')
  assert.equal(of('partitions_assigned_total'), 2)
  assert.ok(of('rebalances_total') >= 1)
  // Both sessions of a late tab were written before the event of the next piece made them one.
  assert.ok(of('documents_written_total', 'redirect') >= 16)
  for (const name of ['batches_total', 'write_seconds_count', 'write_seconds_sum', 'freshness_seconds_sum'])
    assert.ok(of(name) > 0, name)
  for (const name of ['recalls_total', 'recall_spans_total', 'recall_documents_total', 'open_sessions'])
    assert.ok(of(name) > 0, name)
  assert.ok(of('write_seconds_count') <= of('batches_total', 'committed'))
  // The records were made now, their events months ago.
  assert.ok(of('watermark_delay_seconds') > 86_400)
  assert.equal(families.get('sessionloom_watermark_delay_seconds')?.samples.values().next().value?.length, 2)
  for (const name of ['partitions_revoked_total', 'records_expired_total', 'documents_reduced_total'])
    assert.equal(of(name), 0, name)
  assert.equal(of('store_available'), 1)
  assert.equal(of('store_trouble_seconds_total'), 0)
  assert.equal(of('build_info'), 1)
}

/** Of all series of this name, or of those with this label's value; NaN if there is none. */
function sum(families: ReadonlyMap<string, Family>, name: string, label?: string): number {
  for (const { samples } of families.values()) {
    const all = samples.get(`sessionloom_${name}`)
    if (all === undefined) continue
    const wanted = all.filter(({ labels }) => label === undefined || Object.values(labels).includes(label))
    return wanted.reduce((total, { value }) => total + value, 0)
  }
  return Number.NaN
}

/** The metrics as soon as they are so; the ends of the logs are asked for now and then. */
async function scrapedWhen(worker: WorkerProcess, isSo: (families: Map<string, Family>) => boolean) {
  const deadline = performance.now() + 60_000
  for (let text = ''; ; ) {
    assert.ok(performance.now() < deadline, `never so: ${text}`)
    assert.equal(worker.child.exitCode, null, worker.output())
    const address = /"address":"([^"]+)"/.exec(worker.output())?.[1]
    if (address !== undefined) {
      const answer = await fetch(`${address}/metrics`)
      assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
      text = await answer.text()
      const families = parseExposition(text)
      if (isSo(families)) return families
    }
    await sleep(200)
  }
}
