import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conversionRules } from '../../../src/core/conversions.ts'
import { decode } from '../../../src/core/decode.ts'
import { arrivalOf, identityHash } from '../../../src/core/dedupe-window.ts'
import { attributionLookup } from '../../../src/core/enrichment/attribution.ts'
import { unknownDevice } from '../../../src/core/enrichment/device.ts'
import { enrichSession } from '../../../src/core/enrichment/enrich-session.ts'
import { noGeo } from '../../../src/core/enrichment/geo.ts'
import type { OpenSession } from '../../../src/core/open-session.ts'
import { PartitionSessions } from '../../../src/core/partition-sessions.ts'
import type { PlacedEvent } from '../../../src/core/session.ts'
import { sessionDocument } from '../../../src/core/session-document.ts'
import { storeAll } from '../../support/store-all.ts'
import { clock, type TimelineEvent, tab } from '../../support/timeline.ts'

const minute = 60_000
const settings = {
  gapMs: 10 * minute,
  allowedLatenessMs: 5 * minute,
  conversions: conversionRules(['conversion']),
  writesOpen: true,
  closedKept: 0,
}

/** The sessions of a partition, driven by a timeline; offsets count up. */
function partition(watermark = Number.NEGATIVE_INFINITY, varied: Partial<typeof settings> = {}) {
  const sessions = new PartitionSessions({ ...settings, ...varied }, watermark)
  let offset = 0
  return {
    sessions,
    apply: (...events: TimelineEvent[]) => events.map(event => sessions.apply(placed(event, offset++))),
    applyAt: (event: TimelineEvent, at: number) => sessions.apply(placed(event, at)),
    spans: () => sessions.changes().sessions.map(spanOf).sort(),
    documents: () =>
      sessions.changes().sessions.map(({ session, key, status }) => {
        enrichSession(session, {
          geo: () => noGeo,
          device: () => unknownDevice,
          attribution: attributionLookup(),
        })
        return sessionDocument(session, key, status, 0, { timeZone: 'UTC', privacy: storeAll })
      }),
  }
}

const placeAt = (offset: number) => ({ topic: 't', epoch: 0, partition: 0, offset, timestamp: null })

function placed(event: TimelineEvent, offset: number): PlacedEvent {
  const outcome = decode(
    { value: Buffer.from(JSON.stringify(event)), timestamp: null },
    Number.POSITIVE_INFINITY,
  )
  assert.equal(outcome.kind, 'ok')
  const { raw, time, received, clockSkewMs } = (outcome as Extract<typeof outcome, { kind: 'ok' }>).value
  const position = placeAt(offset + 1)
  return {
    raw,
    time,
    received,
    clockSkewMs,
    position,
    identity: identityHash(raw.eventId, time),
    arrival: arrivalOf(0, offset),
  }
}

const time = (epochMs: number) =>
  new Date(epochMs)
    .toISOString()
    .slice(11, 23)
    .replace(/(:00)?\.000$/, '')
const spanOf = ({ session }: OpenSession) =>
  `${session.tabId} ${time(session.start)}–${time(session.end)} ×${session.events}`

test('a silence of exactly the gap continues a session, a longer one begins another', () => {
  const p = partition()
  p.apply(...tab('a').at('10:00', '10:10', '10:20:00.001'))
  assert.deepEqual(p.spans(), ['a 10:00–10:10 ×2', 'a 10:20:00.001–10:20:00.001 ×1'])
})

test('the edge of the gap is the same for an event that comes out of order', () => {
  for (const [earlier, expected] of [
    ['09:50:00.001', ['a 09:50:00.001–10:00 ×2']],
    ['09:50', ['a 09:50–10:00 ×2']],
    ['09:49:59.999', ['a 09:49:59.999–09:49:59.999 ×1', 'a 10:00–10:00 ×1']],
  ] as const) {
    const p = partition()
    p.apply(...tab('a').at('10:00', earlier))
    assert.deepEqual(p.spans(), expected)
  }
})

test('tabs do not meet', () => {
  const p = partition()
  p.apply(...tab('a').at('10:00'), ...tab('b').at('10:01'))
  assert.deepEqual(p.spans(), ['a 10:00–10:00 ×1', 'b 10:01–10:01 ×1'])
})

