// Documents as the pipeline makes them, for tests of a store.
import { conversionRules } from '../../src/core/conversions.ts'
import { arrivalOf, identityHash } from '../../src/core/dedupe-window.ts'
import { enrichSession } from '../../src/core/enrichment/enrich-session.ts'
import type { Position } from '../../src/core/position.ts'
import type { RawEvent } from '../../src/core/raw-event.ts'
import { extend, type PlacedEvent, singleton } from '../../src/core/session.ts'
import { documentVersion, redirectDocument, sessionDocument } from '../../src/core/session-document.ts'
import { sessionKey } from '../../src/core/session-id.ts'
import type { DocumentWrite } from '../../src/ports/session-store.ts'
import { storeAll } from './store-all.ts'
import { testLookups } from './test-lookups.ts'

export type Sample = {
  readonly tab?: string
  /** ISO 8601, UTC. */
  readonly from?: string
  readonly to?: string
  readonly status?: 'active' | 'ended'
  readonly epoch?: number
  readonly partition?: number
  readonly offset?: number
  /** Of the first event. */
  readonly raw?: Partial<RawEvent>
}

const gapMs = 600_000
const noConversions = conversionRules([])
/** The write of a session of two events. */
export function sampleSession(sample: Sample = {}): DocumentWrite {
  const { tab = 'tab', from = '2026-11-24T10:00:00Z', to = from, status = 'active', raw } = sample
  const position = positionOf(sample)
  const session = singleton(placed(tab, from, position, { eventId: 'first', ...raw }), noConversions)
  extend(session, placed(tab, to, position, { eventId: 'last' }), noConversions)
  enrichSession(session, testLookups)
  const key = sessionKey(tab, session.start, gapMs)
  const document = sessionDocument(session, key, status, Date.parse(to), {
    timeZone: 'UTC',
    privacy: storeAll,
  })
  return { key, version: documentVersion(position, status), document }
}

/** The write of a redirect from the session that starts at `from` to the one that starts at `to`. */
export function sampleRedirect(sample: Sample & { from: string; to: string }): DocumentWrite {
  const { tab = 'tab', from, to } = sample
  const position = positionOf(sample)
  const key = sessionKey(tab, Date.parse(from), gapMs)
  const into = sessionKey(tab, Date.parse(to), gapMs)
  return {
    key,
    version: documentVersion(position, 'merged'),
    document: redirectDocument(tab, key, into, position),
  }
}

/** A write whose document has other content under the same key and version. */
export function changed(write: DocumentWrite, parts: object): DocumentWrite {
  return { ...write, document: { ...write.document, ...parts } as DocumentWrite['document'] }
}

function positionOf({ epoch = 0, partition = 0, offset = 1 }: Sample): Position {
  return { topic: 'raw-events', epoch, partition, offset, timestamp: Date.parse('2026-11-24T10:00:00Z') }
}

function placed(tabId: string, at: string, position: Position, raw: Partial<RawEvent>): PlacedEvent {
  const time = Date.parse(at)
  const event: RawEvent = { eventId: 'event', type: 'page-view', ...raw, tabId }
  return {
    raw: event,
    time,
    received: time,
    clockSkewMs: 0,
    position,
    arrival: arrivalOf(position.epoch, position.offset - 1),
    identity: identityHash(event.eventId, time),
  }
}
