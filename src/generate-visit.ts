// The visitors of the made-up shop, and what they do.
import {
  type AgentKind,
  type Arrival,
  agentParts,
  agentShares,
  agents,
  arrivals,
  cart,
  home,
  type Page,
  type Place,
  pages,
  places,
  queries,
  screens,
  thanks,
} from './generate-data.ts'
import type { Random } from './generate-random.ts'

/** A raw event; what else it carries depends on its type. */
export type GeneratedEvent = {
  readonly eventId: string
  readonly tabId: string
  readonly type: string
  readonly timestamp: string | number
  readonly receivedAt: number
  readonly [field: string]: unknown
}

type Tab = {
  readonly id: string
  readonly kind: AgentKind
  readonly agent: string
  readonly place: Place
  readonly timeZone: string
  readonly address: string
  readonly screen: readonly [width: number, height: number, colorDepth: number]
  readonly profile: object | null
  /** How far the client's clock is ahead, ms. */
  readonly clockAheadMs: number
}

/** One burst of activity in a tab. */
export type Visit = {
  readonly slot: number
  readonly tab: Tab
  readonly address: string
  readonly arrival: Arrival
  events: number
  page: Page
  referrer: string | undefined
}

const kinds = spread(agentShares)

/** Each item as many times as its weight, to be drawn from. */
function spread<T>(weighted: readonly (readonly [item: T, weight: number])[]): readonly T[] {
  return weighted.flatMap(([item, weight]) => Array<T>(weight).fill(item))
}

/** A visit in a tab. `tabRandom` makes the same tab anew each time, so a million idle tabs cost no memory. */
export function newVisit(random: Random, tabRandom: Random, slot: number): Visit {
  const tab = tabOf(tabRandom)
  // Phones change networks, and households get new addresses.
  const address = random.chance(0.6) ? addressOf(random, tab.place) : tab.address
  const arrival = random.pickSkewed(arrivals)
  return { slot, tab, address, arrival, events: 0, page: home, referrer: undefined }
}

function tabOf(random: Random): Tab {
  const kind = random.pick(kinds)
  const place = random.pickSkewed(places)
  const person = kind !== 'bot' && random.below(3) === 0 ? 1 + random.below(900_000) : null
  return {
    id: random.hex() + random.hex().slice(4),
    kind,
    agent: agentOf(random, kind),
    place,
    timeZone: random.pickSkewed(place.timeZones),
    address: addressOf(random, place),
    screen: random.pickSkewed(screens[kind]),
    profile: person === null ? null : profileOf(person),
    clockAheadMs: kind !== 'bot' && random.below(40) === 0 ? (1 + random.below(7200)) * 1000 - 3_600_000 : 0,
  }
}

function profileOf(person: number): object {
  return {
    id: `customer-${person}`,
    ...(person % 4 === 0 && { primaryId: `account-${person >> 2}` }),
    ...(person % 3 === 0 && { metadata: { tier: person % 2 === 0 ? 'plus' : 'basic' } }),
  }
}

function agentOf(random: Random, kind: AgentKind): string {
  const filled = new Map<string, string>()
  const fill = (name: string): string => {
    const value = filled.get(name) ?? random.pickSkewed(agentParts[name] as readonly string[])
    filled.set(name, value)
    return value
  }
  return random
    .pickSkewed(agents[kind])
    .replace(/\{(\w+)\}/g, (_, name: string) =>
      name === 'iosDotted' ? fill('ios').replaceAll('_', '.') : fill(name),
    )
}

/** Mostly IPv4, one in twelve IPv6. */
function addressOf(random: Random, { ipv4, ipv6 }: Place): string {
  if (random.below(12) === 0)
    return `${ipv6}${(1 + random.below(65535)).toString(16)}::${(1 + random.below(65535)).toString(16)}`
  const [first, from, to] = random.pick(ipv4)
  return `${first}.${from + random.below(to - from + 1)}.${random.below(256)}.${1 + random.below(254)}`
}

/** The visit's next event, which happened at `time` and reaches the collector at `receivedAt` (epoch ms). */
export function nextEvent(random: Random, visit: Visit, time: number, receivedAt: number): GeneratedEvent {
  const { tab } = visit
  const isLanding = visit.events++ === 0
  const [type, act] = isLanding || tab.kind === 'bot' ? view : random.pick(actions)
  const client = time + tab.clockAheadMs
  const event: Draft = {
    eventId: `${random.hex()}${random.hex()}`,
    tabId: tab.id,
    type,
    // Browsers write ISO 8601, the shop's app a number.
    timestamp: tab.kind === 'app' ? client : new Date(client).toISOString(),
    receivedAt,
  }
  if (tab.clockAheadMs !== 0) event.sentAt = receivedAt + tab.clockAheadMs
  act(random, visit, event)
  event.context = isLanding ? landing(visit) : contextOf(visit, type === 'page-view')
  return event
}

