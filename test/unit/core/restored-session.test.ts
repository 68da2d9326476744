import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../../src/core/decode.ts'
import { arrivalOf, identityHash } from '../../../src/core/dedupe-window.ts'
import { enrichSession } from '../../../src/core/enrichment/enrich-session.ts'
import { restoredSession } from '../../../src/core/restored-session.ts'
import { extend, type PlacedEvent, type Session, singleton } from '../../../src/core/session.ts'
import { type SessionDocument, sessionDocument } from '../../../src/core/session-document.ts'
import { sessionKey } from '../../../src/core/session-id.ts'
import { storeAll } from '../../support/store-all.ts'
import { testLookups } from '../../support/test-lookups.ts'
import { clock } from '../../support/timeline.ts'

const settings = { timeZone: 'UTC', privacy: storeAll }
const conversions = { types: new Set<string>(), paths: [] }

let offset = 0
function event(time: string, context: object): PlacedEvent {
  const value = { eventId: `e${offset}`, tabId: 'tab', type: 'click', timestamp: clock(time), context }
  const outcome = decode(
    { value: Buffer.from(JSON.stringify(value)), timestamp: null },
    Number.POSITIVE_INFINITY,
  )
  assert.equal(outcome.kind, 'ok')
  const { raw, time: at, received, clockSkewMs } = (outcome as Extract<typeof outcome, { kind: 'ok' }>).value
  const position = { topic: 't', epoch: 0, partition: 0, offset: ++offset, timestamp: null }
  return {
    raw,
    time: at,
    received,
    clockSkewMs,
    position,
    identity: identityHash(raw.eventId, at),
    arrival: arrivalOf(0, offset),
  }
}

function stored(session: Session): SessionDocument {
  enrichSession(session, testLookups)
  const document = sessionDocument(session, sessionKey('tab', session.start, 600_000), 'active', 0, settings)
  return JSON.parse(JSON.stringify(document))
}

const userAgent =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15'

test('an iPad in disguise that was stored becomes the Mac again that an earlier screen tells of', () => {
  const session = singleton(event('10:05', { userAgent, screen: { touch: true } }), conversions)
  const document = stored(session)
  assert.deepEqual(document.os, { name: 'iPadOS', version: '' })
  assert.equal(document.device.name, 'Apple iPad')

  const restored = restoredSession(document)
  assert.deepEqual(stored(restored).state, document.state)
  const earlier = event('10:01', { screen: { touch: false } })
  extend(restored, earlier, conversions)
  extend(session, earlier, conversions)
  assert.deepEqual(stored(restored).os, { name: 'macOS', version: '10.15.7' })
  assert.deepEqual(stored(restored).device, stored(session).device)
  assert.equal(stored(restored).device.name, 'Apple Mac')
})
