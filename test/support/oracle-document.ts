// The document of a session, every field computed from scratch from its sorted events (design §1.2).
import { createHash } from 'node:crypto'
import type { DeviceFacts, UserAgentEvidence } from '../../src/core/enrichment/device.ts'
import type { Geo } from '../../src/core/enrichment/geo.ts'
import { type AttributionOptions, attributionOf, hostOf } from './oracle-attribution.ts'
import type { Loose, OracleEvent } from './oracle-event.ts'

export type DocumentOptions = AttributionOptions & {
  readonly gapMs: number
  readonly timeZone: string
  readonly conversionTypes: readonly string[]
  readonly conversionPaths: readonly string[]
  /** Data, not logic of sessions: what a database says of an address, and a parser of a user agent. */
  readonly lookups: {
    readonly geo: (ip: string) => Geo | null
    readonly device: (evidence: UserAgentEvidence) => DeviceFacts
  }
}

export type OracleDocument = { readonly id: string; readonly [field: string]: unknown }

/** `events` are distinct, of one tab, sorted by (event time, event id), and never empty. */
export function documentOf(events: readonly OracleEvent[], options: DocumentOptions): OracleDocument {
  const first = events[0] as OracleEvent
  const last = events.at(-1) as OracleEvent
  const id = uuidV5(`${options.gapMs}:${Math.floor(first.time / options.gapMs)}:${first.tabId}`)
  const entry = first.raw.context ?? {}
  const visitor = visitorOf(events, options)
  const attribution = attributionOf(entry, options)
  return {
    id,
    sessionTrackingToken: id,
    tabId: first.tabId,
    lastSeen: new Date(last.time).toISOString(),
    lastQuery: events.findLast(({ raw }) => raw.query)?.raw.query ?? null,
    metadata: {
      time: timeOf(first.time, last.time, options.timeZone, visitor.timeZones),
      channel: attribution.channel,
      aux: entry.aux ?? {},
      status: 'ended',
    },
    profile: profileOf(events.findLast(({ raw }) => raw.profile)?.raw.profile),
    ...visitor.fields,
    ...attribution.fields,
    properties: keyed(events, 'properties'),
    traits: keyed(events, 'traits'),
    aux: keyed(events, 'aux'),
    activity: activityOf(events, options),
    pages: pagesOf(events),
    site: events.find(({ raw }) => raw.site)?.raw.site ?? null,
    schema_version: 1,
  }
}

/** Ours for ever: another namespace would give every session another id. */
const namespace = Buffer.from('6f0b2c1e5d2a4f0c9b7e3a5c1d8e4f62', 'hex')

/** RFC 9562 §5.5. */
function uuidV5(name: string): string {
  const bytes = createHash('sha1').update(namespace).update(name, 'utf8').digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function timeOf(start: number, end: number, timeZone: string, visitorZones: readonly Loose[]) {
  const zone = visitorZones.find(name => name && isTimeZone(name))
  const local = zone ? calendar(start, zone) : { weekday: null, hour: null }
  return {
    insert: new Date(start).toISOString(),
    timestamp: start / 1000,
    duration: Math.floor((end - start) / 1000),
    ...calendar(start, timeZone),
    weekdayLocal: local.weekday,
    hourLocal: local.hour,
  }
}

/** By the platform's own calendar; the product asks date-fns. */
function calendar(ms: number, timeZone: string): { weekday: number; hour: number } {
  const parts = formatter(timeZone).formatToParts(ms)
  const part = (type: string) => parts.find(candidate => candidate.type === type)?.value ?? ''
  const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
  return { weekday: weekdays.indexOf(part('weekday')), hour: Number(part('hour')) }
}

const formatters = new Map<string, Intl.DateTimeFormat>()
function formatter(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    hourCycle: 'h23',
  })
  formatters.set(timeZone, made)
  return made
}

