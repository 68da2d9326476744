// A session: a commutative, associative merge of its events (design §2.3). Counts are sums over distinct
// events, first fields belong to the earliest event that has them, last fields to the latest.
import { type ConversionRules, isConversion } from './conversions.ts'
import { type DedupeWindow, type Identity, mergeWindows, remember, windowOf } from './dedupe-window.ts'
import { type Engagement, engage, mergeEngagement } from './engagement.ts'
import { type Entry, entryOf, type Page } from './enrichment/attribution.ts'
import type { TimedEvent } from './event-time.ts'
import { type Evidence, gatherEvidence, mergeEvidence, noEvidence } from './evidence.ts'
import type { JsonObject } from './json.ts'
import { type KeyedValues, mergeKeys, takeKeys } from './keyed-values.ts'
import { isBehind, type Position } from './position.ts'
import type { RawEvent } from './raw-event.ts'
import type { SessionKey } from './session-id.ts'
import { earlier, earliest, isLatest, latest, type Stamp, type StampedValue } from './stamp.ts'

export type Quality = {
  readonly lateEvents: number
  readonly duplicates: number
  readonly clockSkewMs: number
  /** Why objects that users supplied were lost with a restore; null if none were. */
  readonly reduced: string | null
}

export type Profile = {
  readonly id: string
  readonly primary_id: string | null
  readonly metadata: JsonObject | null
}

export type Session = {
  readonly tabId: string
  /** Event times of the first and the latest event, epoch ms, both inclusive. */
  start: number
  end: number
  position: Position
  events: number
  pageViews: number
  searches: number
  conversions: number
  /** Millionths, whole: sums do not depend on the order, however large they grow. */
  conversionValue: bigint
  engagement: Engagement
  quality: Quality
  entry: Entry
  evidence: Evidence
  profile: StampedValue<Profile> | undefined
  lastQuery: StampedValue<string> | undefined
  entryPage: Page | undefined
  exitPage: Page | undefined
  properties: KeyedValues | undefined
  traits: KeyedValues | undefined
  aux: KeyedValues | undefined
  window: DedupeWindow
  /** Keys that this session, or one that it absorbed, had before: each has a redirect to this one. */
  absorbed: readonly SessionKey[]
  /** Wall clock of the first write of the document, epoch ms. */
  createdAt: number | null
}

/** An event at its place in the log, with what is worked out once for it. */
export type PlacedEvent = Omit<TimedEvent, 'format' | 'tabIdFrom'> & {
  readonly position: Position
  readonly arrival: number
  readonly identity: Identity
}

// Most sessions have these, and share them.
const flawless: Quality = { lateEvents: 0, duplicates: 0, clockSkewMs: 0, reduced: null }
export const nothingAbsorbed: readonly SessionKey[] = []

/** The session of one event. */
export function singleton(event: PlacedEvent, conversions: ConversionRules): Session {
  const stamp: Stamp = { time: event.time, id: event.raw.eventId }
  const session: Session = {
    tabId: event.raw.tabId,
    start: event.time,
    end: event.time,
    position: event.position,
    events: 0,
    pageViews: 0,
    searches: 0,
    conversions: 0,
    conversionValue: 0n,
    engagement: 'whole',
    quality: flawless,
    entry: entryOf(stamp, event.raw.context),
    evidence: noEvidence(),
    profile: undefined,
    lastQuery: undefined,
    entryPage: undefined,
    exitPage: undefined,
    properties: undefined,
    traits: undefined,
    aux: undefined,
    window: windowOf(event.identity, event.arrival),
    absorbed: nothingAbsorbed,
    createdAt: null,
  }
  take(session, event, stamp, true, conversions)
  return session
}

/** Extends a session by an event within the gap, in place: the same as merging with its singleton, and faster. */
export function extend(session: Session, event: PlacedEvent, conversions: ConversionRules): void {
  const stamp: Stamp = { time: event.time, id: event.raw.eventId }
  // While the span is still that of the events before.
  session.engagement = engage(session, event.time)
  // Most are. What the session holds from earlier events need not be compared with them, nor fetched into the cache.
  const isNewest = event.time > session.end
  if (isNewest) session.end = event.time
  if (event.time < session.start) session.start = event.time
  if (isBehind(session.position, event.position)) session.position = event.position
  if (!isNewest && earlier(stamp, session.entry.stamp)) session.entry = entryOf(stamp, event.raw.context)
  session.window = remember(session.window, event.identity, event.arrival)
  take(session, event, stamp, isNewest, conversions)
}

