// Deterministic raw events of a made-up shop, for trials and benchmarks. One seed gives the same bytes on every
// machine: whole-number arithmetic, no clock, no locale. Memory is bounded by the tabs and by what is under way.
import { type Random, randomOf } from './generate-random.ts'
import { type GeneratedEvent, newVisit, nextEvent, type Visit } from './generate-visit.ts'

export type GenerateOptions = {
  /** Any whole number. */
  readonly seed: number
  /** How many events, repeats included. */
  readonly count: number
  /** Arrival of the first event, epoch ms. */
  readonly startMs: number
  /** Events per second of event time. A visit's events are some 25 s apart at any rate. */
  readonly rate: number
  /**
   * How many tabs are open at a time. One whose turn comes within a gap of its last visit is closed, and a new one
   * opens in its place; from some 150 × `rate` tabs on that is rare, and tabs have several sessions.
   */
  readonly tabs: number
  /** Share of events that are delivered later than they happened, by one second up to `maxLateMs`. */
  readonly late: number
  readonly maxLateMs: number
  /** Share of events that are delivered much later still, by up to `maxVeryLateMs`. */
  readonly veryLate: number
  readonly maxVeryLateMs: number
  /** Share of events that repeat an earlier one, byte for byte. */
  readonly duplicates: number
}

export const generateDefaults: GenerateOptions = {
  seed: 1,
  count: 10_000,
  startMs: Date.UTC(2026, 0, 5, 8),
  rate: 100,
  tabs: 20_000,
  late: 0.03,
  maxLateMs: 4 * 60_000,
  veryLate: 0,
  maxVeryLateMs: 6 * 3_600_000,
  duplicates: 0.01,
}

const gapMs = 600_000
/** Mean time between two events of a busy visit: as many visits are busy at a time as `rate` needs. */
const paceSeconds = 25
/** How long an event that is not late is on its way, ms. */
const latencyMs = { from: 20, to: 500 }
/** A repeat comes within seconds or minutes: one event in so many takes the place of a repeatable one. */
const repeatableEvery = 16
const repeatables = 512

/** Yields the events in order of arrival; each carries `receivedAt`, so that a replay decides as the first run. */
export function* generateEvents(options: GenerateOptions): Generator<GeneratedEvent> {
  const { count, startMs, rate, duplicates } = options
  const random = randomOf(options.seed)
  const shop = openShop(random, options)
  const underWay = timeQueue<GeneratedEvent>()
  const delivered: GeneratedEvent[] = []
  const deliver = (event: GeneratedEvent): GeneratedEvent => {
    if (delivered.length < repeatables) delivered.push(event)
    else if (random.below(repeatableEvery) === 0) delivered[random.below(repeatables)] = event
    return event
  }
  for (let i = 0; i < count; i++) {
    const now = startMs + Math.floor((i * 1000) / rate)
    while (underWay.hasUntil(now)) yield deliver(underWay.take())
    if (delivered.length > 0 && random.chance(duplicates)) {
      yield random.pick(delivered)
      continue
    }
    const { visit, time } = nextMove(shop, now)
    const latenessMs = drawLateness(random, options)
    const receivedAt = Math.max(now, time + latenessMs)
    const event = nextEvent(random, visit, time, receivedAt)
    if (receivedAt === now) yield deliver(event)
    else underWay.add(receivedAt, event)
  }
  while (underWay.hasUntil(Infinity)) yield deliver(underWay.take())
}

/** The same as lines of JSON. */
export function* generateLines(options: GenerateOptions): Generator<string> {
  for (const event of generateEvents(options)) yield JSON.stringify(event)
}

function drawLateness(random: Random, { late, maxLateMs, veryLate, maxVeryLateMs }: GenerateOptions): number {
  if (random.chance(veryLate)) return maxLateMs + random.below(Math.max(1, maxVeryLateMs - maxLateMs))
  return random.chance(late) ? 1000 + random.below(Math.max(1, maxLateMs - 1000)) : 0
}

/**
 * Who does something next. Of all tabs some have a busy visit, some a resting one that goes on at a set time, the
 * others wait in line for their next visit. Picking at random among the busy ones gives each the same pace.
 */
type Shop = {
  readonly random: Random
  readonly seed: number
  /** How many visits are to be busy. */
  readonly wanted: number
  readonly idle: ReturnType<typeof slotLine>
  readonly generations: Uint32Array
  readonly leftAt: Float64Array
  readonly busy: Visit[]
  readonly resting: ReturnType<typeof timeQueue<Visit>>
}

