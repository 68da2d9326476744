import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { decode } from '../../src/core/decode.ts'
import { channelOf } from '../../src/core/enrichment/channel.ts'
import { unknownDevice } from '../../src/core/enrichment/device.ts'
import type { TimedEvent } from '../../src/core/event-time.ts'
import { generateDefaults, generateEvents, generateLines } from '../../src/generate.ts'
import { defaultOracleOptions, oracle } from '../support/oracle.ts'
import { testGeo } from '../support/test-lookups.ts'

const linesOf = (options: Partial<typeof generateDefaults> = {}) => [
  ...generateLines({ ...generateDefaults, ...options }),
]

function decoded(line: string): TimedEvent {
  const outcome = decode({ value: Buffer.from(line), timestamp: null }, 30 * 86_400_000)
  assert.equal(outcome.kind, 'ok', line)
  return (outcome as { value: TimedEvent }).value
}

const sha256 = (lines: readonly string[]) => createHash('sha256').update(lines.join('\n')).digest('hex')

const lines = linesOf({ count: 60_000 })
const events = lines.map(decoded)
/** Slow enough for tabs to come back after a silence. */
const quiet = linesOf({ count: 30_000, rate: 10, tabs: 1500 })
const first = [...new Map(lines.map((line, i) => [line, events[i] as TimedEvent])).values()]

test('seed 1 gives the same bytes on every machine', () => {
  assert.equal(
    sha256(linesOf({ count: 1000 })),
    '156a93da6125c3e51dfbab5041499795624f2e9f875f358b895c7a5c2644a70f',
  )
})

test('a longer log begins like a shorter one of the same seed, and another seed gives another', () => {
  // What is under way at the end of the shorter one comes later in the longer one.
  assert.deepEqual(linesOf({ count: 1000 }).slice(0, 900), lines.slice(0, 900))
  assert.notEqual(sha256(linesOf({ count: 1000, seed: 2 })), sha256(linesOf({ count: 1000 })))
  assert.notEqual(sha256(linesOf({ count: 1000, seed: 1 + 2 ** 32 })), sha256(linesOf({ count: 1000 })))
})

test('there are as many events as asked for, whatever the other options are', () => {
  for (const options of [
    { count: 1 },
    { count: 777, tabs: 1 },
    { count: 777, tabs: 3, rate: 1_000_000 },
    { count: 777, rate: 0.01, late: 1, duplicates: 0.5 },
    { count: 777, late: 0, duplicates: 0, veryLate: 1 },
    { count: 777, maxLateMs: 0, maxVeryLateMs: 0, late: 1, veryLate: 0.5 },
  ])
    assert.equal(linesOf(options).map(decoded).length, options.count)
})

test('events arrive in order of `receivedAt`, save repeats', () => {
  let latest = 0
  const seen = new Set<string>()
  for (const [i, line] of lines.entries()) {
    const { received } = events[i] as TimedEvent
    if (!seen.has(line)) assert.ok(received >= latest, `line ${i}`)
    latest = Math.max(latest, received)
    seen.add(line)
  }
  const span = latest - generateDefaults.startMs
  assert.ok(Math.abs(span / 1000 - lines.length / generateDefaults.rate) < 245, `${span} ms`)
})

const share = (count: number, of: number) => count / of
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < expected * 0.15, `${actual}, expected some ${expected}`)

test('repeats are as many as asked for, byte for byte, and share event id and time with their first', () => {
  near(share(lines.length - first.length, lines.length), generateDefaults.duplicates)
  const identities = new Set(events.map(({ raw, time }) => `${raw.eventId} ${time}`))
  assert.equal(identities.size, first.length)
  assert.equal(new Set(events.map(({ raw }) => raw.eventId)).size, first.length)
  assert.equal(
    linesOf({ duplicates: 0, count: 5000 }).length,
    new Set(linesOf({ duplicates: 0, count: 5000 })).size,
  )
})

test('late events are as many as asked for, and no later than asked for', () => {
  const lateness = first.map(({ time, received }) => received - time)
  near(share(lateness.filter(ms => ms >= 1000).length, first.length), generateDefaults.late)
  assert.ok(Math.max(...lateness) <= generateDefaults.maxLateMs)
  assert.ok(Math.max(...lateness) > generateDefaults.maxLateMs * 0.95)
  const stragglers = linesOf({ count: 20_000, veryLate: 0.01 }).map(decoded)
  const hoursLate = stragglers.filter(({ time, received }) => received - time > generateDefaults.maxLateMs)
  near(share(hoursLate.length, stragglers.length), 0.01)
})