/** Everything of an event but span, engagement, position, entry and window. */
function take(
  session: Session,
  event: PlacedEvent,
  stamp: Stamp,
  isNewest: boolean,
  conversions: ConversionRules,
): void {
  const { raw } = event
  count(session, raw, conversions)
  const skew = Math.abs(event.clockSkewMs)
  if (skew > 0 && skew > session.quality.clockSkewMs)
    session.quality = { ...session.quality, clockSkewMs: skew }
  gatherEvidence(session.evidence, raw.context, raw.site, stamp, isNewest)
  takePage(session, raw, stamp, isNewest)
  if (raw.query && (isNewest || isLatest(stamp, session.lastQuery)))
    session.lastQuery = { stamp, value: raw.query }
  if (raw.profile && (isNewest || isLatest(stamp, session.profile)))
    session.profile = { stamp, value: profileOf(raw.profile) }
  if (raw.properties) session.properties = takeKeys(session.properties, raw.properties, stamp)
  if (raw.traits) session.traits = takeKeys(session.traits, raw.traits, stamp)
  if (raw.aux) session.aux = takeKeys(session.aux, raw.aux, stamp)
}

function count(session: Session, raw: RawEvent, conversions: ConversionRules): void {
  session.events++
  if (raw.type === 'page-view') session.pageViews++
  if (raw.type === 'search' || raw.query) session.searches++
  if (!isConversion(raw, conversions)) return
  session.conversions++
  if (raw.value) session.conversionValue += BigInt(Math.round(raw.value * 1e6))
}

function takePage(session: Session, raw: RawEvent, stamp: Stamp, isNewest: boolean): void {
  const viewed = raw.context?.page
  if (raw.type !== 'page-view' || !viewed?.url) return
  const first = session.entryPage === undefined || (!isNewest && earlier(stamp, session.entryPage.stamp))
  const last = isNewest || isLatest(stamp, session.exitPage)
  if (!first && !last) return
  const page = { stamp, url: viewed.url, title: viewed.title ?? null }
  if (first) session.entryPage = page
  if (last) session.exitPage = page
}

const profileOf = (profile: NonNullable<RawEvent['profile']>): Profile => ({
  id: profile.id,
  primary_id: profile.primaryId ?? null,
  metadata: profile.metadata ?? null,
})

/** The session of the events of both. `a` and `b` are of one tab and have no event in common. */
export function merge(a: Session, b: Session): Session {
  const evidence: Evidence = { ...a.evidence }
  mergeEvidence(evidence, b.evidence)
  return {
    tabId: a.tabId,
    start: Math.min(a.start, b.start),
    end: Math.max(a.end, b.end),
    position: isBehind(a.position, b.position) ? b.position : a.position,
    events: a.events + b.events,
    pageViews: a.pageViews + b.pageViews,
    searches: a.searches + b.searches,
    conversions: a.conversions + b.conversions,
    conversionValue: a.conversionValue + b.conversionValue,
    engagement: mergeEngagement(a, b),
    quality: sumQuality(a.quality, b.quality),
    entry: earlier(b.entry.stamp, a.entry.stamp) ? b.entry : a.entry,
    evidence,
    profile: latest(a.profile, b.profile),
    lastQuery: latest(a.lastQuery, b.lastQuery),
    entryPage: earliest(a.entryPage, b.entryPage),
    exitPage: latest(a.exitPage, b.exitPage),
    properties: mergeKeys(a.properties, b.properties),
    traits: mergeKeys(a.traits, b.traits),
    aux: mergeKeys(a.aux, b.aux),
    window: mergeWindows(a.window, b.window),
    absorbed: unionKeys(a.absorbed, b.absorbed),
    createdAt:
      a.createdAt === null || b.createdAt === null
        ? (a.createdAt ?? b.createdAt)
        : Math.min(a.createdAt, b.createdAt),
  }
}

function sumQuality(a: Quality, b: Quality): Quality {
  return {
    lateEvents: a.lateEvents + b.lateEvents,
    duplicates: a.duplicates + b.duplicates,
    clockSkewMs: Math.max(a.clockSkewMs, b.clockSkewMs),
    reduced: a.reduced ?? b.reduced,
  }
}

/** Counts one more. */
export function countFlaw(session: Session, flaw: 'lateEvents' | 'duplicates'): void {
  session.quality = { ...session.quality, [flaw]: session.quality[flaw] + 1 }
}

/** Both lists without repeats. Both are sorted by id, as is the result. */
export function unionKeys(a: readonly SessionKey[], b: readonly SessionKey[]): readonly SessionKey[] {
  const [long, short] = a.length < b.length ? [b, a] : [a, b]
  // Not sorted anew: 8,000 events of a tab backwards in time, each the start of another id, took 17 s so.
  return short.reduce(withKey, long)
}

function withKey(keys: readonly SessionKey[], key: SessionKey): readonly SessionKey[] {
  let from = 0
  let to = keys.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((keys[middle] as SessionKey).id < key.id) from = middle + 1
    else to = middle
  }
  return keys[from]?.id === key.id ? keys : keys.toSpliced(from, 0, key)
}
