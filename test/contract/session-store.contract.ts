import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { erasedDocument, erasedSpanDocument } from '../../src/core/erased-document.ts'
import { documentVersion, type StoredDocument } from '../../src/core/session-document.ts'
import type { DocumentWrite, RestoreQuery, SessionStore } from '../../src/ports/session-store.ts'
import { changed, type Sample, sampleRedirect, sampleSession } from '../support/sample-documents.ts'

/** Opens an empty store; closes and removes it after the test (`t.after`). */
export type StoreFactory = (t: TestContext) => Promise<SessionStore>

const day = '2026-11-24'
const nowhere = { epoch: 1023, offset: 2 ** 41 - 1 }
const everything = { partition: 0, lastSeenFrom: Number.NEGATIVE_INFINITY, redirectsAfter: null }

/** What every SessionStore promises. */
export function sessionStoreContract(name: string, open: StoreFactory): void {
  describe(`a session store: ${name}`, () => {
    writes(open)
    versions(open)
    restores(open)
    recalls(open)
    erases(open)
    startsUp(open)
  })
}

function writes(open: StoreFactory): void {
  it('gives back what was written, at once, in the order of the keys, null where there is nothing', async t => {
    const store = await open(t)
    const session = sampleSession({ tab: tabId(), raw: { properties: hostileProperties() } })
    const redirect = sampleRedirect({ tab: tabId(), from: at('08:00'), to: at('07:00') })
    assert.deepEqual(await store.write([session, redirect]), [written, written])
    const absent = sampleSession({ tab: tabId() }).key
    assert.deepEqual(await store.get([absent, redirect.key, session.key, absent, session.key]), [
      null,
      json(redirect),
      json(session),
      null,
      json(session),
    ])
  })

  it('takes nothing for nothing', async t => {
    const store = await open(t)
    assert.deepEqual(await store.write([]), [])
    assert.deepEqual(await store.get([]), [])
    assert.deepEqual(await store.recall({ ranges: [], redirectsAfter: nowhere, fresh: true }), [])
  })

  it('holds what a document was when it was written, whatever becomes of the object', async t => {
    const store = await open(t)
    const session = sampleSession({ tab: tabId() })
    const before = json(session)
    await store.write([session])
    ;(session.document as { tabId: string }).tabId = 'changed after the write'
    const [first] = await store.get([session.key])
    ;(first as { tabId: string }).tabId = 'changed after the look'
    assert.deepEqual(await store.get([session.key]), [before])
  })

  it('keeps text of any script, half a surrogate pair included', async t => {
    const store = await open(t)
    const query = 'Grüße 世界 🛍 \u0000 \ud800 \u2028 "\\'
    const session = sampleSession({ tab: `${tabId()} Ünïcode`, raw: { query } })
    await store.write([session])
    const [found] = await store.get([session.key])
    assert.equal(found?.tabId, session.document.tabId)
    assert.equal((found as { lastQuery?: string }).lastQuery, query)
  })

  it('writes thousands at once, and gives the results in their order', async t => {
    const store = await open(t)
    const held = sessions(3000, { offset: 100 })
    await store.write(held.filter((_, i) => i % 3 === 0))
    const earlier = held.map((write, i) => (i % 3 === 0 ? moved(write, 50 + i / 3) : write))
    const results = await store.write(earlier)
    assert.deepEqual(
      results.map(({ kind }) => kind),
      held.map((_, i) => (i % 3 === 0 && 50 + i / 3 < 100 ? 'stale' : 'written')),
    )
  })

  it('writes what partitions give it at the same time', async t => {
    const store = await open(t)
    const callers = Array.from({ length: 8 }, (_, partition) => sessions(25, { partition }))
    const results = await Promise.all(callers.map(documents => store.write(documents)))
    for (const result of results) assert.deepEqual(result, Array(25).fill(written))
    const found = await Promise.all(callers.map((_, partition) => restored(store, { partition })))
    for (const [partition, documents] of callers.entries())
      assert.deepEqual(tabsIn(found[partition] ?? []), tabsOf(documents))
  })
}

