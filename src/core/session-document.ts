// Session → document. The document is the state of the worker: what a reader sees, plus `state` with what
// merging on needs beyond it (`restored-session.ts` is the way back).

import { dedupeWindowSize } from './dedupe-window.ts'
import { type DocumentFields, schemaVersion } from './document-fields.ts'
import { engagedSeconds, overlongMs } from './engagement.ts'
import { hostAndPath, type Page } from './enrichment/attribution.ts'
import { unknownDevice } from './enrichment/device.ts'
import { type Geo, noGeo } from './enrichment/geo.ts'
import { withTouch } from './enrichment/ipad.ts'
import { isTimeZone, weekdayAndHour } from './enrichment/weekday.ts'
import type { Evidence } from './evidence.ts'
import { formatInstant } from './instant.ts'
import { keyedObject } from './keyed-values.ts'
import type { Position } from './position.ts'
import { type Privacy, shownAddress } from './privacy.ts'
import type { Session } from './session.ts'
import type { SessionKey } from './session-id.ts'
import { encodeState, type SessionState } from './session-state.ts'

export type SessionDocument = DocumentFields & { readonly state: SessionState }

/** What remains under an id that a session had before: it says where that session went, for ever. */
export type RedirectDocument = {
  readonly id: string
  readonly tabId: string
  readonly metadata: { readonly status: 'merged' }
  readonly merged_into: string
  readonly source: DocumentFields['source']
  readonly schema_version: number
  readonly state: { readonly merged_into_cell_start: number }
}

export type StoredDocument = SessionDocument | RedirectDocument

export function isRedirect(document: {
  readonly metadata: { readonly status: string }
}): document is RedirectDocument {
  return document.metadata.status === 'merged'
}

/** Whether it holds a session, and not only what became of one. */
export function isSession(document: {
  readonly metadata: { readonly status: string }
}): document is SessionDocument {
  return document.metadata.status === 'active' || document.metadata.status === 'ended'
}

export type DocumentSettings = { readonly timeZone: string; readonly privacy: Pick<Privacy, 'ip'> }

const versionsPerEpoch = 2 ** 43
const phases = { active: 0, ended: 1, merged: 2, erased: 3 } as const

/**
 * The external version of a document: a function of its content, so that two writers of one version
 * write the same, and the later state wins. Exact up to epoch 1,023 and offset 2^41 − 1.
 */
export function documentVersion(
  position: { epoch: number; offset: number },
  phase: keyof typeof phases,
): number {
  return position.epoch * versionsPerEpoch + position.offset * 4 + phases[phase]
}

/** The inverse of `documentVersion`: all that an erased document still tells. */
export function placeOfVersion(version: number): { epoch: number; offset: number } {
  return {
    epoch: Math.floor(version / versionsPerEpoch),
    offset: Math.floor((version % versionsPerEpoch) / 4),
  }
}

const overlongEvents = 10_000

/** The document of an enriched session. `nowMs` is the wall clock of this write, epoch ms. */
export function sessionDocument(
  session: Session,
  key: SessionKey,
  status: 'active' | 'ended',
  nowMs: number,
  settings: DocumentSettings,
): SessionDocument {
  const { evidence, entry } = session
  const { utm, clickId, referrer, channel } = known(entry.attribution)
  const told = evidence.agent === undefined ? unknownDevice : known(evidence.agent.facts)
  const agent = withTouch(told, evidence.screen?.value.touch ?? null)
  const geo = geoOf(evidence)
  const ip = shownAddress(evidence.ip?.ip ?? null, settings.privacy.ip)
  return {
    id: key.id,
    sessionTrackingToken: key.id,
    tabId: session.tabId,
    lastSeen: formatInstant(session.end),
    lastQuery: session.lastQuery?.value ?? null,
    metadata: {
      time: timeFields(session, geo, nowMs, settings.timeZone),
      channel,
      aux: entry.aux ?? {},
      status,
    },
    operation: {
      new: session.createdAt === null,
      update: session.createdAt !== null,
      segment: false,
      merge: session.absorbed.map(absorbed => absorbed.id),
    },
    profile: session.profile?.value ?? null,
    device: {
      name: agent.device.name,
      brand: agent.device.brand,
      model: agent.device.model,
      type: agent.device.type,
      touch: agent.device.touch,
      ip,
      resolution: evidence.screen?.value.resolution ?? null,
      geo,
      color_depth: evidence.screen?.value.colorDepth ?? null,
      orientation: evidence.screen?.value.orientation ?? null,
    },
    os: agent.os,
    app: appFields(evidence, agent.app),
    utm,
    context: { ip },
    properties: keyedObject(session.properties),
    traits: keyedObject(session.traits),
    aux: keyedObject(session.aux),
    activity: {
      events: session.events,
      page_views: session.pageViews,
      searches: session.searches,
      conversions: session.conversions,
      conversion_value: Number(session.conversionValue) / 1e6,
      bounced: session.pageViews <= 1 && session.conversions === 0 ? 1 : 0,
      engaged_seconds: engagedSeconds(session),
    },
    pages: { entry: pageFields(session.entryPage), exit: pageFields(session.exitPage) },
    referrer: {
      url: entry.referrer,
      host: hostAndPath(entry.referrer).host,
      class: referrer.class,
      name: referrer.name,
    },
    click_id: { name: clickId?.name ?? null, value: clickId?.value ?? null },
    site: evidence.site?.value ?? null,
    quality: {
      late_events: session.quality.lateEvents,
      duplicates: session.quality.duplicates,
      clock_skew_ms: session.quality.clockSkewMs,
      overlong: session.end - session.start > overlongMs || session.events > overlongEvents,
      dedupe_limited: session.events > dedupeWindowSize,
      reduced: session.quality.reduced,
    },
    source: sourceFields(session.position),
    schema_version: schemaVersion,
    state: encodeState(session),
  }
}