test('an event between two sessions merges them; the later id leads to the earlier one', () => {
  const p = partition()
  p.apply(...tab('a').at('10:00', '10:16'))
  const later = p.documents().find(document => document.lastSeen.includes('10:16'))
  p.apply(...tab('a').at('10:08'))
  assert.deepEqual(p.spans(), ['a 10:00–10:16 ×3'])
  const [document] = p.documents()
  assert.deepEqual(document?.operation.merge, [later?.id])
  const [redirect, ...none] = p.sessions.changes().redirects
  assert.deepEqual([redirect?.from.id, redirect?.into.key.id, none.length], [later?.id, document?.id, 0])
})

test('an earlier event that moves the start into another cell gives the session another id, and a redirect', () => {
  const p = partition()
  p.apply(...tab('a').at('10:01'))
  const [before] = p.documents()
  p.apply(...tab('a').at('09:59'))
  const [after] = p.documents()
  assert.notEqual(after?.id, before?.id)
  assert.deepEqual(after?.operation.merge, [before?.id])
  assert.deepEqual(
    p.sessions.changes().redirects.map(({ from, into }) => [from.id, into.key.id]),
    [[before?.id, after?.id]],
  )
})

test('an earlier event within the cell keeps the id', () => {
  const p = partition()
  p.apply(...tab('a').at('10:05'))
  const [before] = p.documents()
  p.apply(...tab('a').at('10:00'))
  assert.equal(p.documents()[0]?.id, before?.id)
  assert.equal(p.sessions.changes().redirects.length, 0)
})

test('redirects over several merges in one flush lead to the last survivor', () => {
  const p = partition()
  p.apply(...tab('a').at('10:40', '10:24', '10:08', '10:32', '10:16'))
  assert.deepEqual(p.spans(), ['a 10:08–10:40 ×5'])
  const survivor = p.documents()[0]?.id
  const redirects = p.sessions.changes().redirects
  assert.equal(redirects.length, 2)
  for (const { into } of redirects) assert.equal(into.key.id, survivor)
})

test('a repeat counts once; the same id at another time is another event', () => {
  const p = partition()
  const [event] = tab('a').at('10:00')
  assert.deepEqual(p.apply(event as TimelineEvent, event as TimelineEvent), ['applied', 'duplicate'])
  assert.deepEqual(p.apply({ ...(event as TimelineEvent), timestamp: clock('10:01') }), ['applied'])
  assert.deepEqual(p.spans(), ['a 10:00–10:01 ×2'])
  assert.equal(p.documents()[0]?.quality.duplicates, 1)
})

test('a record that was applied before changes nothing', () => {
  const p = partition()
  const events = tab('a').at('10:00', '10:05', '10:02')
  p.apply(...events)
  p.sessions.settle(0)
  assert.deepEqual(
    events.map((event, at) => p.applyAt(event, at)),
    Array(3).fill('already-applied'),
  )
  assert.deepEqual(p.spans(), [])
})

test('the watermark closes a session once it is past the gap, and only then is it forgotten', () => {
  const p = partition()
  p.apply(...tab('a').at('10:00'), ...tab('b').at('10:15'))
  p.sessions.close()
  assert.equal(
    p.documents().find(({ tabId }) => tabId === 'a')?.metadata.status,
    'active',
    'end + gap is the watermark',
  )
  assert.equal(p.sessions.settle(0), 0)
  p.apply(...tab('b').at('10:15:00.001'))
  p.sessions.close()
  assert.equal(p.documents().find(({ tabId }) => tabId === 'a')?.metadata.status, 'ended')
  assert.equal(p.sessions.settle(0), 1)
  assert.equal(p.sessions.openCount, 1)
})

test('a closed session stays in memory while there are few of them, and a late event opens it again', () => {
  const p = partition(undefined, { closedKept: 1 })
  p.apply(...tab('a').at('10:00', '10:05'), ...tab('b').at('11:00'))
  p.sessions.close()
  assert.equal(p.sessions.settle(0), 0)
  assert.equal(p.sessions.openCount, 1, 'a closed one is not counted as open')
  const late = tab('a')
    .at('10:03')
    .map(event => placed(event, 10))
  assert.deepEqual(p.sessions.lateSpans(late), [], 'memory has what it is inside of')
  assert.deepEqual(
    late.map(event => p.sessions.apply(event)),
    ['applied'],
  )
  assert.equal(p.sessions.openCount, 2)
  p.sessions.close()
  assert.deepEqual(p.spans(), ['a 10:00–10:05 ×3'])
  assert.equal(p.documents()[0]?.metadata.status, 'ended')
  assert.equal(p.sessions.settle(0), 0)
  p.apply(...tab('c').at('12:00'))
  p.sessions.close()
  assert.equal(p.sessions.settle(0), 2, 'one more than may stay: all of them leave')
  assert.equal(p.sessions.openCount, 1)
  assert.equal(p.sessions.lateSpans(late).length, 1)
})