function openShop(random: Random, { seed, rate, tabs }: GenerateOptions): Shop {
  const shop: Shop = {
    random,
    seed,
    wanted: Math.min(tabs, Math.max(1, Math.round(rate * paceSeconds))),
    idle: slotLine(tabs),
    generations: new Uint32Array(tabs),
    leftAt: new Float64Array(tabs).fill(-Infinity),
    busy: [],
    resting: timeQueue(),
  }
  refill(shop, -Infinity)
  return shop
}

/** The visit and the event time (epoch ms) of what happens next. */
function nextMove(shop: Shop, now: number): { visit: Visit; time: number } {
  return shop.resting.hasUntil(now - latencyMs.from) ? rested(shop, now) : busied(shop, now)
}

function busied(shop: Shop, now: number): { visit: Visit; time: number } {
  const { random, busy, idle } = shop
  const at = random.below(busy.length)
  const visit = busy[at] as Visit
  const time = now - latencyMs.from - random.below(latencyMs.to - latencyMs.from)
  const fate = random.below(100)
  if (fate < 14) {
    busy[at] = busy.at(-1) as Visit
    busy.pop()
    if (fate < 12 || idle.size() === 0) leave(shop, visit, now)
    else shop.resting.add(time + drawRest(random), visit)
    refill(shop, now)
  }
  return { visit, time }
}

function rested(shop: Shop, now: number): { visit: Visit; time: number } {
  const { random, resting } = shop
  const time = resting.earliest()
  const visit = resting.take()
  const fate = random.below(100)
  if (fate < 12) leave(shop, visit, now)
  else if (fate < 60) resting.add(time + drawRest(random), visit)
  else shop.busy.push(visit)
  return { visit, time }
}

function leave({ leftAt, idle }: Shop, visit: Visit, now: number): void {
  leftAt[visit.slot] = now
  idle.put(visit.slot)
}

function refill({ random, seed, wanted, idle, generations, leftAt, busy }: Shop, now: number): void {
  while (busy.length < wanted && idle.size() > 0) {
    const slot = idle.take()
    const isTooSoon = now - (leftAt[slot] as number) < gapMs * 1.1
    if (isTooSoon || random.below(8) === 0) generations[slot] = (generations[slot] as number) + 1
    busy.push(newVisit(random, randomOf(seed, slot + 1, generations[slot]), slot))
  }
}

/** Half of all rests lie around the gap, some of them exactly on its edge. */
function drawRest(random: Random): number {
  const kind = random.below(10)
  if (kind < 5) return 60_000 + random.below(480_000)
  if (kind < 7) return gapMs - 1 + random.below(3)
  return gapMs - 60_000 + random.below(120_000)
}

/** All slots, first come, first served. */
function slotLine(size: number) {
  const slots = new Uint32Array(size).map((_, i) => i)
  let head = 0
  let waiting = size
  return {
    size: (): number => waiting,
    take: (): number => {
      const slot = slots[head] as number
      head = (head + 1) % size
      waiting--
      return slot
    },
    put: (slot: number): void => {
      slots[(head + waiting) % size] = slot
      waiting++
    },
  }
}

/** A binary heap, the earliest on top. */
function timeQueue<T>() {
  const heap: { readonly time: number; readonly item: T }[] = []
  const earliest = (): number => heap[0]?.time ?? Infinity
  const isBefore = (a: number, b: number) => (heap[a]?.time ?? Infinity) < (heap[b]?.time ?? Infinity)
  const swap = (a: number, b: number): number => {
    const entry = heap[a] as (typeof heap)[number]
    heap[a] = heap[b] as (typeof heap)[number]
    heap[b] = entry
    return b
  }
  return {
    earliest,
    hasUntil: (time: number): boolean => heap.length > 0 && earliest() <= time,
    add: (time: number, item: T): void => {
      let at = heap.push({ time, item }) - 1
      while (at > 0 && isBefore(at, (at - 1) >> 1)) at = swap(at, (at - 1) >> 1)
    },
    take: (): T => {
      const { item } = heap[0] as (typeof heap)[number]
      const last = heap.pop() as (typeof heap)[number]
      if (heap.length > 0) heap[0] = last
      for (let at = 0; ; ) {
        const child = isBefore(2 * at + 2, 2 * at + 1) ? 2 * at + 2 : 2 * at + 1
        if (!isBefore(child, at)) return item
        at = swap(at, child)
      }
    },
  }
}