function versions(open: StoreFactory): void {
  it('refuses a lower version, and tells where the stored one stands', async t => {
    const store = await open(t)
    const tab = tabId()
    const later = sampleSession({ tab, epoch: 1, partition: 3, offset: 9 })
    assert.deepEqual(await store.write([later]), [written])
    const stale = sampleSession({ tab, epoch: 1, partition: 5, offset: 8 })
    const timestamp = Date.parse('2026-11-24T10:00:00Z')
    assert.deepEqual(await store.write([sampleSession({ tab: tabId() }), stale]), [
      written,
      { kind: 'stale', stored: { topic: 'raw-events', epoch: 1, partition: 3, offset: 9, timestamp } },
    ])
    assert.deepEqual(await store.get([later.key]), [json(later)])
  })

  it('tells of a stored redirect where it stands, and of no timestamp as null', async t => {
    const store = await open(t)
    const tab = tabId()
    const redirect = sampleRedirect({ tab, from: at('10:00'), to: at('09:00'), partition: 2, offset: 7 })
    const source = { ...redirect.document.source, topic: null, timestamp: null }
    await store.write([changed(redirect, { source })])
    const [result] = await store.write([sampleSession({ tab, from: at('10:00'), offset: 6 })])
    assert.deepEqual(result, {
      kind: 'stale',
      stored: { topic: null, epoch: 0, partition: 2, offset: 7, timestamp: null },
    })
  })

  it('takes an equal version again, and a higher one', async t => {
    const store = await open(t)
    const tab = tabId()
    const first = sampleSession({ tab, offset: 5 })
    const again = changed(first, { lastQuery: 'again' })
    const ended = sampleSession({ tab, offset: 5, status: 'ended' })
    for (const next of [first, again, ended, moved(ended, 6)]) {
      assert.deepEqual(await store.write([next]), [written])
      assert.deepEqual(await store.get([next.key]), [json(next)])
    }
  })

  it('lets redirect win over ended, and ended over active, at one place of the log', async t => {
    const store = await open(t)
    const tab = tabId()
    const active = sampleSession({ tab, from: at('10:00'), offset: 5 })
    const ended = sampleSession({ tab, from: at('10:00'), offset: 5, status: 'ended' })
    const redirect = sampleRedirect({ tab, from: at('10:00'), to: at('09:55'), offset: 5 })
    for (const [i, next] of [active, ended, redirect].entries()) {
      assert.deepEqual(await store.write([next]), [written])
      for (const earlier of [active, ended, redirect].slice(0, i))
        assert.equal((await store.write([earlier]))[0]?.kind, 'stale')
      assert.deepEqual(await store.get([active.key]), [json(next)])
    }
    assert.deepEqual(await store.write([sampleSession({ tab, from: at('10:00'), offset: 6 })]), [written])
  })

  it('lets any place of a later epoch win over the last one of an earlier', async t => {
    const store = await open(t)
    const tab = tabId()
    const last = sampleSession({ tab, epoch: 1022, offset: 2 ** 41 - 1, status: 'ended' })
    const next = sampleSession({ tab, epoch: 1023, offset: 0 })
    assert.deepEqual(await store.write([last]), [written])
    assert.deepEqual(await store.write([next]), [written])
    assert.equal((await store.write([last]))[0]?.kind, 'stale')
    assert.deepEqual(await store.get([last.key]), [json(next)])
  })

  it('tells versions apart up to 2^53', async t => {
    const store = await open(t)
    const tab = tabId()
    const top = sampleRedirect({ tab, from: at('10:00'), to: at('09:00'), ...nowhere })
    assert.equal(top.version, Number.MAX_SAFE_INTEGER - 1)
    const below = sampleSession({ tab, from: at('10:00'), ...nowhere, status: 'ended' })
    assert.deepEqual(await store.write([below]), [written])
    assert.deepEqual(await store.write([top]), [written])
    const [stale] = await store.write([below])
    assert.equal(stale?.kind, 'stale')
    assert.deepEqual(stale?.kind === 'stale' && [stale.stored.epoch, stale.stored.offset], [
      1023,
      2 ** 41 - 1,
    ])
  })

  it('holds the higher of two versions that come in one write', async t => {
    const store = await open(t)
    const [a, b] = [tabId(), tabId()]
    const of = (tab: string, offset: number) => sampleSession({ tab, offset })
    await store.write([of(a, 5), of(b, 6), of(a, 6), of(b, 5)])
    assert.deepEqual(await store.get([of(a, 0).key, of(b, 0).key]), [json(of(a, 6)), json(of(b, 6))])
  })

  it('takes the position of an erased session from its version, and shows it to nobody', async t => {
    const store = await open(t)
    const tab = tabId()
    const { key } = sampleSession({ tab })
    const erased = { id: key.id, metadata: { status: 'erased' } } as unknown as StoredDocument
    assert.deepEqual(await store.write([{ key, version: 2 ** 43 + 70 * 4 + 3, document: erased }]), [written])
    assert.deepEqual(await store.write([sampleSession({ tab, partition: 4 })]), [
      { kind: 'stale', stored: { topic: null, epoch: 1, partition: 4, offset: 70, timestamp: null } },
    ])
    assert.deepEqual(await store.get([key]), [null])
    assert.deepEqual(await restored(store), [])
  })
}

