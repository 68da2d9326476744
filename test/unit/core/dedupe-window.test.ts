import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeWindow,
  dedupeWindowSize,
  encodeWindow,
  identityHash,
  inCommon,
  mergeWindows,
  remember,
  rememberedEvents,
  remembers,
  windowOf,
} from '../../../src/core/dedupe-window.ts'

const identity = (n: number) => identityHash(`event ${n}`, 1_795_513_500_000 + n)

/** The window after these events, each of which arrives at its own number. */
function windowAfter(events: readonly number[]) {
  const [first, ...more] = events as [number, ...number[]]
  return more.reduce((window, n) => remember(window, identity(n), n), windowOf(identity(first), first))
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const held = (window: number[], candidates: readonly number[]) =>
  candidates.filter(n => remembers(window, identity(n)))

test('a window remembers the last 1,024 events, however many came', () => {
  for (const count of [1, 2, 3, 7, 8, 9, 100, 1023, 1024, 1025, 2048, 3000]) {
    const window = windowAfter(range(0, count))
    const last = range(Math.max(0, count - dedupeWindowSize), count)
    assert.equal(rememberedEvents(window), last.length)
    assert.deepEqual(held(window, range(0, count)), last)
  }
})

test('a window that is written and read again goes on as it was', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_500 }), fc.integer({ min: 0, max: 1_200 }), (before, after) => {
      const window = windowAfter(range(0, before))
      let read = decodeWindow(encodeWindow(window))
      assert.deepEqual(encodeWindow(read), encodeWindow(window))
      for (const n of range(before, before + after)) read = remember(read, identity(n), n)
      assert.deepEqual(encodeWindow(read), encodeWindow(windowAfter(range(0, before + after))))
    }),
    { numRuns: 40 },
  )
})

test('merged windows hold the last events of both by arrival, and are left as they were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 3_000 }), fc.integer({ min: 2, max: 9 }), (count, every) => {
      const isOfA = (n: number) => n % every === 0
      const a = windowAfter(range(0, count).filter(isOfA))
      const b = windowAfter(
        range(1, count)
          .filter(n => !isOfA(n))
          .concat(count),
      )
      const written = [encodeWindow(a), encodeWindow(b)]
      const merged = mergeWindows(a, b)
      assert.deepEqual(encodeWindow(merged), encodeWindow(windowAfter(range(0, count + 1))))
      assert.equal(inCommon(a, merged) + inCommon(b, merged), rememberedEvents(merged))
      assert.deepEqual([encodeWindow(a), encodeWindow(b)], written)
    }),
    { numRuns: 40 },
  )
})