/** The redirect from a key that a session had to the one it has. `position` is that of the merging record. */
export function redirectDocument(
  tabId: string,
  from: SessionKey,
  into: SessionKey,
  position: Position,
): RedirectDocument {
  return {
    id: from.id,
    tabId,
    metadata: { status: 'merged' },
    merged_into: into.id,
    source: sourceFields(position),
    schema_version: schemaVersion,
    state: { merged_into_cell_start: into.cellStart },
  }
}

/**
 * A document without the objects that users supply, for a store that refused the full one: it cannot be
 * refused, and it keeps all that merging on needs, save those objects.
 */
export function reducedDocument(document: SessionDocument, reason: string): SessionDocument {
  return {
    ...document,
    metadata: { ...document.metadata, aux: {} },
    profile: document.profile && { ...document.profile, metadata: null },
    properties: {},
    traits: {},
    aux: {},
    quality: { ...document.quality, reduced: reason },
  }
}

function timeFields(session: Session, geo: Geo, nowMs: number, timeZone: string) {
  const visitorZone = knownZone(session.evidence.timeZone?.value) ?? knownZone(geo.time_zone)
  const local = visitorZone === null ? null : weekdayAndHour(session.start, visitorZone)
  const { weekday, hour } = weekdayAndHour(session.start, timeZone)
  const update = formatWriteTime(nowMs)
  const { createdAt } = session
  return {
    insert: formatInstant(session.start),
    create: createdAt === null || createdAt === nowMs ? update : formatInstant(createdAt),
    update,
    timestamp: session.start / 1000,
    duration: Math.floor((session.end - session.start) / 1000),
    weekday,
    hour,
    weekdayLocal: local?.weekday ?? null,
    hourLocal: local?.hour ?? null,
  }
}

const knownZone = (zone: string | null | undefined): string | null => (zone && isTimeZone(zone) ? zone : null)

let lastWrite = { ms: Number.NaN, text: '' }

/** The documents of a batch share the time of their write. */
function formatWriteTime(ms: number): string {
  if (lastWrite.ms !== ms) lastWrite = { ms, text: formatInstant(ms) }
  return lastWrite.text
}

/** An explicit application is taken whole; only whether it is a robot still comes from the user agent. */
function appFields(
  { app, locale, viewport }: Evidence,
  derived: { name: string; version: string; bot: boolean; bot_reasons: readonly string[] },
) {
  return {
    type: app?.value.type ?? 'browser',
    name: app === undefined ? derived.name : (app.value.name ?? 'Other'),
    version: app === undefined ? derived.version : (app.value.version ?? ''),
    language: app?.value.language ?? locale?.value ?? null,
    bot: derived.bot,
    bot_reasons: derived.bot_reasons,
    resolution: viewport?.value ?? null,
  }
}

function geoOf({ geo, ip }: Evidence): Geo {
  if (geo !== undefined) return geo.value
  return ip === undefined ? noGeo : (known(ip.geo) ?? noGeo)
}

function pageFields(page: Page | undefined) {
  const url = page?.url ?? null
  const { host, path } = hostAndPath(url)
  return { url, host, path, title: page?.title ?? null }
}

/** A position as a document names it. */
export function sourceFields(position: Position): DocumentFields['source'] {
  return {
    topic: position.topic,
    partition: position.partition,
    offset: position.offset,
    epoch: position.epoch,
    timestamp: position.timestamp === null ? null : formatInstant(position.timestamp),
    format: position.format ?? null,
    tab_id_from: position.tabIdFrom ?? null,
  }
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a session is enriched before its document is written')
  return value
}
