// What the demo shows: the made-up shop, with more of what is rare there: phones that were out of reach, whose events come
// when their session seemed to be over, and records that are no events. A quieter week comes before.
import { generateDefaults, generateEvents } from './generate.ts'
import { type Random, randomOf } from './generate-random.ts'
import type { GeneratedEvent } from './generate-visit.ts'

export type DemoTraffic = {
  /** Events per second of event time. */
  readonly rate: number
  /** Share of late events. */
  readonly late: number
  /** How many days come before. */
  readonly historyDays: number
  readonly seed: number
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** One record in so many is no event. */
const spoiltEvery = 120
const maxLateMs = 20 * minute
/** Tabs that come back are few where there are more: so few fit a screen. */
const tabsPerRate = 150
const fewestTabs = 24
/** A week of more would be read for long. */
const highestHistoryRate = 0.2
/** How many of a hundred visitors are awake, by the hour. */
const awake = [9, 6, 4, 3, 3, 5, 12, 24, 38, 50, 57, 60, 62, 58, 55, 54, 56, 62, 74, 88, 96, 84, 52, 24]

/** When the live part begins, epoch ms: a Monday morning, whose week has lain before. */
export const liveFrom = generateDefaults.startMs

/** Lines in order of arrival, without end. */
export function* demoLines(traffic: DemoTraffic): Generator<string> {
  const { rate, late, seed } = traffic
  yield* written(historyOf(traffic), late, seed + 1)
  const shop = { ...generateDefaults, seed, rate, tabs: tabsOf(rate), late, maxLateMs }
  yield* written(generateEvents({ ...shop, startMs: liveFrom, count: Infinity }), late, seed)
}

function* written(events: Iterable<GeneratedEvent>, late: number, seed: number): Generator<string> {
  const random = randomOf(seed, 0x5eed)
  for (const event of outOfReach(events, random, late)) {
    yield JSON.stringify(event)
    if (random.below(spoiltEvery) === 0) yield random.pick(spoilt)(event)
  }
}

function* historyOf({ rate: liveRate, late, historyDays, seed }: DemoTraffic): Generator<GeneratedEvent> {
  const rate = Math.min(liveRate, highestHistoryRate)
  const startMs = liveFrom - historyDays * day
  const count = Math.floor((historyDays * day * rate) / 1000)
  const shop = { ...generateDefaults, seed: seed + 1, rate, tabs: 20 * tabsOf(rate), late, maxLateMs }
  for (const event of generateEvents({ ...shop, startMs, count }))
    if (event.receivedAt < liveFrom && isAwake(event)) yield event
}

const tabsOf = (rate: number) => Math.max(fewestTabs, Math.round(rate * tabsPerRate))

/** By the tab, so that a visit is there as a whole, but for those that last from one hour into the next. */
function isAwake({ tabId, receivedAt }: GeneratedEvent): boolean {
  const date = new Date(receivedAt)
  const share = (awake[date.getUTCHours()] as number) * (date.getUTCDay() % 6 === 0 ? 1.25 : 1)
  return Number.parseInt(tabId.slice(0, 6), 16) % 120 < share
}

type Held = { readonly until: number; readonly last: number; readonly events: GeneratedEvent[] }

/**
 * Phones that are out of reach for a while: what a tab does from some minute of silence on is held back until more than a
 * gap has passed, and comes when the tab has been seen again, or seemed to be gone.
 */
function* outOfReach(
  events: Iterable<GeneratedEvent>,
  random: Random,
  late: number,
): Generator<GeneratedEvent> {
  const held = new Map<string, Held>()
  const seen = new Map<string, number>()
  for (const event of events) {
    const { tabId, receivedAt } = event
    for (const [tab, { until, events: waiting }] of held) {
      if (until > receivedAt) continue
      held.delete(tab)
      for (const one of waiting) yield delayed(one, receivedAt)
    }
    const last = seen.get(tabId) ?? receivedAt
    const away = held.get(tabId)
    if (away !== undefined && receivedAt - away.last < 10.5 * minute) {
      away.events.push(event)
      continue
    }
    const silence = receivedAt - last
    const isCandidate = silence > 1.5 * minute && silence < 10 * minute && away === undefined
    if (isCandidate && held.size < maxHeld && random.chance(Math.min(0.9, late * 12))) {
      held.set(tabId, { until: receivedAt + (12 + random.below(8)) * minute, last, events: [event] })
      continue
    }
    seen.delete(tabId)
    seen.set(tabId, receivedAt)
    if (seen.size > maxSeen) seen.delete(seen.keys().next().value as string)
    yield event
  }
  // At the end of the week all of them are back.
  for (const { until, events: waiting } of held.values())
    for (const one of waiting) yield delayed(one, Math.min(until, liveFrom))
}

const maxHeld = 500
const maxSeen = 100_000

/** A client clock that is wrong stays as wrong as it is. */
function delayed(event: GeneratedEvent, receivedAt: number): GeneratedEvent {
  const { sentAt } = event
  const sent = typeof sentAt === 'number' ? { sentAt: sentAt + receivedAt - event.receivedAt } : {}
  return { ...event, receivedAt, ...sent }
}

/** What producers get wrong. */
const spoilt: readonly ((event: GeneratedEvent) => string)[] = [
  event => JSON.stringify(event).slice(0, -40),
  ({ tabId, ...event }) => JSON.stringify(event),
  event => JSON.stringify({ ...event, type: 404 }),
  event => JSON.stringify({ ...event, timestamp: 'yesterday' }),
  event => JSON.stringify({ ...event, timestamp: '2025-06-01T09:00:00Z', sentAt: undefined }),
  () => '<html><body>502 Bad Gateway</body></html>',
]
