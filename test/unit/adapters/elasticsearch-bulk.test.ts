import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BulkWrite } from '../../../src/adapters/elasticsearch-bulk.ts'
import { defaultTiming, idsOf, overload, startWriter, stored, writes } from '../../support/bulk-writer.ts'
import {
  bulkAnswer,
  type Decide,
  type Fault,
  type FaultRequest,
  refusing,
} from '../../support/fault-server.ts'

const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

describe('a bulk write', () => {
  it('shares requests with the writes of other callers, and gives each its own results in order', async t => {
    const stale = new Set(['a1', 'c0'])
    const { bulk, requests } = await startWriter(t, request =>
      bulkAnswer(
        idsOf(request).map(id => (stale.has(id) ? [409, 'version_conflict_engine_exception'] : 200)),
      ),
    )
    const results = await Promise.all(['a', 'b', 'c'].map(caller => bulk.write(writes(caller, 3))))
    const kinds = results.map(of => of.map(({ kind }) => kind))
    assert.deepEqual(kinds, [
      ['written', 'stale', 'written'],
      ['written', 'written', 'written'],
      ['stale', 'written', 'written'],
    ])
    assert.equal(requests.length, 1)
    assert.deepEqual(await bulk.write([]), [])
  })

  it('is an index operation with an external version that may repeat', async t => {
    const { bulk, requests } = await startWriter(t, stored)
    const [{ index, write }] = writes('a', 1) as [BulkWrite]
    await bulk.write([{ index, write }])
    const [action, document] = requests[0]!.body.split('\n').map(line => (line ? JSON.parse(line) : null))
    assert.deepEqual(action, {
      index: { _index: 'test-2026.11.01', _id: 'a0', version: write.version, version_type: 'external_gte' },
    })
    assert.deepEqual(document, JSON.parse(JSON.stringify(write.document)))
    assert.match(requests[0]!.path, /^\/_bulk\?filter_path=/)
  })

  it('keeps requests within both limits', async t => {
    const { bulk, requests } = await startWriter(t, stored, { documents: 4, bytes: 10_000 })
    await bulk.write(writes('a', 30))
    assert(requests.every(request => idsOf(request).length <= 4 && request.body.length < 11_500))
    assert.equal(requests.flatMap(idsOf).length, 30)
  })

  it('sends a document over the limit alone', async t => {
    const { bulk, requests } = await startWriter(t, stored, { bytes: 1000 })
    await bulk.write(writes('a', 3))
    assert.deepEqual(requests.map(idsOf), [['a0'], ['a1'], ['a2']])
  })

  it('has no more requests under way than allowed', async t => {
    let underWay = 0
    let most = 0
    const slow = async (request: FaultRequest): Promise<Fault> => {
      most = Math.max(most, ++underWay)
      await sleep(2)
      underWay--
      return stored(request)
    }
    const { bulk } = await startWriter(t, slow, { documents: 1, requests: 2 })
    await bulk.write(writes('a', 20))
    assert.equal(most, 2)
  })
})

