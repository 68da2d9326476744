import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conversionRules } from '../../src/core/conversions.ts'
import { nativeFormat } from '../../src/core/formats/native.ts'
import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { processBatch } from '../../src/pipeline.ts'
import { storeAll } from '../support/store-all.ts'
import { testLookups } from '../support/test-lookups.ts'

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
  const batch = { partition: 0, records, firstOffset: 0, nextOffset: records.length }
  const sessions = new PartitionSessions(
    { gapMs: 600_000, allowedLatenessMs: 0, conversions: conversionRules([]), writesOpen: true },
    Number.NEGATIVE_INFINITY,
  )
  const settings = {
    topic: 'raw-events',
    epoch: 0,
    maxLatenessMs: 1,
    format: nativeFormat,
    timeZone: 'UTC',
    privacy: storeAll,
  }
  const { deadLetters, tally } = await processBatch(batch, sessions, async () => {}, testLookups, 0, settings)
  assert.deepEqual([deadLetters.length, tally.controls, tally.deadLetters], [200_000, 1, 200_000])
})