function restores(open: StoreFactory): void {
  const since = Date.parse(at('12:00'))
  const ended = (end: string, rest: Sample = {}) =>
    sampleSession({ tab: tabId(), from: at('11:00'), to: `${day}T${end}Z`, status: 'ended', ...rest })

  it('restores the active sessions, and those seen at the given time or later, of one partition', async t => {
    const store = await open(t)
    const active = sampleSession({ tab: tabId(), from: at('01:00') })
    const wanted = [active, ended('12:00:00.000'), ended('12:00:00.001')]
    const others = [
      ended('11:59:59.999'),
      ended('13:00:00', { partition: 1 }),
      sampleSession({ tab: tabId(), partition: 1 }),
      redirectOf(tabId(), { offset: 2 ** 40 }),
    ]
    await store.write([...others, ...wanted])
    const found = await restored(store, { lastSeenFrom: since })
    assert.deepEqual(byId(found), byId(wanted.map(json)))
  })

  it('restores all sessions from −∞ on, and only the active ones from +∞ on', async t => {
    const store = await open(t)
    const active = sampleSession({ tab: tabId(), from: at('01:00') })
    const old = sampleSession({ tab: tabId(), from: '1970-01-01T00:00:00Z', status: 'ended' })
    await store.write([active, old])
    assert.deepEqual(tabsIn(await restored(store)), tabsOf([active, old]))
    const none = { lastSeenFrom: Number.POSITIVE_INFINITY }
    assert.deepEqual(tabsIn(await restored(store, none)), tabsOf([active]))
    assert.deepEqual(tabsIn(await restored(store, { lastSeenFrom: -600_000 })), tabsOf([active, old]))
  })

  it('restores redirects later than a place, epoch before offset, of one partition', async t => {
    const store = await open(t)
    const place = { epoch: 1, offset: 50 }
    const wanted = [
      redirectOf(tabId(), { epoch: 1, offset: 51 }),
      redirectOf(tabId(), { epoch: 2, offset: 1 }),
    ]
    await store.write([
      ...wanted,
      redirectOf(tabId(), { epoch: 1, offset: 50 }),
      redirectOf(tabId(), { epoch: 0, offset: 60 }),
      redirectOf(tabId(), { epoch: 1, offset: 51, partition: 1 }),
    ])
    const found = await restored(store, { redirectsAfter: place })
    assert.deepEqual(byId(found), byId(wanted.map(json)))
    assert.deepEqual(await restored(store, { redirectsAfter: null }), [])
  })

  it('restores a document as it is now, not as it was', async t => {
    const store = await open(t)
    const [merged, closed, reopened] = [tabId(), tabId(), tabId()]
    const later = { offset: 2, from: at('10:00') }
    await store.write([
      sampleSession({ tab: merged, from: at('10:00') }),
      sampleSession({ tab: closed, from: at('10:00') }),
      sampleSession({ tab: reopened, from: at('10:00'), status: 'ended' }),
    ])
    await store.write([
      sampleRedirect({ tab: merged, ...later, to: at('09:55') }),
      sampleSession({ tab: closed, ...later, status: 'ended' }),
      sampleSession({ tab: reopened, ...later, partition: 1 }),
    ])
    assert.deepEqual(await restored(store, { lastSeenFrom: since }), [])
    assert.deepEqual(tabsIn(await restored(store, { partition: 1, lastSeenFrom: since })), [reopened])
  })

  it('restores thousands, page by page, everything once', async t => {
    const store = await open(t)
    const documents = sessions(5000, { status: 'ended', from: at('12:00') })
    await store.write(documents)
    const pages: (readonly StoredDocument[])[] = await Array.fromAsync(
      store.restore({ ...everything, lastSeenFrom: since }),
    )
    assert(pages.length > 1, 'more than one page')
    assert.deepEqual(tabsIn(pages.flat()), tabsOf(documents))
  })

  it('restores partitions at the same time, while it is written to', async t => {
    const store = await open(t)
    const partitions = [0, 1].map(partition => sessions(2500, { partition }))
    await store.write(partitions.flat())
    const restoring = partitions.map(async (documents, partition) => {
      const found: StoredDocument[] = []
      for await (const page of store.restore({ ...everything, partition })) {
        found.push(...page)
        // Each is written again, as ended, before the next page is asked for.
        await store.write(documents.slice(0, 500).map(write => moved(write, 2)))
      }
      assert.deepEqual([...new Set(tabsIn(found))], tabsOf(documents))
    })
    await Promise.all(restoring)
  })

  it('can be left in the middle of a restore', async t => {
    const store = await open(t)
    await store.write(sessions(3000))
    for await (const _ of store.restore(everything)) break
    assert.equal((await restored(store)).length, 3000)
  })
}