/** An IANA name, or an offset of whole quarter hours up to ±14. */
function isTimeZone(name: string): boolean {
  const offset = /^[+-](\d\d):?(\d\d)$/.exec(name)
  if (/^[+-]/.test(name) && (offset === null || Number(offset[1]) > 14 || Number(offset[2]) % 15 !== 0))
    return false
  try {
    formatter(name)
    return true
  } catch {
    return false
  }
}

function profileOf(profile: Loose) {
  if (!profile) return null
  return { id: profile.id, primary_id: profile.primaryId ?? null, metadata: profile.metadata ?? null }
}

/** Who it was, by evidence: each group is taken whole from the earliest event that carries it. */
function visitorOf(events: readonly OracleEvent[], { lookups }: DocumentOptions) {
  const contexts = events.map(({ raw }) => raw.context ?? {})
  const earliest = (carries: (context: Loose) => unknown): Loose => contexts.find(carries) ?? {}
  const ip = earliest(context => context.ip).ip ?? null
  const agent = earliest(
    ({ userAgent, clientHints }) =>
      (userAgent && userAgent !== '-') || Object.keys(clientHints ?? {}).length > 0,
  )
  const screen = earliest(
    ({ screen }) => sizeOf(screen) || tells(screen, 'colorDepth', 'orientation') || screen?.touch != null,
  ).screen
  const viewport = earliest(context => sizeOf(context.viewport)).viewport
  const locale = earliest(context => context.locale).locale ?? null
  const app = earliest(({ app }) => tells(app, 'type', 'name', 'version', 'language')).app
  const given = earliest(({ geo }) => geo && JSON.stringify(geoOf(geo)) !== JSON.stringify(geoOf({}))).geo
  const geo = given ? geoOf(given) : ((ip && lookups.geo(ip)) ?? geoOf({}))
  const facts = factsOf(agent, lookups.device)
  const { device, os } = touched(facts, screen?.touch == null ? null : Boolean(screen.touch))
  return {
    timeZones: [earliest(({ timeZone }) => timeZone && isTimeZone(timeZone)).timeZone, geo.time_zone],
    fields: {
      device: {
        ...device,
        ip,
        resolution: sizeOf(screen),
        geo,
        color_depth: tells(screen, 'colorDepth') ? String(screen.colorDepth) : null,
        orientation: screen?.orientation || null,
      },
      os,
      app: {
        type: app?.type || 'browser',
        name: (app ? app.name : facts.app.name) || 'Other',
        version: (app ? app.version : facts.app.version) || '',
        language: app?.language || locale,
        bot: facts.app.bot,
        bot_reasons: facts.app.bot_reasons,
        resolution: sizeOf(viewport),
      },
      context: { ip },
    },
  }
}

/** A Mac that is touched is an iPad. */
function touched(facts: DeviceFacts, touch: boolean | null): Pick<DeviceFacts, 'device' | 'os'> {
  if (touch && facts.os.name === 'macOS' && facts.device.name === 'Apple Mac')
    return {
      device: { name: 'Apple iPad', brand: 'Apple', model: 'iPad', type: 'tablet', touch: true },
      os: { name: 'iPadOS', version: '' },
    }
  return { device: { ...facts.device, touch: touch ?? facts.device.touch }, os: facts.os }
}

function factsOf(agent: Loose, device: DocumentOptions['lookups']['device']): DeviceFacts {
  if (agent.userAgent || agent.clientHints)
    return device({ userAgent: agent.userAgent ?? null, clientHints: agent.clientHints ?? null })
  return {
    device: { name: 'Other', brand: null, model: null, type: null, touch: false },
    os: { name: 'Other', version: '' },
    app: { name: 'Other', version: '', bot: false, bot_reasons: [] },
  }
}

/** Whether any of these fields says something. */
const tells = (group: Loose, ...fields: string[]): boolean =>
  fields.some(field => group?.[field] != null && group[field] !== '')

const sizeOf = (size: Loose): string | null =>
  size?.width == null || size?.height == null ? null : `${Math.round(size.width)}x${Math.round(size.height)}`

