// Where a session came from: pure functions over what its entry event says.
import { boundedCache } from '../bounded-cache.ts'
import { withFlatTexts } from '../flat-texts.ts'
import type { JsonObject } from '../json.ts'
import type { EventContext } from '../raw-event.ts'
import type { Stamp, Stamped } from '../stamp.ts'
import { channelOf, direct, type Traffic } from './channel.ts'
import clickIds from './data/click-ids.json' with { type: 'json' }
import paymentProviders from './data/payment-providers.json' with { type: 'json' }
import { bareHost, isWithin, type ReferringSite, referringSite, type SiteClass } from './referring-sites.ts'

export type Utm = {
  readonly source: string | null
  readonly medium: string | null
  readonly campaign: string | null
  readonly term: string | null
  readonly content: string | null
}
export type Page = Stamped & { readonly url: string; readonly title: string | null }
export type ClickId = { readonly name: string; readonly value: string }

/** `internal`: the same site. `excluded`: a payment page and its like, which is no origin. */
export type ReferrerClass = SiteClass | 'internal' | 'excluded' | 'other'

export type Attribution = {
  readonly utm: Utm
  readonly clickId: ClickId | null
  readonly referrer: { readonly class: ReferrerClass | null; readonly name: string | null }
  /** Empty where nothing tells: the entry event knows no page. */
  readonly channel: string
}

/** What the entry event tells of how the visitor came. */
export type Landing = {
  readonly url: string | null
  readonly referrer: string | null
  readonly channel: string | null
  readonly utm: Utm | null
}
/** What a session keeps of its entry event. `landing` is attributed once, by `enrichSession`, and then let go. */
export type Entry = Stamped & {
  readonly referrer: string | null
  readonly aux: JsonObject | null
  landing: Landing | null
  attribution: Attribution | undefined
}

export type AttributionSettings = {
  /** Hosts of the sites themselves, with all below them, beside the landing page's own. */
  readonly internalDomains: readonly string[]
  /** Hosts, with all below them, that interrupt a visit and begin none. */
  readonly excludedReferrers: readonly string[]
}

export type AttributionLookup = (landing: Landing) => Attribution

export const noUtm: Utm = { source: null, medium: null, campaign: null, term: null, content: null }
export const commonlyExcluded: readonly string[] = paymentProviders.hosts

const maxValueLength = 512

export function entryOf(stamp: Stamp, context: EventContext | null | undefined): Entry {
  const landing = landingOf(context)
  return { stamp, referrer: landing.referrer, aux: context?.aux ?? null, landing, attribution: undefined }
}

export function landingOf(context: EventContext | null | undefined): Landing {
  const referrer = context?.page?.referrer
  return {
    url: context?.page?.url || null,
    // Access logs write a hyphen for a header that was not sent.
    referrer: referrer && referrer !== '-' ? referrer : null,
    channel: context?.channel || null,
    utm: explicitUtm(context?.utm),
  }
}

export function attributionLookup({
  internalDomains = [],
  excludedReferrers = commonlyExcluded,
}: Partial<AttributionSettings> = {}): AttributionLookup {
  const settings = { internalDomains, excludedReferrers }
  return landing => attribute(landing, settings)
}

/** Explicit utm wins over the landing URL's parameters, as a whole; an explicit channel over all that is derived. */
function attribute(landing: Landing, settings: AttributionSettings): Attribution {
  const parameters = landing.url === null ? null : parametersOf(landing.url)
  const utm = landing.utm ?? (parameters === null ? noUtm : utmOf(parameters))
  const clickId = parameters === null ? null : clickIdOf(parameters)
  const referrer = landing.referrer === null ? null : URL.parse(landing.referrer)
  const site = referrer?.host ? siteOf(referrer, landing.url, settings) : { class: null, name: null }
  const isKnown = landing.url !== null || site.class !== null || landing.utm !== null
  const origin = { utm, clickId, site, host: referrer === null ? '' : bareHost(referrer) }
  const channel = landing.channel ?? (isKnown ? channelOf(trafficOf(origin)) : '')
  const attribution = { utm, clickId, referrer: site, channel }
  return utm === noUtm && clickId === null ? shared(attribution) : withFlatTexts(attribution)
}