test('the watermark never moves back', () => {
  const p = partition()
  p.apply(...tab('a').at('10:30', '10:00'))
  assert.equal(p.sessions.watermark, clock('10:25'))
})

test('late events ask for what the store may hold within the gap of them, unless memory holds them', () => {
  const p = partition()
  p.apply(...tab('a').at('10:00', '10:10', '10:14'), ...tab('b').at('10:19'))
  p.sessions.close()
  const late = (event: TimelineEvent) => p.sessions.lateSpans([placed(event, 99)])
  const [on, before, inside] = [
    ...tab('a').at('10:14'),
    ...tab('a').at('09:55'),
    ...tab('a').at('10:05'),
  ] as [TimelineEvent, TimelineEvent, TimelineEvent]
  assert.deepEqual(late(on), [], 'at the watermark it is on time')
  assert.deepEqual(late(inside), [], 'inside a session in memory nothing else can be met')
  assert.deepEqual(late(before), [{ tabId: 'a', from: clock('09:45'), to: clock('10:05') }])
})

test('a stored session that meets an older one in memory replaces it, and the other way round', () => {
  const ahead = partition()
  ahead.apply(...tab('a').at('10:00', '10:04'))
  const [later] = ahead.documents()
  const behind = partition()
  behind.apply(...tab('a').at('10:00'))
  const [earlier] = behind.documents()
  assert.ok(later && earlier)
  behind.sessions.settle(0)
  behind.sessions.admit(JSON.parse(JSON.stringify(later)), false)
  behind.apply(...tab('a').at('10:06'))
  ahead.sessions.settle(0)
  ahead.sessions.admit(JSON.parse(JSON.stringify(earlier)), false)
  ahead.apply(...tab('a').at('10:06'))
  for (const p of [behind, ahead]) assert.equal(p.sessions.openCount, 1)
  assert.deepEqual(ahead.spans(), ['a 10:00–10:06 ×3'])
})

test('a session that was taken in and is recalled once more leads on from the record that joined it', () => {
  const p = partition()
  p.apply(...tab('a').at('10:00', '10:14'))
  const [, taken] = p.documents()
  p.sessions.settle(0)
  p.apply(...tab('a').at('10:07'))
  const redirects = () =>
    p.sessions.changes().redirects.map(({ from, position }) => [from.id, position.offset])
  const before = redirects()
  assert.equal(before.length, 1)
  p.apply(...tab('a').at('10:16'))
  p.sessions.admit(JSON.parse(JSON.stringify(taken)), false)
  assert.deepEqual(redirects(), before)
})

test('until sessions are closed, memory has what a watermark that moves on makes late', () => {
  const p = partition()
  p.apply(...tab('a').at('10:00'), ...tab('b').at('10:30'))
  const [late] = tab('a').at('10:20')
  const spans = () => p.sessions.lateSpans([placed(late as TimelineEvent, 99)])
  assert.deepEqual(spans(), [])
  p.sessions.close()
  assert.equal(spans().length, 1)
})

test('one event of a tab a day ahead closes no other tab wrongly: later events recall', () => {
  const p = partition()
  p.apply(...tab('a').at('10:00'))
  p.apply({ ...(tab('b').at('10:01')[0] as TimelineEvent), timestamp: clock('23:00') })
  p.sessions.close()
  p.sessions.settle(0)
  const [next] = tab('a').at('10:05')
  assert.deepEqual(p.sessions.lateSpans([placed(next as TimelineEvent, 9)]), [
    { tabId: 'a', from: clock('09:55'), to: clock('10:15') },
  ])
})

test('nothing is left in memory when all sessions are closed', () => {
  const p = partition()
  for (let i = 0; i < 500; i++)
    p.apply(...tab(`tab-${i % 50}`).at(`${10 + (i % 9)}:${String(i % 60).padStart(2, '0')}`))
  p.sessions.raiseWatermark(Number.POSITIVE_INFINITY)
  p.sessions.close()
  p.sessions.settle(0)
  assert.equal(p.sessions.openCount, 0)
})