function recalls(open: StoreFactory): void {
  const span = { from: Date.parse(at('10:10')), to: Date.parse(at('10:20')) }
  const recalled = (store: SessionStore, tabs: readonly string[], redirectsAfter = nowhere) =>
    store.recall({ ranges: tabs.map(tab => ({ tabId: tab, ...span })), redirectsAfter, fresh: true })

  it('recalls the sessions that overlap a span, edges included, active or ended, in any partition', async t => {
    const store = await open(t)
    const session = (from: string, to: string, rest: Sample = {}) =>
      sampleSession({ tab: tabId(), from: at(from), to: at(to), status: 'ended', ...rest })
    const wanted = [
      session('10:00', '10:10'),
      session('10:20', '10:30', { partition: 7 }),
      session('10:12', '10:13'),
      session('09:00', '11:00', { status: 'active', epoch: 5 }),
      session('10:10', '10:20'),
    ]
    const others = [session('10:00', '10:09'), session('10:21', '10:30'), session('10:20', '10:20')]
    await store.write([...wanted, ...others])
    const asked = [...wanted, ...others.slice(0, 2)].map(({ document }) => document.tabId)
    assert.deepEqual(byId(await recalled(store, asked)), byId(wanted.map(json)))
  })

  it('tells the millisecond before a span from its edge', async t => {
    const store = await open(t)
    const tab = tabId()
    const session = sampleSession({ tab, from: `${day}T10:00:00.500Z`, to: `${day}T10:05:00.250Z` })
    await store.write([session])
    const { start, end } = { start: Date.parse(at('10:00')) + 500, end: Date.parse(at('10:05')) + 250 }
    const count = async (from: number, to: number) =>
      (await store.recall({ ranges: [{ tabId: tab, from, to }], redirectsAfter: nowhere, fresh: true }))
        .length
    assert.equal(await count(end, end + 9), 1)
    assert.equal(await count(end + 1, end + 9), 0)
    assert.equal(await count(start - 9, start), 1)
    assert.equal(await count(start - 9, start - 1), 0)
  })

  it('knows times before 1971 and negative ones for milliseconds', async t => {
    const store = await open(t)
    const tab = tabId()
    await store.write([sampleSession({ tab, from: '1970-01-01T00:00:02.026Z', status: 'ended' })])
    const count = async (from: number, to: number) =>
      (await store.recall({ ranges: [{ tabId: tab, from, to }], redirectsAfter: nowhere, fresh: true }))
        .length
    assert.equal(await count(-600_000, 2026), 1)
    assert.equal(await count(2027, 9999), 0)
  })

  it('recalls several spans of several tabs, each document once', async t => {
    const store = await open(t)
    const [a, b, c] = [tabId(), tabId(), tabId()]
    const session = (tab: string, from: string, to: string) =>
      sampleSession({ tab, from: at(from), to: at(to), status: 'ended' })
    const wanted = [session(a, '10:00', '10:30'), session(a, '12:00', '12:05'), session(b, '10:00', '10:05')]
    await store.write([
      ...wanted,
      session(a, '11:00', '11:05'),
      session(b, '12:00', '12:05'),
      session(c, '10:00', '10:30'),
    ])
    const range = (tab: string, from: string, to: string) => ({
      tabId: tab,
      from: Date.parse(at(from)),
      to: Date.parse(at(to)),
    })
    const ranges = [
      range(a, '10:00', '10:10'),
      range(a, '10:20', '10:40'),
      range(b, '09:00', '10:01'),
      range(a, '12:05', '13:00'),
    ]
    const found = await store.recall({ ranges, redirectsAfter: nowhere, fresh: true })
    assert.deepEqual(byId(found), byId(wanted.map(json)))
  })

  it('recalls thousands of tabs at once', async t => {
    const store = await open(t)
    const documents = sessions(2500, { from: at('10:15'), status: 'ended' })
    await store.write([...documents, ...sessions(100, { from: at('10:15') })])
    const tabs = documents.map(({ document }) => document.tabId)
    assert.deepEqual(tabsIn(await recalled(store, tabs)), tabsOf(documents))
  })

  it('recalls the redirects of its tabs that are later than a place, whenever their sessions were', async t => {
    const store = await open(t)
    const [a, b, c] = [tabId(), tabId(), tabId()]
    const other = { from: at('01:00'), to: at('00:30') }
    const wanted = [
      redirectOf(a, { epoch: 1, offset: 51 }),
      redirectOf(b, { epoch: 2, offset: 1, partition: 9 }),
      redirectOf(a, { epoch: 1, offset: 52, ...other }),
    ]
    await store.write([
      ...wanted,
      redirectOf(b, { epoch: 1, offset: 50, ...other }),
      redirectOf(b, { epoch: 0, offset: 99, from: at('03:00'), to: at('02:00') }),
      redirectOf(c, { epoch: 1, offset: 51 }),
    ])
    const found = await recalled(store, [a, b], { epoch: 1, offset: 50 })
    assert.deepEqual(byId(found), byId(wanted.map(json)))
  })

  it('recalls what was written a moment ago', async t => {
    const store = await open(t)
    const tab = tabId()
    for (const offset of [1, 2, 3]) {
      const session = sampleSession({ tab, from: at('10:15'), offset })
      await store.write([session])
      assert.deepEqual(await recalled(store, [tab]), [json(session)])
    }
    await store.write([sampleRedirect({ tab, from: at('10:15'), to: at('10:05'), offset: 4 })])
    assert.deepEqual(await recalled(store, [tab]), [])
  })

  it('takes a tab id for its letters alone', async t => {
    const store = await open(t)
    const tab = tabId()
    const alike = [`${tab}'`, `${tab}%`, `${tab} `, tab.toUpperCase(), `${tab}\u0301`]
    await store.write(alike.map(name => sampleSession({ tab: name, from: at('10:15') })))
    assert.deepEqual(await recalled(store, [tab, `${tab}_`, '*']), [])
    for (const name of alike) assert.deepEqual(tabsIn(await recalled(store, [name])), [name])
  })
}