function geoOf(given: Loose) {
  const [latitude, longitude] = [degrees(given.latitude, 90), degrees(given.longitude, 180)]
  return {
    country: { name: given.country?.name || null, code: given.country?.code || null },
    city: given.city || null,
    county: given.county || null,
    region: given.region || null,
    postal: given.postal || null,
    latitude,
    longitude,
    location: latitude === null || longitude === null ? null : `${latitude},${longitude}`,
    time_zone: given.time_zone || null,
    asn: given.asn ?? null,
    as_org: given.as_org || null,
  }
}

function degrees(value: Loose, limit: number): string | null {
  if (value == null || (typeof value === 'string' && !/^[+-]?[0-9]+(?:\.[0-9]+)?$/.test(value))) return null
  return Math.abs(Number(value)) <= limit ? String(Number(value)) : null
}

function pagesOf(events: readonly OracleEvent[]) {
  const views = events.filter(({ raw }) => raw.type === 'page-view' && raw.context?.page?.url)
  const pageOf = (view: OracleEvent | undefined) => {
    const { url = null, title = null } = view?.raw.context.page ?? {}
    const path = pathOf(url)
    return { url, host: hostOf(url), path, title }
  }
  return { entry: pageOf(views[0]), exit: pageOf(views.at(-1)) }
}

/** Per key the latest value; a key whose latest value is null is gone. At most 512 keys, the first by name. */
function keyed(events: readonly OracleEvent[], field: 'properties' | 'traits' | 'aux') {
  const latest = new Map<string, unknown>()
  for (const { raw } of events)
    for (const [key, value] of Object.entries(raw[field] ?? {})) latest.set(key, value)
  const kept = [...latest.keys()].sort().slice(0, 512)
  return Object.fromEntries(kept.map(key => [key, latest.get(key)]).filter(([, value]) => value !== null))
}

/** A path alone has no host. */
function pathOf(url: string | null): string | null {
  if (url?.startsWith('/') && !/^\/[/\\]/.test(url)) return new URL(url, 'https://any.example').pathname
  return hostOf(url) === null ? null : new URL(url as string).pathname
}

function isConversion(raw: Loose, { conversionTypes, conversionPaths }: DocumentOptions): boolean {
  if (conversionTypes.includes(raw.type)) return true
  const path = raw.type === 'page-view' ? pathOf(raw.context?.page?.url ?? null) : null
  const expression = (pattern: string) =>
    new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 's')
  return path !== null && conversionPaths.some(pattern => expression(pattern).test(path))
}

/** Gaps of more than half a minute do not count; nor does a session of more than twelve hours. */
function engagedSeconds(events: readonly OracleEvent[]): number | null {
  const times = events.map(({ time }) => time)
  const gaps = times.slice(1).map((time, i) => time - times[i]!)
  if (gaps.reduce((sum, gap) => sum + gap, 0) > 12 * 3_600_000) return null
  return Math.floor(gaps.filter(gap => gap <= 30_000).reduce((sum, gap) => sum + gap, 0) / 1000)
}

function activityOf(events: readonly OracleEvent[], options: DocumentOptions) {
  const count = (is: (raw: Loose) => unknown) => events.filter(({ raw }) => is(raw)).length
  const pageViews = count(raw => raw.type === 'page-view')
  const converting = events.filter(({ raw }) => isConversion(raw, options))
  const conversions = converting.length
  const millionths = converting.reduce((sum, { raw }) => sum + BigInt(Math.round((raw.value ?? 0) * 1e6)), 0n)
  return {
    events: events.length,
    page_views: pageViews,
    searches: count(raw => raw.type === 'search' || raw.query),
    conversions,
    conversion_value: Number(millionths) / 1e6,
    bounced: pageViews <= 1 && conversions === 0 ? 1 : 0,
    engaged_seconds: engagedSeconds(events),
  }
}
