import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { conversionRules } from '../../src/core/conversions.ts'
import { decode } from '../../src/core/decode.ts'
import { arrivalOf, identityHash } from '../../src/core/dedupe-window.ts'
import { enrichSession } from '../../src/core/enrichment/enrich-session.ts'
import { OpenSession, sleepingSession } from '../../src/core/open-session.ts'
import { restoredSession } from '../../src/core/restored-session.ts'
import { extend, merge, type PlacedEvent, type Session, singleton } from '../../src/core/session.ts'
import { type SessionDocument, sessionDocument } from '../../src/core/session-document.ts'
import { sessionKey } from '../../src/core/session-id.ts'
import { arbitraryEvents, type TestEvent } from '../support/arbitrary-events.ts'
import { storeAll } from '../support/store-all.ts'
import { testLookups } from '../support/test-lookups.ts'

const gapMs = 600_000
const conversions = conversionRules(['conversion'], ['/orders/*/thanks'])
const oneTab = arbitraryEvents({ tabs: 1, maxLength: 8 })

function placed(event: TestEvent, offset: number): PlacedEvent {
  const outcome = decode(
    { value: Buffer.from(JSON.stringify(event)), timestamp: null },
    Number.POSITIVE_INFINITY,
  )
  assert.equal(outcome.kind, 'ok')
  const { raw, time, received, clockSkewMs } = (outcome as Extract<typeof outcome, { kind: 'ok' }>).value
  const position = { topic: 't', epoch: 0, partition: 0, offset: offset + 1, timestamp: 1000 + offset }
  const identity = identityHash(raw.eventId, time)
  return { raw, time, received, clockSkewMs, position, identity, arrival: arrivalOf(0, offset) }
}

/** The document without what only the order of the list tells. */
function documentOf(session: Session) {
  enrichSession(session, testLookups)
  const key = sessionKey(session.tabId, session.start, gapMs)
  return JSON.parse(
    JSON.stringify(
      sessionDocument(session, key, 'active', 0, { timeZone: 'Europe/Berlin', privacy: storeAll }),
    ),
  )
}

/** State as a set: stamps are numbered in the order in which they are met. */
function comparable(session: Session) {
  const { state, ...rest } = documentOf(session)
  const at = (index: number) => state.stamps[index].join(':')
  const stampsOf = (keys: [string, number][] = []) => Object.fromEntries(keys.map(([key, i]) => [key, at(i)]))
  return {
    ...rest,
    state: {
      ...state,
      stamps: null,
      fields: Object.fromEntries(Object.entries(state.fields).map(([field, i]) => [field, at(i as number)])),
      keys: {
        properties: stampsOf(state.keys.properties),
        traits: stampsOf(state.keys.traits),
        aux: stampsOf(state.keys.aux),
      },
    },
  }
}

/** A restored session that an event touches. */
function woken(document: SessionDocument): Session {
  return new OpenSession(sleepingSession(document), { id: document.id, cellStart: 0 }, 'active').session
}

const single = (event: PlacedEvent) => singleton(event, conversions)

test('merge is commutative', () => {
  fc.assert(
    fc.property(oneTab, fc.nat(7), (events, cut) => {
      const all = events.map(placed)
      const build = (part: PlacedEvent[]) => part.map(single).reduce(merge)
      const [a, b] = [all.slice(0, cut % all.length), all.slice(cut % all.length)]
      if (a.length === 0) return
      assert.deepEqual(comparable(merge(build(a), build(b))), comparable(merge(build(b), build(a))))
    }),
  )
})

test('merge is associative', () => {
  fc.assert(
    fc.property(arbitraryEvents({ tabs: 1, maxLength: 3 }), events => {
      if (events.length < 3) return
      const [a, b, c] = events.map((event, i) => placed(event, i)) as [PlacedEvent, PlacedEvent, PlacedEvent]
      assert.deepEqual(
        comparable(merge(merge(single(a), single(b)), single(c))),
        comparable(merge(single(a), merge(single(b), single(c)))),
      )
    }),
  )
})

test('extending in place is merging with the singleton', () => {
  fc.assert(
    fc.property(oneTab, events => {
      const all = events.map(placed)
      const merged = all.map(single).reduce(merge)
      const extended = single(all[0] as PlacedEvent)
      for (const event of all.slice(1)) extend(extended, event, conversions)
      assert.deepEqual(comparable(extended), comparable(merged))
    }),
  )
})

test('a session restored from its document writes the same document, and merges on the same', () => {
  fc.assert(
    fc.property(oneTab, fc.nat(7), (events, cut) => {
      const all = events.map(placed)
      const at = (cut % all.length) + 1
      const whole = all.slice(0, at).map(single).reduce(merge)
      const restored = restoredSession(documentOf(whole))
      // Whether it is the first write is what the restored one knows, and the fresh one does not.
      whole.createdAt = restored.createdAt
      assert.deepEqual(comparable(restored), comparable(whole))
      assert.deepEqual(woken(documentOf(whole)), restored, 'sleeping changes nothing')
      for (const event of all.slice(at)) {
        extend(restored, event, conversions)
        extend(whole, event, conversions)
      }
      assert.deepEqual(comparable(restored), comparable(whole))
    }),
  )
})