function startsUp(open: StoreFactory): void {
  it('is empty before the first write', async t => {
    const store = await open(t)
    assert.deepEqual(await store.summary(), { latestLastSeen: null, latestEpoch: null })
    assert.equal(await store.latestPosition(0, 0), null)
    assert.deepEqual(await restored(store), [])
    const ranges = [{ tabId: tabId(), from: 0, to: Date.parse(at('23:00')) }]
    assert.deepEqual(await store.recall({ ranges, redirectsAfter: nowhere, fresh: true }), [])
  })

  it('sums up all partitions: the latest event of any session, the latest epoch of any document', async t => {
    const store = await open(t)
    await store.write([
      sampleSession({ tab: tabId(), from: at('10:00'), to: `${day}T10:05:00.123Z`, partition: 3, epoch: 1 }),
      sampleSession({ tab: tabId(), from: at('09:00'), to: at('10:04'), status: 'ended' }),
    ])
    const latestLastSeen = Date.parse(`${day}T10:05:00.123Z`)
    assert.deepEqual(await store.summary(), { latestLastSeen, latestEpoch: 1 })
    await store.write([redirectOf(tabId(), { epoch: 2, offset: 1, from: at('23:00'), to: at('22:55') })])
    assert.deepEqual(await store.summary(), { latestLastSeen, latestEpoch: 2 })
  })

  it('knows the latest position of each partition and epoch, redirects included', async t => {
    const store = await open(t)
    const source = (offset: number, rest: Sample = {}) => sampleSession({ tab: tabId(), offset, ...rest })
    await store.write([
      source(9),
      source(100, { status: 'ended' }),
      source(20, { epoch: 1 }),
      source(300, { partition: 1 }),
      redirectOf(tabId(), { offset: 400, epoch: 1 }),
    ])
    const offset = async (partition: number, epoch: number) =>
      (await store.latestPosition(partition, epoch))?.offset ?? null
    assert.deepEqual(
      [await offset(0, 0), await offset(0, 1), await offset(1, 0), await offset(1, 1)],
      [100, 400, 300, null],
    )
    const timestamp = Date.parse('2026-11-24T10:00:00Z')
    assert.deepEqual(await store.latestPosition(1, 0), {
      topic: 'raw-events',
      epoch: 0,
      partition: 1,
      offset: 300,
      timestamp,
    })
  })
}

