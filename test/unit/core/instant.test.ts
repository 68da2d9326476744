import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatInstant, maxInstantMs, parseInstant } from '../../../src/core/instant.ts'

test('an instant is written as Date writes it, and read again', () => {
  const instants = fc.oneof(
    fc.integer({ min: 0, max: maxInstantMs }),
    fc.integer({ min: 0, max: 20_000 }).map(day => day * 86_400_000),
    fc.integer({ min: 1, max: 20_000 }).map(day => day * 86_400_000 - 1),
  )
  fc.assert(
    fc.property(instants, epochMs => {
      assert.equal(formatInstant(epochMs), new Date(epochMs).toISOString())
      assert.equal(parseInstant(formatInstant(epochMs)), epochMs)
    }),
    { numRuns: 2_000 },
  )
})

test('what is no instant is not written', () => {
  for (const epochMs of [Number.NaN, Number.POSITIVE_INFINITY, 1e300])
    assert.throws(() => formatInstant(epochMs), RangeError)
})
