// Where a session came from, and which pages it began and ended with. Pure functions over URLs.
import type { JsonObject } from '../json.ts'
import type { EventContext } from '../raw-event.ts'

export type Utm = {
  readonly source: string | null
  readonly medium: string | null
  readonly campaign: string | null
  readonly term: string | null
  readonly content: string | null
}
export type ClickId = { readonly name: string; readonly value: string }

/** What the landing URL tells; worked out once, by `enrichSession`. */
export type Attribution = { readonly utm: Utm; readonly clickId: ClickId | null }

/** The entry event's part in attribution. `landingUrl` is let go once `attribution` is known. */
export type Entry = {
  readonly referrer: string | null
  readonly channel: string | null
  readonly aux: JsonObject | null
  readonly utm: Utm | null
  landingUrl: string | null
  attribution: Attribution | undefined
}

export type Page = { readonly url: string; readonly title: string | null }

export const noUtm: Utm = { source: null, medium: null, campaign: null, term: null, content: null }

/** Parameters by which advertisers mark a click, most telling first. */
const clickIdNames = [
  'gclid',
  'gbraid',
  'wbraid',
  'dclid',
  'fbclid',
  'msclkid',
  'ttclid',
  'twclid',
  'li_fat_id',
  'epik',
]
const maxValueLength = 512

export function entryOf(context: EventContext | null | undefined): Entry {
  return {
    referrer: context?.page?.referrer || null,
    channel: context?.channel || null,
    aux: context?.aux ?? null,
    utm: explicitUtm(context?.utm),
    landingUrl: context?.page?.url || null,
    attribution: undefined,
  }
}

/** Explicit utm wins over the landing URL's parameters, as a whole. */
export function attribute(entry: Entry): Attribution {
  const parameters = entry.landingUrl === null ? null : parametersOf(entry.landingUrl)
  if (parameters === null) return { utm: entry.utm ?? noUtm, clickId: null }
  return { utm: entry.utm ?? utmOf(parameters), clickId: clickIdOf(parameters) }
}

/** Host and path of a URL; null where it is not an absolute one. Hosts are in lower case, without port 80 or 443. */
export function hostAndPath(url: string | null): { host: string | null; path: string | null } {
  const parsed = url === null ? null : URL.parse(url)
  if (parsed === null || parsed.host === '') return { host: null, path: null }
  return { host: parsed.host, path: parsed.pathname }
}

function explicitUtm(utm: EventContext['utm']): Utm | null {
  if (!utm) return null
  const known = {
    source: utm.source || null,
    medium: utm.medium || null,
    campaign: utm.campaign || null,
    term: utm.term || null,
    content: utm.content || null,
  }
  return Object.values(known).some(value => value !== null) ? known : null
}

function parametersOf(url: string): URLSearchParams | null {
  const query = url.indexOf('?')
  if (query === -1) return null
  const hash = url.indexOf('#', query)
  return new URLSearchParams(url.slice(query + 1, hash === -1 ? undefined : hash))
}

function utmOf(parameters: URLSearchParams): Utm {
  const read = (name: string) => parameters.get(`utm_${name}`)?.slice(0, maxValueLength) || null
  return {
    source: read('source'),
    medium: read('medium'),
    campaign: read('campaign'),
    term: read('term'),
    content: read('content'),
  }
}

function clickIdOf(parameters: URLSearchParams): ClickId | null {
  for (const name of clickIdNames) {
    const value = parameters.get(name)
    if (value) return { name, value: value.slice(0, maxValueLength) }
  }
  return null
}
