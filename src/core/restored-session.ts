// Document → session: the inverse of `session-document.ts`. A restored session merges on exactly as the
// written one would have.

import type { DocumentFields } from './document-fields.ts'
import { decodeEngagement } from './engagement.ts'
import type { Entry, Page, ReferrerClass } from './enrichment/attribution.ts'
import type { DeviceFacts } from './enrichment/device.ts'
import { posingFacts } from './enrichment/ipad.ts'
import type { Evidence } from './evidence.ts'
import { parseInstant } from './instant.ts'
import type { Position } from './position.ts'
import { nothingAbsorbed, type Session } from './session.ts'
import { type SessionBody, unpackBody } from './session-body.ts'
import type { SessionDocument, StoredDocument } from './session-document.ts'
import type { SessionKey } from './session-id.ts'
import { stateReader } from './session-state.ts'
import type { Stamp } from './stamp.ts'

/** The part of a session that says where events and other sessions meet it. */
export type SessionHead = Readonly<Pick<Session, 'tabId' | 'start' | 'end' | 'position' | 'absorbed'>>

/** The session of a stored document, enriched. */
export function restoredSession(document: SessionDocument): Session {
  return sessionOf(restoredHead(document), document)
}

/** The head of a stored document's session. */
export function restoredHead(document: SessionDocument): SessionHead {
  return {
    tabId: document.tabId,
    start: instant(document.metadata.time.insert),
    end: instant(document.lastSeen),
    position: storedPosition(document),
    absorbed: absorbedKeys(document),
  }
}

/** The session whose head and packed body were taken from a stored document. */
export function wokenSession(head: SessionHead, body: string): Session {
  return sessionOf(head, unpackBody(body))
}

function sessionOf({ tabId, start, end, position, absorbed }: SessionHead, document: SessionBody): Session {
  const { state, metadata, activity } = document
  const read = stateReader(state)
  return {
    tabId,
    start,
    end,
    position,
    events: activity.events,
    pageViews: activity.page_views,
    searches: activity.searches,
    conversions: activity.conversions,
    conversionValue: BigInt(state.value ?? 0),
    engagement: decodeEngagement(state.engaged, { start, end }),
    quality: {
      lateEvents: document.quality.late_events,
      duplicates: document.quality.duplicates,
      clockSkewMs: document.quality.clock_skew_ms,
      reduced: document.quality.reduced,
    },
    entry: entryOf(read.entry, document),
    evidence: evidenceOf(document, read),
    profile: read.stampedValue('profile', () => document.profile as NonNullable<DocumentFields['profile']>),
    lastQuery: read.stampedValue('lastQuery', () => document.lastQuery as string),
    entryPage: read.stamped('entryPage', stamp => pageOf(stamp, document.pages.entry)),
    exitPage: read.stamped('exitPage', stamp => pageOf(stamp, document.pages.exit)),
    properties: read.keyed(state.keys.properties, document.properties),
    traits: read.keyed(state.keys.traits, document.traits),
    aux: read.keyed(state.keys.aux, document.aux),
    window: read.window(),
    absorbed,
    createdAt: metadata.time.create === null ? null : instant(metadata.time.create),
  }
}

/** Where the last record applied to a stored document stands. */
export function storedPosition({ source }: Pick<StoredDocument, 'source'>): Position {
  return {
    topic: source.topic,
    epoch: source.epoch,
    partition: source.partition,
    offset: source.offset,
    timestamp: source.timestamp === null ? null : instant(source.timestamp),
    ...(source.format != null && { format: source.format }),
    ...(source.tab_id_from != null && { tabIdFrom: source.tab_id_from }),
  }
}

function absorbedKeys({ operation, state }: SessionDocument): readonly SessionKey[] {
  if (operation.merge.length === 0) return nothingAbsorbed
  return operation.merge.map((id, i) => ({ id, cellStart: state.absorbed?.[i] as number }))
}

function entryOf(stamp: Stamp, { referrer, metadata, utm, click_id }: SessionBody): Entry {
  const clickId =
    click_id.name === null || click_id.value === null ? null : { name: click_id.name, value: click_id.value }
  return {
    stamp,
    referrer: referrer.url,
    aux: metadata.aux,
    landing: null,
    attribution: {
      utm,
      clickId,
      referrer: { class: referrer.class as ReferrerClass | null, name: referrer.name },
      channel: metadata.channel,
    },
  }
}

function evidenceOf(
  document: SessionBody,
  { stamped, stampedValue }: ReturnType<typeof stateReader>,
): Evidence {
  const { device, app, site, state } = document
  return {
    ip: stamped('ip', stamp => ({ stamp, ip: device.ip, geo: device.geo })),
    agent: stamped('agent', stamp => ({ stamp, agent: null, facts: factsOf(document) })),
    screen: stampedValue('screen', () => ({
      resolution: device.resolution,
      colorDepth: device.color_depth,
      orientation: device.orientation,
      touch: state.touch?.[0] ?? null,
    })),
    viewport: stampedValue('viewport', () => app.resolution as string),
    locale: stampedValue('locale', () => state.locale ?? (app.language as string)),
    timeZone: stampedValue('timeZone', () => state.time_zone as string),
    app: stampedValue('app', () => ({
      type: app.type,
      name: app.name,
      version: app.version,
      language: state.app_language ?? null,
    })),
    geo: stampedValue('geo', () => device.geo),
    site: stampedValue('site', () => site as string),
  }
}

function factsOf({ device, os, app: shown, state }: SessionBody): DeviceFacts {
  const { name, brand, model, type } = device
  const touch = state.touch?.[1] ?? device.touch
  const app = { name: shown.name, version: shown.version, bot: shown.bot, bot_reasons: shown.bot_reasons }
  if (state.mac_version !== undefined) return posingFacts(state.mac_version, app)
  return { device: { name, brand, model, type: type as DeviceFacts['device']['type'], touch }, os, app }
}

const pageOf = (stamp: Stamp, page: SessionBody['pages']['entry']): Page => ({
  stamp,
  url: page.url as string,
  title: page.title,
})

function instant(text: string): number {
  const epochMs = parseInstant(text)
  if (epochMs === null) throw new Error('a stored document has a date that is not ISO 8601 with milliseconds')
  return epochMs
}