test('where open sessions are not written, one is written once, when it ends', () => {
  const p = partition(undefined, { writesOpen: false })
  for (const time of ['10:00', '10:05', '10:10']) {
    p.apply(...tab('a').at(time))
    p.sessions.close()
    assert.deepEqual(p.spans(), [])
    p.sessions.settle(0)
    assert.deepEqual(p.spans(), [])
  }
  p.sessions.raiseWatermark(Number.POSITIVE_INFINITY)
  p.sessions.close()
  assert.deepEqual(p.spans(), ['a 10:00–10:10 ×3'])
})

test('where open sessions are not written, a redirect waits for its survivor', () => {
  const stored = partition()
  stored.apply(...tab('a').at('10:16'))
  stored.sessions.raiseWatermark(Number.POSITIVE_INFINITY)
  stored.sessions.close()
  const [later] = stored.documents()
  const p = partition(undefined, { writesOpen: false })
  p.applyAt(tab('a').at('10:00')[0] as TimelineEvent, 1)
  p.sessions.admit(JSON.parse(JSON.stringify(later)), false)
  p.applyAt(tab('a').at('10:08')[0] as TimelineEvent, 2)
  const waiting = p.sessions.changes()
  assert.deepEqual([waiting.sessions, waiting.redirects], [[], []])
  p.sessions.settle(0)
  p.sessions.raiseWatermark(Number.POSITIVE_INFINITY)
  p.sessions.close()
  const { redirects } = p.sessions.changes()
  assert.deepEqual(p.spans(), ['a 10:00–10:16 ×3'])
  assert.deepEqual(
    redirects.map(({ from, into }) => [from.id, into.start]),
    [[later?.id, clock('10:00')]],
  )
})

test('a repair that is read again leaves to a later session what that one has taken in', () => {
  const p = partition()
  p.apply(...tab('a').at('10:00', '10:16'))
  const absorbed = p.documents().find(({ lastSeen }) => lastSeen.includes('10:16'))
  p.applyAt(tab('a').at('10:08')[0] as TimelineEvent, 5)
  const [survivor] = p.documents()
  // It died before it wrote the redirect.
  const again = partition()
  again.sessions.showDamaged('a', JSON.parse(JSON.stringify([absorbed, survivor])))
  again.sessions.repair({ control: { kind: 'repair', tabId: 'a' }, position: placeAt(4) })
  again.applyAt(tab('a').at('10:16:30')[0] as TimelineEvent, 6)
  again.applyAt(tab('a').at('10:16:10')[0] as TimelineEvent, 7)
  assert.deepEqual(again.spans(), ['a 10:00–10:16:30 ×5'])
  assert.equal(again.sessions.openCount, 1)
  const { redirects } = again.sessions.changes()
  assert.deepEqual(
    redirects.map(({ from, into }) => [from.id, into.key.id]),
    [[absorbed?.id, survivor?.id]],
  )
})

test('a repair that is read again takes no session for one that began after an erasure, though they overlap', () => {
  const later = partition()
  later.applyAt(tab('a').at('10:05')[0] as TimelineEvent, 7)
  const p = partition()
  p.apply(...tab('a').at('10:00', '10:10'))
  p.sessions.knowErased({ tabId: 'a', from: clock('10:00'), to: clock('10:10'), position: placeAt(5) })
  p.sessions.showDamaged('a', JSON.parse(JSON.stringify(later.documents())))
  p.sessions.repair({ control: { kind: 'repair', tabId: 'a' }, position: placeAt(3) })
  assert.equal(p.sessions.openCount, 2)
  assert.deepEqual(p.sessions.changes().redirects, [])
})

test('a session that began after an erasure holds none that was there before, though they overlap', () => {
  const later = partition()
  later.applyAt(tab('a').at('10:05')[0] as TimelineEvent, 7)
  const [document] = later.documents()
  const p = partition()
  p.apply(...tab('a').at('10:00', '10:10'))
  p.sessions.knowErased({ tabId: 'a', from: clock('10:00'), to: clock('10:10'), position: placeAt(5) })
  p.sessions.admit(JSON.parse(JSON.stringify(document)), false)
  assert.equal(p.sessions.openCount, 2)
  assert.deepEqual(p.sessions.changes().redirects, [])
})