describe('trouble that heals', () => {
  it('sends again only the items that met it, and tells of it once', async t => {
    const { bulk, requests, events } = await startWriter(t, (request, count) =>
      bulkAnswer(idsOf(request).map(id => (count < 2 && id !== 'a1' ? overload : 200))),
    )
    const results = await bulk.write(writes('a', 3))
    assert.deepEqual(results, Array(3).fill({ kind: 'written' }))
    assert.deepEqual(requests.map(idsOf), [
      ['a0', 'a1', 'a2'],
      ['a0', 'a2'],
      ['a0', 'a2'],
    ])
    assert.deepEqual(events, ['StoreUnavailable', 'StoreRecovered'])
  })

  const heals: [string, Fault][] = [
    ['503 with an error', refusing(503, 'unavailable_shards_exception')],
    ['502 from a proxy, in HTML', { kind: 'answer', status: 502, body: '<html>', type: 'text/html' }],
    ['429 for all of it', refusing(...overload)],
    ['a connection that breaks', { kind: 'drop' }],
    ['no answer in time', { kind: 'hang' }],
    ['JSON that ends early', { kind: 'answer', body: '{"items":[' }],
    ['too few items', bulkAnswer([200])],
    [
      'an item without a status',
      { kind: 'answer', body: { items: [{ index: {} }, { index: { status: 200 } }] } },
    ],
    ['a closed index', bulkAnswer([200, [400, 'index_closed_exception']])],
    ['the flood stage', bulkAnswer([200, [429, 'cluster_block_exception']])],
    ['shards that are not there', bulkAnswer([200, [503, 'unavailable_shards_exception']])],
  ]
  for (const [what, fault] of heals)
    it(`is ${what}`, async t => {
      const decide: Decide = (request, count) => (count < 1 ? fault : stored(request))
      const timing = { ...defaultTiming, requestTimeoutMs: 400 }
      const { bulk, requests, events } = await startWriter(t, decide, {}, timing)
      // The fault names two items; only the second may be sent again alone.
      assert.deepEqual(await bulk.write(writes('a', 2)), Array(2).fill({ kind: 'written' }))
      assert(requests.length >= 2)
      assert(requests.flatMap(idsOf).filter(id => id === 'a1').length >= 2)
      assert.deepEqual(events, ['StoreUnavailable', 'StoreRecovered'])
    })

  it('is told with its reason, and without the address of anybody', async t => {
    const { bulk, reasons } = await startWriter(t, (request, count) =>
      count === 0 ? refusing(503, 'master_not_discovered_exception', 'no master') : stored(request),
    )
    await bulk.write(writes('a', 1))
    assert.deepEqual(reasons, ['503 master_not_discovered_exception: no master'])
  })

  it('holds up nobody whose documents are fine', async t => {
    let isHealed = false
    const { bulk } = await startWriter(t, request =>
      bulkAnswer(
        idsOf(request).map(id => (id.startsWith('a') && !isHealed ? [400, 'index_closed_exception'] : 200)),
      ),
    )
    const held = bulk.write(writes('a', 1))
    await bulk.write(writes('b', 5))
    await bulk.write(writes('c', 5))
    isHealed = true
    assert.deepEqual(await held, [{ kind: 'written' }])
  })

  it('sends again no document of a caller who has failed meanwhile', async t => {
    const { bulk, requests } = await startWriter(
      t,
      request => {
        const ids = idsOf(request).join()
        if (ids === 'a1,a2') return bulkAnswer([[403, 'security_exception'], 200])
        // Given up after many: what is sent again and again shall fail the test, not hold it up.
        return ids === 'b0' || requests.length > 50 ? stored(request) : refusing(503, 'unavailable')
      },
      { documents: 2 },
    )
    const [other, failing] = [bulk.write(writes('b', 1)), bulk.write(writes('a', 3))]
    await assert.rejects(failing)
    assert.deepEqual(await other, [{ kind: 'written' }])
    const sent = requests.map(request => idsOf(request).join())
    assert(sent.includes('b0,a0'), 'they shared a request')
    assert.equal(sent.at(-1), 'b0')
  })

  it('is not waited for after the signal: no request follows, and no timer is left', async t => {
    const before = timers()
    const { bulk, requests, abort } = await startWriter(
      t,
      () => ({ kind: 'drop' }),
      {},
      { first: 60_000, longest: 60_000 },
    )
    const write = bulk.write(writes('a', 1))
    while (timers() <= before || requests.length === 0) await sleep(1)
    const reason = new Error('shutdown')
    abort(reason)
    await assert.rejects(write, reason)
    assert.equal(timers(), before)
    await assert.rejects(bulk.write(writes('a', 1)), reason)
    assert.equal(requests.length, 1)
  })

  it('ends a request under way when the signal comes, and leaves no timer', async t => {
    const before = timers()
    const left = Promise.withResolvers<void>()
    const hang: Decide = request => {
      request.left.addEventListener('abort', () => left.resolve())
      return { kind: 'hang' }
    }
    const { bulk, requests, abort } = await startWriter(t, hang, {}, { first: 60_000, longest: 60_000 })
    const write = bulk.write(writes('a', 1))
    while (requests.length === 0) await sleep(1)
    const since = performance.now()
    abort(new Error('shutdown'))
    await assert.rejects(write, /shutdown/)
    await left.promise
    assert(performance.now() - since < 5_000)
    await sleep(5)
    assert.equal(timers(), before)
  })
})
