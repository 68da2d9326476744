// What events tell about the visitor: groups, each taken whole from the earliest event that carries it.
import type { DeviceFacts, UserAgentEvidence } from './enrichment/device.ts'
import type { Geo } from './enrichment/geo.ts'
import { isTimeZone } from './enrichment/weekday.ts'
import type { EventContext } from './raw-event.ts'
import { isEarliest, type Stamp, type Stamped, type StampedValue } from './stamp.ts'

/**
 * `geo` is looked up once, by `enrichSession`; undefined until then. `ip` is null where a restored document does not
 * show it.
 */
export type IpEvidence = Stamped & { readonly ip: string | null; geo: Geo | null | undefined }
/** `agent` is parsed once, by `enrichSession`, and then let go. */
export type AgentEvidence = Stamped & { agent: UserAgentEvidence | null; facts: DeviceFacts | undefined }
export type ScreenEvidence = {
  readonly resolution: string | null
  readonly colorDepth: string | null
  readonly orientation: string | null
  readonly touch: boolean | null
}
export type AppEvidence = {
  readonly type: string | null
  readonly name: string | null
  readonly version: string | null
  readonly language: string | null
}

export type Evidence = {
  ip: IpEvidence | undefined
  agent: AgentEvidence | undefined
  screen: StampedValue<ScreenEvidence> | undefined
  viewport: StampedValue<string> | undefined
  locale: StampedValue<string> | undefined
  timeZone: StampedValue<string> | undefined
  app: StampedValue<AppEvidence> | undefined
  geo: StampedValue<Geo> | undefined
  site: StampedValue<string> | undefined
}

export const evidenceGroups = [
  'ip',
  'agent',
  'screen',
  'viewport',
  'locale',
  'timeZone',
  'app',
  'geo',
  'site',
] as const satisfies readonly (keyof Evidence)[]

export const noEvidence = (): Evidence => ({
  ip: undefined,
  agent: undefined,
  screen: undefined,
  viewport: undefined,
  locale: undefined,
  timeZone: undefined,
  app: undefined,
  geo: undefined,
  site: undefined,
})

/**
 * Takes from an event each group that the session lacks or has from a later event. In place. A group without
 * anything in it is not carried: `screen: {}` must not hide what a later event tells. Of the newest event of all, what
 * is there need not be looked at.
 */
export function gatherEvidence(
  evidence: Evidence,
  context: EventContext | null | undefined,
  site: string | null | undefined,
  stamp: Stamp,
  isNewest: boolean,
): void {
  const wins = isNewest ? isMissing : isEarliest
  if (site && wins(stamp, evidence.site)) evidence.site = { stamp, value: site }
  if (!context) return
  const { ip, locale, timeZone } = context
  if (ip && wins(stamp, evidence.ip)) evidence.ip = { stamp, ip, geo: undefined }
  if (hasAgent(context) && wins(stamp, evidence.agent))
    evidence.agent = { stamp, agent: agentOf(context), facts: undefined }
  if (locale && wins(stamp, evidence.locale)) evidence.locale = { stamp, value: locale }
  if (timeZone && wins(stamp, evidence.timeZone) && isTimeZone(timeZone))
    evidence.timeZone = { stamp, value: timeZone }
  gatherObjects(evidence, context, stamp, wins)
}

function gatherObjects(
  evidence: Evidence,
  context: EventContext,
  stamp: Stamp,
  wins: typeof isEarliest,
): void {
  if (context.screen && wins(stamp, evidence.screen)) {
    const value = screenOf(context.screen)
    if (hasAny(value)) evidence.screen = { stamp, value }
  }
  if (context.viewport && wins(stamp, evidence.viewport)) {
    const value = resolution(context.viewport)
    if (value !== null) evidence.viewport = { stamp, value }
  }
  if (context.app && wins(stamp, evidence.app)) {
    const value = appOf(context.app)
    if (hasAny(value)) evidence.app = { stamp, value }
  }
  if (context.geo && wins(stamp, evidence.geo)) {
    const { country, ...rest } = geoOf(context.geo)
    if (hasAny(country) || hasAny(rest)) evidence.geo = { stamp, value: { country, ...rest } }
  }
}

const hasAny = (group: object): boolean => Object.values(group).some(value => value !== null)

/** Access logs write a hyphen for a header that was not sent. */
function hasAgent({ userAgent, clientHints }: EventContext): boolean {
  if (userAgent && userAgent !== '-') return true
  return !!clientHints && Object.keys(clientHints).length > 0
}

/** Of each group the earlier one. In place, into `into`. */
export function mergeEvidence(into: Evidence, other: Evidence): void {
  const target = into as Record<string, Stamped | undefined>
  for (const group of evidenceGroups) {
    const theirs = other[group]
    if (theirs !== undefined && isEarliest(theirs.stamp, into[group])) target[group] = theirs
  }
}

const isMissing = (_: Stamp, held: Stamped | undefined): boolean => held === undefined

const agentOf = (context: EventContext): UserAgentEvidence => ({
  userAgent: context.userAgent ?? null,
  clientHints: context.clientHints ?? null,
})

const appOf = (app: NonNullable<EventContext['app']>): AppEvidence => ({
  type: app.type || null,
  name: app.name || null,
  version: app.version || null,
  language: app.language || null,
})

function geoOf(geo: NonNullable<EventContext['geo']>): Geo {
  const latitude = degrees(geo.latitude, 90)
  const longitude = degrees(geo.longitude, 180)
  return {
    country: { name: geo.country?.name || null, code: geo.country?.code || null },
    city: geo.city || null,
    county: geo.county || null,
    region: geo.region || null,
    postal: geo.postal || null,
    latitude,
    longitude,
    location: latitude === null || longitude === null ? null : `${latitude},${longitude}`,
    time_zone: geo.time_zone || null,
    asn: geo.asn ?? null,
    as_org: geo.as_org || null,
  }
}

const decimal = /^[+-]?\d+(\.\d+)?$/

/** Degrees as text, or null for what is not a number within ±`limit`. */
function degrees(value: number | string | null | undefined, limit: number): string | null {
  if (value == null || (typeof value === 'string' && !decimal.test(value))) return null
  const number = Number(value)
  return Math.abs(number) <= limit ? String(number) : null
}

function screenOf(screen: NonNullable<EventContext['screen']>): ScreenEvidence {
  return {
    resolution: resolution(screen),
    colorDepth: screen.colorDepth == null || screen.colorDepth === '' ? null : String(screen.colorDepth),
    orientation: screen.orientation || null,
    touch: screen.touch == null ? null : Boolean(screen.touch),
  }
}

function resolution(size: {
  width?: number | null | undefined
  height?: number | null | undefined
}): string | null {
  return size.width == null || size.height == null
    ? null
    : `${Math.round(size.width)}x${Math.round(size.height)}`
}
