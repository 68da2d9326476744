import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noTotals } from '../../../src/commands/finite-run.ts'
import { recordsLine, spanOf } from '../../../src/commands/totals.ts'

test('what was read and what became of it adds up, and what is rare is left out while it is zero', () => {
  const usual = { ...noTotals, records: 2_003, applied: 2_001, duplicates: 1, deadLetters: 1 }
  assert.equal(
    recordsLine(usual, '0.5 s'),
    '2,003 records read in 0.5 s: 2,001 applied, 1 duplicate, 1 dead letter',
  )
  assert.equal(
    recordsLine({ ...usual, records: 2_006, alreadyApplied: 2, controls: 1 }, '0.5 s'),
    '2,006 records read in 0.5 s: 2,001 applied, 1 duplicate, 2 already applied, 1 control record, 1 dead letter',
  )
})

test('a span of time is told in the units that it is long in', () => {
  const second = 1_000
  const minute = 60 * second
  for (const [ms, words] of [
    [40, '0.0 s'],
    [1_240, '1.2 s'],
    [59_400, '59.4 s'],
    [59_600, '1 min 0 s'],
    [5 * minute + 3 * second, '5 min 3 s'],
    [130 * minute, '2 h 10 min'],
  ] as const)
    assert.equal(spanOf(ms), words)
})
