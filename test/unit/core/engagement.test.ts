import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeEngagement,
  type Engagement,
  encodeEngagement,
  engage,
  engagedSeconds,
  engagementAt,
  mergeEngagement,
  overlongMs,
} from '../../../src/core/engagement.ts'

const lengthOf = (times: readonly number[]) => Math.max(...times) - Math.min(...times)

/** One event after the other, as a session is extended. */
function taken(times: readonly number[]): Engagement {
  let engagement = engagementAt(times[0] as number)
  times.slice(1).forEach((time, i) => {
    engagement = engage(engagement, time, lengthOf(times.slice(0, i + 2)))
  })
  return engagement
}

/** Without the room that it has. */
const stretches = (engagement: Engagement) => engagement?.slice(1, 1 + (engagement[0] as number))

/** The definition: gaps of at most 30 s, summed up. */
function sumOfGaps(times: readonly number[]): number | null {
  if (lengthOf(times) > overlongMs) return null
  const sorted = times.toSorted((a, b) => a - b)
  const gaps = sorted.slice(1).map((time, i) => time - (sorted[i] as number))
  return Math.floor(gaps.filter(gap => gap <= 30_000).reduce((sum, gap) => sum + gap, 0) / 1000)
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

test('merging two parts is as if their events had come one by one, and leaves both alone', () => {
  fc.assert(
    fc.property(times, times, (a, b) => {
      const [left, right] = [taken(a), taken(b)]
      const before = structuredClone([left, right])
      const merged = mergeEngagement(left, right, lengthOf([...a, ...b]))
      assert.deepEqual(stretches(merged), stretches(taken([...a, ...b])))
      assert.deepEqual([left, right], before)
    }),
    { numRuns: 2000 },
  )
})

test('what a document keeps of it gives the same back', () => {
  fc.assert(
    fc.property(times, all => {
      const engagement = taken(all)
      const [start, end] = [Math.min(...all), Math.max(...all)]
      const decoded = decodeEngagement(encodeEngagement(engagement), start, end)
      assert.deepEqual(stretches(decoded), stretches(engagement))
    }),
  )
})

test('twelve hours hold no more than 1,440 stretches, whatever comes', () => {
  const all = Array.from({ length: 5000 }, (_, i) => (i * 30_001) % (overlongMs + 1))
  const engagement = all.reduce<Engagement>((held, next) => engage(held, next, overlongMs), engagementAt(0))
  assert.ok(engagement !== null && (engagement[0] as number) <= 2 * 1440)
  assert.ok(engagement.length <= 4 * 1440, `${engagement.length}`)
  assert.equal(engagedSeconds(engagement), sumOfGaps([0, ...all]))
})
