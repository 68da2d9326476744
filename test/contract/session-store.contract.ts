import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { documentVersion, type StoredDocument } from '../../src/core/session-document.ts'
import type { RestoreQuery, SessionStore } from '../../src/ports/session-store.ts'
import { changed, sampleRedirect, sampleSession } from '../support/sample-documents.ts'

/** Makes an empty store, and cleans up after the test. */
export type StoreFactory = (t: TestContext) => Promise<SessionStore>

const nowhere = { epoch: 1023, offset: 0 }
const at = (time: string) => Date.parse(`2026-11-24T${time}Z`)
const iso = (time: string) => `2026-11-24T${time}Z`
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value))
const tabsOf = (documents: readonly StoredDocument[]) => documents.map(({ tabId }) => tabId).sort()

async function restored(store: SessionStore, query: Partial<RestoreQuery> = {}) {
  const all: StoredDocument[] = []
  const everything = { partition: 0, lastSeenFrom: Number.NEGATIVE_INFINITY, redirectsAfter: null }
  for await (const page of store.restore({ ...everything, ...query })) all.push(...page)
  return all
}

/** What every SessionStore promises. */
export function sessionStoreContract(name: string, open: StoreFactory): void {
  describe(`a session store: ${name}`, () => {
    it('is empty before the first write', async t => {
      const store = await open(t)
      assert.deepEqual(await store.summary(), { latestLastSeen: null, latestEpoch: null })
      assert.equal(await store.latestPosition(0, 0), null)
      assert.deepEqual(await store.get([sampleSession().key]), [null])
      assert.deepEqual(await restored(store), [])
    })

    it('gives documents back as they were written, in the order of the keys', async t => {
      const store = await open(t)
      const session = sampleSession({ raw: { properties: JSON.parse('{"__proto__":1,"a.b":{"c":null}}') } })
      const redirect = sampleRedirect({ from: '2026-10-24T10:00:00Z', to: iso('10:00:00') })
      await store.write([session, redirect])
      const absent = sampleSession({ from: '2020-01-01T00:00:00Z' }).key
      assert.deepEqual(await store.get([absent, redirect.key, session.key]), [
        null,
        copy(redirect.document),
        copy(session.document),
      ])
    })

    it('never lets a lower version replace a higher one, and tells what is stored', async t => {
      const store = await open(t)
      const late = sampleSession({ offset: 9, partition: 3, epoch: 1 })
      await store.write([late])
      const results = await store.write([
        sampleSession({ tab: 'other' }),
        sampleSession({ offset: 8, partition: 5, epoch: 1 }),
      ])
      assert.equal(results[0]?.kind, 'written')
      assert.equal(results[1]?.kind, 'stale')
      const { epoch, partition, offset } = (results[1] as Extract<(typeof results)[1], { kind: 'stale' }>)
        .stored
      assert.deepEqual({ epoch, partition, offset }, { epoch: 1, partition: 3, offset: 9 })
      assert.deepEqual(await store.get([late.key]), [copy(late.document)])
    })

    it('lets an equal version replace the content, so that a repeat is harmless', async t => {
      const store = await open(t)
      const write = sampleSession()
      await store.write([write])
      const again = changed(write, { lastQuery: 'again' })
      assert.deepEqual(await store.write([again]), [{ kind: 'written' }])
      assert.deepEqual(await store.get([write.key]), [copy(again.document)])
    })

    it('orders active, ended and merged at one offset, offsets, and epochs, up to the largest', async t => {
      const store = await open(t)
      const write = sampleSession()
      const versions = [
        documentVersion({ epoch: 0, offset: 7 }, 'active'),
        documentVersion({ epoch: 0, offset: 7 }, 'ended'),
        documentVersion({ epoch: 0, offset: 7 }, 'merged'),
        documentVersion({ epoch: 0, offset: 8 }, 'active'),
        documentVersion({ epoch: 1, offset: 0 }, 'active'),
        documentVersion({ epoch: 1023, offset: 2 ** 41 - 1 }, 'active'),
        documentVersion({ epoch: 1023, offset: 2 ** 41 - 1 }, 'erased'),
      ]
      for (const version of versions)
        assert.deepEqual(await store.write([{ ...write, version }]), [{ kind: 'written' }])
      for (const version of versions.slice(0, -1))
        assert.equal((await store.write([{ ...write, version }]))[0]?.kind, 'stale', String(version))
    })

    it('restores the sessions of a partition that are active or not seen before a time, on the edge included', async t => {
      const store = await open(t)
      await store.write([
        sampleSession({ tab: 'active', from: iso('01:00:00') }),
        sampleSession({ tab: 'before', from: iso('09:00:00'), to: iso('09:59:59.999'), status: 'ended' }),
        sampleSession({ tab: 'edge', from: iso('09:00:00'), to: iso('10:00:00'), status: 'ended' }),
        sampleSession({ tab: 'elsewhere', partition: 1 }),
        sampleRedirect({ tab: 'merged', from: iso('10:00:00'), to: iso('09:00:00') }),
      ])
      assert.deepEqual(tabsOf(await restored(store, { lastSeenFrom: at('10:00:00') })), ['active', 'edge'])
      assert.deepEqual(tabsOf(await restored(store, { partition: 1 })), ['elsewhere'])
    })

    it('restores redirects of the partition later than a place in the logs', async t => {
      const store = await open(t)
      const redirect = { from: iso('10:00:00'), to: iso('09:00:00') }
      await store.write([
        sampleRedirect({ ...redirect, tab: 'on', epoch: 1, offset: 5 }),
        sampleRedirect({ ...redirect, tab: 'after', epoch: 1, offset: 6 }),
        sampleRedirect({ ...redirect, tab: 'next-epoch', epoch: 2, offset: 1 }),
        sampleRedirect({ ...redirect, tab: 'earlier-epoch', epoch: 0, offset: 99 }),
        sampleRedirect({ ...redirect, tab: 'elsewhere', epoch: 1, offset: 9, partition: 1 }),
      ])
      assert.deepEqual(tabsOf(await restored(store, { redirectsAfter: { epoch: 1, offset: 5 } })), [
        'after',
        'next-epoch',
      ])
    })

    it('restores everything, over as many pages as it takes', async t => {
      const store = await open(t)
      const writes = Array.from({ length: 4_500 }, (_, i) =>
        sampleSession({ tab: `tab-${i}`, offset: i + 1 }),
      )
      for (let i = 0; i < writes.length; i += 500) await store.write(writes.slice(i, i + 500))
      const found = await restored(store)
      assert.equal(new Set(found.map(({ id }) => id)).size, writes.length)
    })

    it('recalls the sessions of tabs that overlap a span, edges included', async t => {
      const store = await open(t)
      await store.write([
        sampleSession({ tab: 'a', from: iso('09:00:00'), to: iso('10:00:00'), status: 'ended' }),
        sampleSession({ tab: 'a', from: iso('11:00:00'), to: iso('12:00:00') }),
        sampleSession({ tab: 'b', from: iso('09:00:00'), to: iso('12:00:00') }),
        sampleSession({ tab: 'c', from: iso('10:30:00') }),
      ])
      const recall = async (...ranges: [string, string, string][]) => {
        const query = ranges.map(([tabId, from, to]) => ({ tabId, from: at(from), to: at(to) }))
        const found = await store.recall({ ranges: query, redirectsAfter: nowhere, fresh: true })
        return found
          .map(document => `${document.tabId} ${(document as { lastSeen?: string }).lastSeen?.slice(11, 16)}`)
          .sort()
      }
      assert.deepEqual(await recall(['a', '10:00:00', '11:00:00']), ['a 10:00', 'a 12:00'])
      assert.deepEqual(await recall(['a', '10:00:00.001', '10:59:59.999']), [])
      assert.deepEqual(await recall(['a', '08:00:00', '09:00:00'], ['b', '10:00:00', '10:00:01']), [
        'a 10:00',
        'b 12:00',
      ])
    })

    it('recalls redirects of these tabs later than a place, of any time', async t => {
      const store = await open(t)
      const redirect = { from: '2025-01-01T00:00:00Z', to: '2024-12-31T23:00:00Z' }
      await store.write([
        sampleRedirect({ ...redirect, tab: 'a', offset: 5 }),
        sampleRedirect({ ...redirect, tab: 'b', offset: 6 }),
        sampleRedirect({ ...redirect, tab: 'c', offset: 6 }),
      ])
      const ranges = ['a', 'b'].map(tabId => ({ tabId, from: at('10:00:00'), to: at('10:00:00') }))
      const found = await store.recall({ ranges, redirectsAfter: { epoch: 0, offset: 5 }, fresh: true })
      assert.deepEqual(tabsOf(found), ['b'])
    })

    it('tells the latest event, the latest epoch, and the latest position of a partition in an epoch', async t => {
      const store = await open(t)
      await store.write([
        sampleSession({ tab: 'a', from: iso('09:00:00'), to: iso('12:00:00'), offset: 4 }),
        sampleSession({ tab: 'b', from: iso('10:00:00'), offset: 9, epoch: 1 }),
        sampleSession({ tab: 'c', from: iso('10:00:00'), offset: 7 }),
        sampleRedirect({
          tab: 'd',
          from: iso('13:00:00'),
          to: iso('12:50:00'),
          epoch: 2,
          offset: 3,
          partition: 1,
        }),
      ])
      assert.deepEqual(await store.summary(), { latestLastSeen: at('12:00:00'), latestEpoch: 2 })
      assert.equal((await store.latestPosition(0, 0))?.offset, 7)
      assert.equal((await store.latestPosition(0, 1))?.offset, 9)
      assert.equal((await store.latestPosition(1, 2))?.offset, 3)
      assert.equal(await store.latestPosition(1, 0), null)
    })
  })
}
