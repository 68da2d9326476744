import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { wholeTab } from '../../src/core/tab-span.ts'
import {
  elasticsearchUnderTest,
  isPage,
  json,
  pass,
  restored,
  storesOn,
  tabs,
} from '../support/elasticsearch-under-test.ts'
import { refusing } from '../support/fault-server.ts'
import { sampleSession } from '../support/sample-documents.ts'

const { node, skip } = elasticsearchUnderTest('elasticsearch-session-store-faults.test.ts')

describe('the session store, when the node or the way to it fails', { skip }, () => {
  const { client, start } = storesOn(node)

  it('writes again what was stale when the index is gone by the time it is asked', async t => {
    let prefix = ''
    const started = await start(t, async ({ path }) => {
      if (path.startsWith('/_mget')) await client.indices.delete({ index: `${prefix}-2026.11.01` })
      return pass
    })
    prefix = started.prefix
    await started.store.write([sampleSession({ offset: 9 })])
    const results = await started.store.write([sampleSession({ offset: 1 }), sampleSession({ tab: 'b' })])
    assert.deepEqual(results, Array(2).fill({ kind: 'written' }))
  })

  it('repeats a write whose answer was lost', async t => {
    const { store, requests, events } = await start(t, (_, count) =>
      count === 0 ? { kind: 'pass-and-drop' } : pass,
    )
    const session = sampleSession()
    assert.deepEqual(await store.write([session]), [{ kind: 'written' }])
    assert.equal(requests.length, 2)
    assert.equal(requests[0]?.body, requests[1]?.body)
    assert.deepEqual(events, ['StoreUnavailable', 'StoreRecovered'])
    assert.deepEqual(await store.get([session.key]), [json(session.document)])
  })

  it('begins a restore anew when the search context is lost, and finds everything', async t => {
    let lose = 1
    const { store, requests } = await start(t, async request => {
      if (isPage(request) && request.body.includes('search_after') && lose-- > 0)
        await client.closePointInTime({ id: JSON.parse(request.body).pit.id })
      return pass
    })
    await store.write(Array.from({ length: 2100 }, (_, i) => sampleSession({ tab: `tab${i}` })))
    const found = new Set((await restored(store)).map(({ id }) => id))
    assert.equal(found.size, 2100)
    assert.equal(requests.filter(({ path }) => path.includes('_refresh')).length, 2)
  })

  const partial: [string, object][] = [
    ['shards failed', { _shards: { failed: 1 }, timed_out: false, hits: { total: { value: 0 }, hits: [] } }],
    [
      'the search timed out',
      { _shards: { failed: 0 }, timed_out: true, hits: { total: { value: 0 }, hits: [] } },
    ],
    [
      'more was counted than found',
      { _shards: { failed: 0 }, timed_out: false, hits: { total: { value: 9 }, hits: [] } },
    ],
  ]
  for (const [what, body] of partial)
    it(`does not take an answer for complete when ${what}`, async t => {
      let faults = 1
      const { store, events } = await start(t, request =>
        isPage(request) && faults-- > 0 ? { kind: 'answer', body } : pass,
      )
      await store.write([sampleSession()])
      assert.equal((await restored(store)).length, 1)
      assert.deepEqual(events, ['StoreUnavailable', 'StoreRecovered'])
    })

  it('asks for smaller pages when large ones are refused', async t => {
    const { store, requests } = await start(t, request =>
      isPage(request) && JSON.parse(request.body).size > 250
        ? refusing(429, 'circuit_breaking_exception')
        : pass,
    )
    await store.write([sampleSession()])
    assert.equal((await restored(store)).length, 1)
    assert.deepEqual(
      requests.filter(isPage).map(({ body }) => JSON.parse(body).size),
      [1000, 500, 250],
    )
  })

  it('waits for a closed index in every search and read, and loses nothing', async t => {
    const { store, prefix, events } = await start(t)
    const index = `${prefix}-2026.10.01`
    const old = sampleSession({ tab: 'old', from: '2026-10-24T10:00:00Z' })
    await store.write([old, sampleSession()])
    await client.indices.close({ index })
    const all = Promise.all([
      restored(store),
      store.recall({ ranges: [wholeTab('old')], redirectsAfter: { epoch: 0, offset: 0 }, fresh: false }),
      store.get([old.key]),
      store.summary(),
      store.write([sampleSession({ tab: 'old', from: '2026-10-24T10:00:00Z', offset: 2 })]),
    ])
    await sleep(100)
    await client.indices.open({ index })
    const [found, recalled, got, , written] = await all
    assert.deepEqual(tabs(found), ['old', 'tab'])
    assert.deepEqual(tabs(recalled), ['old'])
    assert.equal(got[0]?.id, old.key.id)
    assert.deepEqual(written, [{ kind: 'written' }])
    assert.deepEqual(events, ['StoreUnavailable', 'StoreRecovered'])
  })

  it('stops for an index that is blocked for writing, and says so', async t => {
    const { store, prefix } = await start(t)
    await store.write([sampleSession()])
    await client.indices.addBlock({ index: `${prefix}-2026.11.01`, block: 'write' })
    await assert.rejects(store.write([sampleSession()]), {
      code: 'store-refused',
      message: /Remove the block/,
    })
  })

  it('ends with what it may not do', async t => {
    const { store } = await start(t, () => refusing(403, 'security_exception'))
    const asked = [
      restored(store),
      store.summary(),
      store.get([sampleSession().key]),
      store.latestPosition(0, 0),
    ]
    for (const result of await Promise.allSettled(asked)) {
      assert.equal(result.status, 'rejected')
      assert.equal(result.reason.code, 'unauthorized')
    }
  })

  it('ends what waits when it is closed', async t => {
    const { store } = await start(t, () => ({ kind: 'drop' }))
    const waiting = [
      store.write([sampleSession()]),
      restored(store),
      store.summary(),
      store.get([sampleSession().key]),
    ]
    const settled = Promise.allSettled(waiting)
    await sleep(50)
    await store.close()
    for (const result of await settled) {
      assert.equal(result.status, 'rejected')
      assert.equal(result.reason.name, 'AbortError')
    }
  })
})