function erases(open: StoreFactory): void {
  const of = (profile: string, rest: Sample = {}) =>
    sampleSession({ tab: tabId(), raw: { profile: { id: profile } }, ...rest })

  it('finds the sessions of profiles, of one partition and epoch, and redirects later than a place', async t => {
    const store = await open(t)
    const redirect = redirectOf(tabId(), { epoch: 1, offset: 9 })
    const wanted = [of('a', { epoch: 1 }), of('b', { epoch: 1, status: 'ended' }), redirect]
    await store.write([
      ...wanted,
      of('c', { epoch: 1 }),
      of('a', { epoch: 0 }),
      of('a', { epoch: 1, partition: 1 }),
      sampleSession({ tab: tabId(), epoch: 1 }),
      redirectOf(tabId(), { epoch: 1, offset: 8 }),
    ])
    const redirectsAfter = { epoch: 1, offset: 8 }
    const found = await store.ofProfiles({ partition: 0, epoch: 1, profileIds: ['a', 'b'], redirectsAfter })
    assert.deepEqual(byId(found), byId(wanted.map(json)))
  })

  it('finds the spans that were erased in a partition later than a place, and takes none for a session', async t => {
    const store = await open(t)
    const span = (offset: number, rest: { epoch?: number; partition?: number } = {}) => {
      const position = { topic: 'raw-events', epoch: 1, partition: 0, offset, timestamp: null, ...rest }
      const erased = { tabId: tabId(), from: Date.parse(at('10:00')), to: Date.parse(at('10:05')), position }
      return { ...erasedSpanDocument(erased), version: documentVersion(position, 'erased') }
    }
    const { key } = sampleSession({ tab: tabId() })
    const position = { topic: 'raw-events', epoch: 1, partition: 0, offset: 9, timestamp: null }
    const erased = {
      key,
      version: documentVersion(position, 'erased'),
      document: erasedDocument({ key, position }),
    }
    const wanted = [span(9), span(1, { epoch: 2 })]
    await store.write([...wanted, span(8), span(9, { partition: 1 }), span(90, { epoch: 0 }), erased])
    const found = await store.erasedSpans({ partition: 0, after: { epoch: 1, offset: 8 } })
    const byKey = (documents: readonly { readonly id: string }[]) =>
      documents.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    assert.deepEqual(byKey(found), byKey(wanted.map(({ document }) => document)))
    assert.deepEqual(await restored(store), [])
    assert.deepEqual(await store.get([wanted[0]!.key, key]), [null, null])
    const ranges = wanted.map(({ document }) => ({
      tabId: document.tabId,
      from: 0,
      to: Date.parse(at('23:00')),
    }))
    assert.deepEqual(await store.recall({ ranges, redirectsAfter: nowhere, fresh: true }), [])
  })
}

const written = { kind: 'written' }
const at = (time: string) => `${day}T${time}:00.000Z`
const tabId = () => `tab-${randomUUID()}`
const json = ({ document }: DocumentWrite): StoredDocument => JSON.parse(JSON.stringify(document))
const hostileProperties = () => JSON.parse('{"__proto__":1,"constructor":{"prototype":1},"a.b":{"c":null}}')

function sessions(count: number, sample: Sample = {}): DocumentWrite[] {
  return Array.from({ length: count }, () => sampleSession({ tab: tabId(), ...sample }))
}

/** The same session at another place of its log. */
function moved(write: DocumentWrite, offset: number): DocumentWrite {
  const source = { ...write.document.source, offset }
  const version = write.version - write.document.source.offset * 4 + offset * 4
  return { ...changed(write, { source }), version }
}

function redirectOf(tab: string, place: Sample): DocumentWrite {
  return sampleRedirect({ tab, from: at('09:00'), to: at('08:55'), ...place })
}

async function restored(store: SessionStore, query: Partial<RestoreQuery> = {}): Promise<StoredDocument[]> {
  return (await Array.fromAsync(store.restore({ ...everything, ...query }))).flat()
}

function byId(documents: readonly StoredDocument[]): StoredDocument[] {
  return documents.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

const tabsIn = (documents: readonly StoredDocument[]) => documents.map(({ tabId }) => tabId).toSorted()
const tabsOf = (documents: readonly DocumentWrite[]) => tabsIn(documents.map(({ document }) => document))
