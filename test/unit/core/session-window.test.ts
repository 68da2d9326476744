import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cellOf, contains, isClosed, isLate, joins, overlaps } from '../../../src/core/session-window.ts'

const gapMs = 600_000
const span = { start: 10_000_000, end: 10_060_000 }

test('exactly the gap joins, one millisecond more does not, forwards and backwards', () => {
  for (const [difference, expected] of [
    [599_999, true],
    [600_000, true],
    [600_001, false],
  ] as const) {
    assert.equal(joins(span, span.end + difference, gapMs), expected, `${difference} ms after the end`)
    assert.equal(joins(span, span.start - difference, gapMs), expected, `${difference} ms before the start`)
  }
})

test('a session is closed strictly after the gap, so an event that is not late can never touch a closed one', () => {
  const watermark = span.end + gapMs
  assert.equal(isClosed(span.end, gapMs, watermark), false)
  assert.equal(isClosed(span.end, gapMs, watermark + 1), true)
  assert.equal(isLate(watermark, watermark), false, 'an event at the watermark is on time')
  assert.equal(isLate(watermark - 1, watermark), true)
  assert.equal(
    joins(span, watermark + 1, gapMs),
    false,
    'the earliest on-time event after closing does not join',
  )
})

test('a span contains its edges and overlaps one that shares an instant', () => {
  assert.ok(contains(span, span.start) && contains(span, span.end))
  assert.ok(!contains(span, span.start - 1) && !contains(span, span.end + 1))
  assert.ok(overlaps(span, { start: span.end, end: span.end + 1 }))
  assert.ok(!overlaps(span, { start: span.end + 1, end: span.end + 2 }))
})

test('starts more than a gap apart lie in different cells', () => {
  assert.notEqual(cellOf(0, gapMs), cellOf(600_001, gapMs))
  assert.equal(cellOf(599_999, gapMs), 0)
  assert.equal(cellOf(600_000, gapMs), 1)
})