/** Filled field by field: spreading takes twice the time. */
type Draft = GeneratedEvent & { [field: string]: unknown }

/** Only a page view tells more than where it happened. */
function contextOf({ tab, address: ip, page: { url, title }, referrer }: Visit, isView: boolean): object {
  const userAgent = tab.agent
  if (!isView) return { ip, userAgent, page: { url } }
  const page = referrer === undefined ? { url, title } : { url, title, referrer }
  return tab.kind === 'bot' ? { ip, userAgent, page } : { ip, userAgent, locale: tab.place.locale, page }
}

/** What only a visit's first event tells. */
function landing(visit: Visit): object {
  const { tab, arrival } = visit
  const context = { ...contextOf(visit, true), page: landingPage(visit) }
  if (tab.kind === 'bot') return context
  const [width, height, colorDepth] = tab.screen
  const isHandheld = ['phone', 'tablet', 'app'].includes(tab.kind)
  return {
    ...context,
    timeZone: tab.timeZone,
    screen: {
      width,
      height,
      colorDepth,
      ...(isHandheld && { orientation: 'portrait-primary', touch: true }),
    },
    viewport: { width, height: height - 120 },
    ...(tab.kind === 'app' && { app: { type: 'native', name: 'Northpath', version: '6.14.0' } }),
    ...(arrival.utm && { utm: arrival.utm }),
    ...(arrival.channel && { channel: arrival.channel }),
    // What a frozen user agent no longer tells; few ask for it.
    ...(tab.agent.includes('Android 10; K') && {
      clientHints: { platform: 'Android', platformVersion: '14.0.0', model: 'SM-A546B', mobile: true },
    }),
  }
}

function landingPage({ arrival, tab, page }: Visit): object {
  const click = arrival.clickId && `${arrival.clickId}=Cj0KCQiA${tab.id}`
  const parameters = [arrival.parameters, click].filter(Boolean).join('&')
  const url = parameters ? `${page.url}?${parameters}` : page.url
  return { url, title: page.title, ...(arrival.referrer && { referrer: arrival.referrer }) }
}

type Action = readonly [type: string, act: (random: Random, visit: Visit, event: Draft) => void]

function move(visit: Visit, page: Page): void {
  // Two of three moves are within a single-page application, where a tracker sees no referrer.
  visit.referrer = visit.events % 3 === 0 ? visit.page.url : undefined
  visit.page = page
}

function tellProfile({ tab: { profile } }: Visit, event: Draft): void {
  if (profile !== null) event.profile = profile
}

const view: Action = [
  'page-view',
  (random, visit, event) => {
    const isHome = visit.events === 1 && random.below(3) === 0
    move(visit, isHome ? home : random.pickSkewed(pages))
    if (random.below(4) === 0) tellProfile(visit, event)
  },
]
const search: Action = [
  'search',
  (random, _, event) => {
    event.query = random.pickSkewed(queries)
  },
]
const click: Action = [
  'click',
  (random, _, event) => {
    event.properties = { element: random.pick(['menu', 'image', 'reviews', 'filter', 'size']) }
  },
]
const addToCart: Action = [
  'add-to-cart',
  (random, _, event) => {
    const coupon = random.below(10) === 0 ? 'WELCOME10' : null
    event.properties = { cart_items: 1 + random.below(6), coupon }
    event.aux = { experiment: random.pick(['cart-a', 'cart-b']) }
  },
]
const convert: Action = [
  'conversion',
  (random, visit, event) => {
    move(visit, random.below(10) === 0 ? cart : thanks)
    event.value = (900 + random.below(30_000)) / 100
    event.properties = { order: `N-${random.hex()}`, cart_items: null }
    tellProfile(visit, event)
  },
]
const identify: Action = [
  'identify',
  (random, visit, event) => {
    const newsletter = random.below(2) === 0 ? true : null
    event.traits = { newsletter, plan: random.pick(['free', 'plus', 'pro']) }
    tellProfile(visit, event)
  },
]

const actions = spread([
  [view, 60],
  [search, 14],
  [click, 14],
  [addToCart, 8],
  [identify, 3],
  [convert, 1],
])
