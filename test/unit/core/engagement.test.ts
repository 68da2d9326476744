import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeEngagement,
  type Engaged,
  type Engagement,
  encodeEngagement,
  engage,
  engagedSeconds,
  mergeEngagement,
  overlongMs,
} from '../../../src/core/engagement.ts'

const lengthOf = (times: readonly number[]) => Math.max(...times) - Math.min(...times)

const extended = (session: Engaged, time: number): Engaged => ({
  start: Math.min(session.start, time),
  end: Math.max(session.end, time),
  engagement: engage(session, time),
})

/** One event after the other, as a session is extended. */
function taken(times: readonly number[]): Engaged {
  const [first, ...others] = times as [number, ...number[]]
  return others.reduce<Engaged>(extended, { start: first, end: first, engagement: 'whole' })
}

/** Without the room that it has. */
const stretches = (engagement: Engagement) =>
  engagement === 'whole' ? 'whole' : engagement?.slice(1, 1 + (engagement[0] as number))

/** The definition: gaps of at most 30 s, summed up. */
function sumOfGaps(times: readonly number[]): number | null {
  if (lengthOf(times) > overlongMs) return null
  const counted = gapsOf(times).filter(gap => gap <= 30_000)
  return Math.floor(counted.reduce((sum, gap) => sum + gap, 0) / 1000)
}

function gapsOf(times: readonly number[]): number[] {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted.slice(1).map((time, i) => time - (sorted[i] as number))
}

/** Close together, on the edges of 30 s, and around twelve hours. */
const time = fc.oneof(
  fc.integer({ min: 0, max: 200_000 }),
  fc.tuple(fc.nat(8), fc.constantFrom(-1, 0, 1)).map(([halves, edge]) => halves * 30_000 + edge + 1),
  { weight: 1, arbitrary: fc.constantFrom(0, overlongMs, overlongMs + 1) },
)
const times = fc.array(time, { minLength: 1, maxLength: 14 })

test('the stretches of a session, in any order of events, are the sum of its gaps of at most 30 s', () => {
  fc.assert(
    fc.property(times, all => assert.equal(engagedSeconds(taken(all)), sumOfGaps(all))),
    {
      numRuns: 2000,
    },
  )
})

test('a session without a longer gap has no list of stretches, whatever the order of its events', () => {
  fc.assert(
    fc.property(times, all => {
      const isWhole = lengthOf(all) <= overlongMs && gapsOf(all).every(gap => gap <= 30_000)
      assert.equal(taken(all).engagement === 'whole', isWhole)
    }),
    { numRuns: 2000 },
  )
})

test('merging two parts is as if their events had come one by one, and leaves both alone', () => {
  fc.assert(
    fc.property(times, times, (a, b) => {
      const [left, right] = [taken(a), taken(b)]
      const before = structuredClone([left, right])
      const merged = mergeEngagement(left, right)
      assert.deepEqual(stretches(merged), stretches(taken([...a, ...b]).engagement))
      assert.deepEqual([left, right], before)
    }),
    { numRuns: 2000 },
  )
})

test('what a document keeps of it gives the same back', () => {
  fc.assert(
    fc.property(times, all => {
      const session = taken(all)
      const decoded = decodeEngagement(encodeEngagement(session), session)
      assert.deepEqual(stretches(decoded), stretches(session.engagement))
    }),
  )
})

test('twelve hours hold no more than 1,440 stretches, whatever comes', () => {
  const all = Array.from({ length: 5000 }, (_, i) => (i * 30_001) % (overlongMs + 1))
  let session = taken([0])
  let most = 0
  for (const time of all) {
    session = extended(session, time)
    if (!Array.isArray(session.engagement)) continue
    most = Math.max(most, session.engagement[0] as number)
    assert.ok(session.engagement.length <= 4 * 1440, `${session.engagement.length}`)
  }
  assert.equal(most, 2 * 1440)
  assert.equal(engagedSeconds(session), sumOfGaps(all))
})