test('clients with a wrong clock are put right', () => {
  const skewed = first.filter(({ clockSkewMs }) => clockSkewMs !== 0)
  assert.ok(share(skewed.length, first.length) > 0.01)
  assert.ok(skewed.every(({ time, received }) => received - time <= generateDefaults.maxLateMs))
})

test('an event has 350 to 450 bytes on average', () => {
  const mean = share(Buffer.byteLength(lines.join('')), lines.length)
  assert.ok(mean >= 350 && mean <= 450, `${mean} bytes`)
})

test('there are many agents and addresses', () => {
  // Busy enough for most visits to have one event only, so that a short log has many.
  const busy = { ...generateDefaults, count: 100_000, rate: 10_000, tabs: 100_000 }
  const contexts = [...generateEvents(busy)].map(event => event.context as { ip: string; userAgent: string })
  const agents = new Set(contexts.map(({ userAgent }) => userAgent))
  const addresses = [...new Set(contexts.map(({ ip }) => ip))]
  const ipv6 = addresses.filter(ip => ip.includes(':')).length
  assert.ok(agents.size >= 500, `${agents.size} agents`)
  assert.ok(addresses.length - ipv6 >= 50_000, `${addresses.length - ipv6} IPv4 addresses`)
  assert.ok(ipv6 >= 1000, `${ipv6} IPv6 addresses`)
})

test('events are of every kind, and carry every kind of field', () => {
  const has = (is: (event: TimedEvent['raw']) => unknown) => first.filter(({ raw }) => is(raw)).length
  for (const type of ['page-view', 'search', 'click', 'add-to-cart', 'identify', 'conversion'])
    assert.ok(has(raw => raw.type === type) > 200, type)
  assert.equal(
    has(raw => raw.type === 'search' && raw.query),
    has(raw => raw.type === 'search'),
  )
  assert.equal(
    has(raw => raw.type === 'conversion' && raw.value),
    has(raw => raw.type === 'conversion'),
  )
  for (const field of ['profile', 'properties', 'traits', 'aux', 'sentAt'] as const)
    assert.ok(has(raw => raw[field]) > 200, field)
  for (const field of ['timeZone', 'screen', 'viewport', 'utm', 'app', 'clientHints'] as const)
    assert.ok(has(raw => raw.context?.[field]) > 20, field)
  assert.ok(has(raw => raw.context?.page?.referrer) > 200)
  assert.ok(has(raw => raw.context?.page?.url?.includes('utm_source=')) > 200)
})

test('a channel that an event names is called as those are that the others are given', () => {
  const named = new Set(events.map(({ raw }) => raw.context?.channel).filter(channel => channel != null))
  assert.deepEqual([...named], [channelOf({ source: '', medium: 'push', campaign: '' })])
})

test('sessions have some seven events, and tabs come back after a silence', () => {
  const { sessions, size, ...counts } = oracle(
    quiet.map(value => ({ value, timestamp: null })),
    { ...defaultOracleOptions, lookups: { geo: testGeo, device: () => unknownDevice } },
  )
  assert.equal(counts.deadLetters, 0)
  near(counts.events / size, 7)
  const tabs = new Set([...sessions.values()].map(({ tabId }) => tabId))
  assert.ok(size > tabs.size * 1.3, `${size} sessions of ${tabs.size} tabs`)
})

test('some silences last the gap to the millisecond, one less, or one more', () => {
  const tabs = Map.groupBy(quiet.map(decoded), ({ raw }) => raw.tabId)
  const silences = new Map<number, number>()
  for (const tab of tabs.values()) {
    const times = tab.map(({ time }) => time).sort((a, b) => a - b)
    for (const [i, time] of times.slice(1).entries()) {
      const silence = time - (times[i] as number)
      silences.set(silence, (silences.get(silence) ?? 0) + 1)
    }
  }
  for (const edge of [599_999, 600_000, 600_001]) assert.ok((silences.get(edge) ?? 0) > 10, `${edge} ms`)
})