const commonAttributions = boundedCache<string, Attribution>(1024)

/** Most sessions have no campaign, and one of few origins: one object for all of them. */
function shared(attribution: Attribution): Attribution {
  const { referrer, channel } = attribution
  const key = `${referrer.class}\n${referrer.name}\n${channel}`
  const common = commonAttributions.get(key)
  if (common === undefined) commonAttributions.set(key, attribution)
  return common ?? attribution
}

export type HostAndPath = { readonly host: string | null; readonly path: string | null }

const nowhere: HostAndPath = { host: null, path: null }
// A site has few pages and referrers, and each document names three.
const known = boundedCache<string, HostAndPath>(4096)
const maxKnownLength = 512

/** Host and path of a URL, or of a path alone; null where it has none. Hosts are in lower case, without port 80 or 443. */
export function hostAndPath(url: string | null): HostAndPath {
  if (url === null) return nowhere
  if (url.length > maxKnownLength) return parsedHostAndPath(url)
  let parts = known.get(url)
  if (parts === undefined) {
    parts = withFlatTexts(parsedHostAndPath(url))
    known.set(url, parts)
  }
  return parts
}

function parsedHostAndPath(url: string): HostAndPath {
  if (/^\/(?![/\\])/.test(url)) return { host: null, path: URL.parse(url, 'http://a')?.pathname ?? null }
  const parsed = URL.parse(url)
  return parsed === null || parsed.host === '' ? nowhere : { host: parsed.host, path: parsed.pathname }
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
  for (const { name } of clickIds.parameters) {
    const value = parameters.get(name)
    if (value) return { name, value: value.slice(0, maxValueLength) }
  }
  return null
}

type Site = Attribution['referrer']

function siteOf(referrer: URL, landingUrl: string | null, settings: AttributionSettings): Site {
  const host = bareHost(referrer)
  const site = referringSite(referrer)
  if (isInternal(host, landingUrl, site, settings.internalDomains)) return { class: 'internal', name: null }
  if (settings.excludedReferrers.some(domain => isWithin(host, domain)))
    return { class: 'excluded', name: null }
  return site ?? { class: 'other', name: null }
}

function isInternal(
  host: string,
  landingUrl: string | null,
  site: ReferringSite | null,
  domains: readonly string[],
): boolean {
  if (domains.some(domain => isWithin(host, domain))) return true
  const landing = landingUrl === null ? null : URL.parse(landingUrl)
  if (!landing?.host) return false
  const own = bareHost(landing)
  // From shop.example to blog.shop.example; but from tumblr.com to anyone.tumblr.com is from a network to a site.
  return isWithin(host, own) || (site === null && isWithin(own, host))
}

type Origin = {
  readonly utm: Utm
  readonly clickId: ClickId | null
  readonly site: Site
  readonly host: string
}

/** In the words of campaign parameters: what these say, then what the click id does, then the referrer. */
function trafficOf({ utm, clickId, site, host }: Origin): Traffic {
  const click = clickIds.parameters.find(({ name }) => name === clickId?.name)
  const isReferred = site.class !== null && site.class !== 'internal' && site.class !== 'excluded'
  const isTagged = utm.source !== null || utm.medium !== null || utm.campaign !== null
  if (!isTagged && click === undefined && !isReferred) return direct
  const referredBy = isReferred ? host : ''
  return {
    source: utm.source ?? click?.source ?? referredBy,
    medium: utm.medium ?? click?.medium ?? (isTagged || click !== undefined ? '' : mediumOf(site.class)),
    campaign: utm.campaign ?? '',
  }
}

/** As Google Analytics does; a link out of a web mail is one in a mail. */
function mediumOf(siteClass: ReferrerClass | null): string {
  if (siteClass === 'search') return 'organic'
  return siteClass === 'e-mail' ? 'email' : 'referral'
}
