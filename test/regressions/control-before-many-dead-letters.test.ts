import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectsOfFirstBatch } from '../support/one-batch.ts'

// What follows a control is one slice, and so many dead letters in one were more than a call takes: the worker ended,
// again after every restart. A compressed batch of a few kilobytes is enough.
test('a batch of a control and 200,000 records without a value becomes that many dead letters', async () => {
  const control = Buffer.from('{"sessionloom":"erase","profileId":"p"}')
  const records = Array.from({ length: 200_001 }, (_, offset) => ({
    offset,
    timestamp: 1,
    key: null,
    value: offset === 0 ? control : null,
    headers: {},
  }))
  const { deadLetters, tally } = await effectsOfFirstBatch(records, 0)
  assert.deepEqual([deadLetters.length, tally.controls, tally.deadLetters], [200_000, 1, 200_000])
})
