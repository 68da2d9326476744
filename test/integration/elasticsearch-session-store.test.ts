import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StoredDocument } from '../../src/core/session-document.ts'
import { wholeTab } from '../../src/core/tab-span.ts'
import type { DocumentWrite } from '../../src/ports/session-store.ts'
import { sessionStoreContract } from '../contract/session-store.contract.ts'
import {
  elasticsearchUnderTest,
  everything,
  isSearch,
  json,
  restored,
  storesOn,
  tabs,
} from '../support/elasticsearch-under-test.ts'
import { sampleRedirect, sampleSession } from '../support/sample-documents.ts'

const { node, skip } = elasticsearchUnderTest('elasticsearch-session-store.test.ts')
const nowhere = { epoch: 1023, offset: 0 }

describe('the session store on a real node', { skip }, () => {
  const { client, start, startCompressed } = storesOn(node)

  sessionStoreContract('Elasticsearch', async t => (await start(t)).store)

  it('is empty before the first write, which is no error', async t => {
    const { store, prefix } = await start(t)
    assert.deepEqual(await store.summary(), { latestLastSeen: null, latestEpoch: null })
    assert.equal(await store.latestPosition(0, 0), null)
    assert.deepEqual(await store.get([sampleSession().key]), [null])
    assert.deepEqual(await restored(store), [])
    const ranges = [{ tabId: 'tab', from: 0, to: Date.parse('2030-01-01') }]
    assert.deepEqual(await store.recall({ ranges, redirectsAfter: nowhere, fresh: true }), [])
    assert.equal(await client.indices.exists({ index: `${prefix}-*`, allow_no_indices: false }), false)
  })

  it('gives back what was written, at once by id', async t => {
    const { store } = await start(t)
    const session = sampleSession({
      raw: { properties: JSON.parse('{"__proto__":1,"constructor":{"prototype":1}}') },
    })
    const redirect = sampleRedirect({ from: '2026-10-24T10:00:00Z', to: '2026-11-24T10:00:00Z' })
    await store.write([session, redirect])
    const absent = sampleSession({ from: '2020-01-01T00:00:00Z' }).key
    const got = await store.get([absent, redirect.key, session.key, session.key])
    assert.deepEqual(got, [null, json(redirect.document), json(session.document), json(session.document)])
  })

  it('does so with compressed requests, too', async t => {
    const store = await startCompressed(t)
    const session = sampleSession()
    assert.deepEqual(await store.write([session]), [{ kind: 'written' }])
    assert.deepEqual(await store.get([session.key]), [json(session.document)])
    assert.deepEqual(await restored(store), [json(session.document)])
  })

  it('lets a later version win, and tells a stale writer what is stored', async t => {
    const { store } = await start(t)
    const late = sampleSession({ offset: 9, partition: 3, epoch: 1 })
    const early = sampleSession({ offset: 8, partition: 5, epoch: 1 })
    assert.deepEqual(await store.write([late]), [{ kind: 'written' }])
    const [other, stale] = await store.write([sampleSession({ tab: 'other' }), early])
    assert.deepEqual(other, { kind: 'written' })
    assert.deepEqual(stale, {
      kind: 'stale',
      stored: {
        topic: 'raw-events',
        epoch: 1,
        partition: 3,
        offset: 9,
        timestamp: Date.parse('2026-11-24T10:00:00Z'),
      },
    })
    assert.deepEqual(await store.write([late]), [{ kind: 'written' }])
    assert.deepEqual(await store.get([early.key]), [json(late.document)])
  })

  it('takes the position of an erased session from its version, and shows it to nobody', async t => {
    const { store } = await start(t)
    const { key } = sampleSession()
    const erased = { id: key.id, metadata: { status: 'erased' } } as unknown as StoredDocument
    await store.write([{ key, version: 2 ** 43 + 70 * 4 + 3, document: erased }])
    assert.deepEqual(await store.write([sampleSession({ partition: 4 })]), [
      { kind: 'stale', stored: { topic: null, epoch: 1, partition: 4, offset: 70, timestamp: null } },
    ])
    assert.deepEqual(await store.get([key]), [null])
    assert.deepEqual(await restored(store), [])
  })

  it('never takes a redirect or an erased session for a session, whatever it still has', async t => {
    const { store } = await start(t)
    const active = sampleSession({ tab: 'active' })
    const { key, version, document } = sampleSession({ tab: 'erased' })
    const erased = { ...document, metadata: { ...document.metadata, status: 'erased' } } as StoredDocument
    await store.write([active, { key, version, document: erased }, redirect('merged', { offset: 1 })])
    assert.deepEqual(tabs(await restored(store)), ['active'])
    const range = { from: 0, to: Date.parse('2030-01-01') }
    const ranges = ['active', 'erased', 'merged'].map(tabId => ({ tabId, ...range }))
    assert.deepEqual(tabs(await store.recall({ ranges, redirectsAfter: nowhere, fresh: true })), ['active'])
  })

  it('restores active sessions, those seen since, and later redirects, of one partition only', async t => {
    const { store } = await start(t)
    const day = '2026-11-24'
    const since = Date.parse(`${day}T12:00:00Z`)
    const wanted = [
      sampleSession({ tab: 'active', from: `${day}T01:00:00Z` }),
      sampleSession({
        tab: 'at the edge',
        status: 'ended',
        from: `${day}T11:55:00Z`,
        to: `${day}T12:00:00.000Z`,
      }),
      redirect('later offset', { offset: 51 }),
      redirect('later epoch', { epoch: 1, offset: 1 }),
    ]
    const unwanted = [
      sampleSession({ tab: 'other partition', partition: 1 }),
      sampleSession({
        tab: 'just before',
        status: 'ended',
        from: `${day}T11:50:00Z`,
        to: `${day}T11:59:59.999Z`,
      }),
      redirect('same offset', { offset: 50 }),
      redirect('other partition', { offset: 51, partition: 1 }),
    ]
    await store.write([...wanted, ...unwanted])
    const query = { partition: 0, lastSeenFrom: since, redirectsAfter: { epoch: 0, offset: 50 } }
    assert.deepEqual(tabs(await restored(store, query)), tabsOf(wanted))
    const without = await restored(store, { ...query, redirectsAfter: null })
    assert.deepEqual(tabs(without), ['active', 'at the edge'])
    const all = await restored(store, { ...query, lastSeenFrom: Number.POSITIVE_INFINITY })
    assert.deepEqual(tabs(all), ['active', 'later epoch', 'later offset'])
  })

  it('restores page after page, over several indices, everything once', async t => {
    const { store, requests } = await start(t)
    const writes = Array.from({ length: 2500 }, (_, i) =>
      sampleSession({ tab: `tab${i}`, from: `2026-${10 + (i % 3)}-24T10:00:00Z` }),
    )
    await store.write(writes)
    const pages: number[] = []
    const found = new Set<string>()
    for await (const page of store.restore(everything)) {
      pages.push(page.length)
      for (const { id } of page) found.add(id)
    }
    assert.equal(found.size, 2500)
    assert.deepEqual(pages, [1000, 1000, 500])
    // The search context is freed.
    assert.equal(requests.at(-1)?.method, 'DELETE')
    // Also when the reader has had enough.
    for await (const _ of store.restore(everything)) break
    assert.equal(requests.at(-1)?.method, 'DELETE')
  })

  it('restores many partitions at once, however few scans are under way, and whoever gives up', async t => {
    const { store } = await start(t)
    const partitions = [0, 1, 2, 3, 4, 5]
    await store.write(partitions.map(partition => sampleSession({ tab: `tab${partition}`, partition })))
    for await (const _ of store.restore(everything)) break
    const all = partitions.map(partition => restored(store, { ...everything, partition }))
    assert.deepEqual(
      (await Promise.all(all)).map(tabs),
      partitions.map(partition => [`tab${partition}`]),
    )
  })

  it('restores what was acknowledged and not refreshed yet', async t => {
    const { store, prefix } = await start(t)
    await store.write([sampleSession()])
    await client.indices.putSettings({ index: `${prefix}-*`, settings: { refresh_interval: '-1' } })
    await store.write([sampleSession({ tab: 'b' })])
    assert.deepEqual(tabs(await restored(store)), ['b', 'tab'])
  })

  it('recalls the sessions of tabs that overlap a span, edges included, in any partition', async t => {
    const { store } = await start(t)
    const at = (minute: string) => `2026-11-24T10:${minute}:00.000Z`
    const session = (name: string, from: string, to: string, rest = {}) =>
      sampleSession({ tab: 'a', from: at(from), to: at(to), status: 'ended', raw: { site: name }, ...rest })
    await store.write([
      session('ends at the edge', '00', '10'),
      session('begins at the edge', '20', '25', { partition: 7 }),
      session('too early', '00', '09', { tab: 'b' }),
      session('too late', '30', '40'),
      session('around', '00', '59', { tab: 'c' }),
      session('other tab', '10', '20', { tab: 'd' }),
      redirect('a', { offset: 51 }),
      redirect('b', { offset: 50 }),
      redirect('d', { offset: 51 }),
    ])
    const span = { from: Date.parse(at('10')), to: Date.parse(at('20')) }
    const ranges = ['a', 'b', 'c'].map(tabId => ({ tabId, ...span }))
    const found = await store.recall({ ranges, redirectsAfter: { epoch: 0, offset: 50 }, fresh: true })
    const names = found.map(document => ('site' in document ? document.site : `redirect ${document.tabId}`))
    assert.deepEqual(names.toSorted(), ['around', 'begins at the edge', 'ends at the edge', 'redirect a'])
  })

  it('recalls more tabs than a node takes in one query, and a session of two spans once', async t => {
    const { store, requests } = await start(t)
    const writes = Array.from({ length: 2500 }, (_, i) => sampleSession({ tab: `tab${i}`, status: 'ended' }))
    await store.write(writes)
    const at = Date.parse('2026-11-24T10:00:00Z')
    const ranges = writes.map(({ document }) => ({ tabId: document.tabId, from: at, to: at }))
    const twice = [...ranges, ...ranges.map(range => ({ ...range, from: at - 5, to: at + 5 }))]
    const found = await store.recall({ ranges: twice, redirectsAfter: nowhere, fresh: true })
    assert.equal(found.length, 2500)
    // The least that any node takes, however small its memory.
    const searches = requests.filter(isSearch)
    assert(searches.length > 1)
    for (const { body } of searches) assert((body.match(/"(term|terms|range)"/g)?.length ?? 0) <= 1024)
  })

  it('recalls more sessions than one answer holds', async t => {
    const { store } = await start(t)
    const writes = Array.from({ length: 1100 }, (_, i) => {
      const at = new Date(Date.UTC(2026, 10, 1) + i * 1_200_000).toISOString()
      return sampleSession({ from: at, to: at, status: 'ended' })
    })
    await store.write(writes)
    const found = await store.recall({ ranges: [wholeTab('tab')], redirectsAfter: nowhere, fresh: true })
    assert.equal(new Set(found.map(({ id }) => id)).size, 1100)
  })

  it('knows small and negative times for milliseconds, not for years', async t => {
    const { store } = await start(t)
    await store.write([sampleSession({ from: '1970-01-01T00:00:02.026Z', status: 'ended' })])
    const range = (from: number, to: number) =>
      store.recall({ ranges: [{ tabId: 'tab', from, to }], redirectsAfter: nowhere, fresh: true })
    assert.equal((await range(-600_000, 2026)).length, 1)
    assert.equal((await range(2027, 9999)).length, 0)
    assert.equal((await restored(store, { ...everything, lastSeenFrom: 2026 })).length, 1)
    assert.equal((await restored(store, { ...everything, lastSeenFrom: 2027 })).length, 0)
    assert.equal((await restored(store, { ...everything, lastSeenFrom: -600_000 })).length, 1)
  })

  it('sums up all documents, written a moment ago', async t => {
    const { store } = await start(t)
    await store.write([
      sampleSession({ offset: 4, to: '2026-11-24T10:05:00.123Z' }),
      sampleSession({ tab: 'b', from: '2026-10-01T00:00:00Z', partition: 1, offset: 90 }),
      redirect('c', { epoch: 2, offset: 30 }),
      redirect('d', { epoch: 2, offset: 7 }),
    ])
    const summary = { latestLastSeen: Date.parse('2026-11-24T10:05:00.123Z'), latestEpoch: 2 }
    assert.deepEqual(await store.summary(), summary)
    assert.equal((await store.latestPosition(0, 0))?.offset, 4)
    assert.equal((await store.latestPosition(1, 0))?.offset, 90)
    assert.equal((await store.latestPosition(0, 2))?.offset, 30)
    assert.equal(await store.latestPosition(1, 2), null)
  })

  it('writes what many partitions give it at once', async t => {
    const { store, requests } = await start(t)
    const callers = Array.from({ length: 12 }, (_, partition) =>
      store.write(
        Array.from({ length: 20 }, (_, i) => sampleSession({ tab: `${partition}.${i}`, partition })),
      ),
    )
    for (const results of await Promise.all(callers))
      assert.deepEqual(results, Array(20).fill({ kind: 'written' }))
    assert.equal(requests.length, 1)
  })
})

function redirect(tab: string, at: { epoch?: number; partition?: number; offset: number }): DocumentWrite {
  return sampleRedirect({ tab, from: '2026-11-24T09:00:00Z', to: '2026-11-24T08:00:00Z', ...at })
}

const tabsOf = (writes: readonly DocumentWrite[]): string[] => tabs(writes.map(({ document }) => document))
