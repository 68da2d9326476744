import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { processBatch } from '../../src/pipeline.ts'
import { testSettings } from '../support/in-process.ts'
import { testLookups } from '../support/test-lookups.ts'
import { tab } from '../support/timeline.ts'

test('a batch is applied slice by slice, and after one for which the store was asked the next is large', async () => {
  const events = tab('a').at('10:00', '10:01', '10:02', '10:03', '10:04', '10:05', '10:06', '10:07', '10:08')
  const records = events.map((event, offset) => ({
    offset,
    timestamp: null,
    key: null,
    value: Buffer.from(JSON.stringify(event)),
    headers: {},
  }))
  const batch = { partition: 0, records, firstOffset: 0, nextOffset: records.length }
  const slices: number[] = []
  const recall = async ({ items }: { readonly items: readonly unknown[] }) => slices.push(items.length) === 2
  const sessions = new PartitionSessions(testSettings, Number.NEGATIVE_INFINITY)
  const { tally } = await processBatch(batch, sessions, recall, testLookups, 0, {
    ...testSettings,
    sliceSizes: { usual: 2, afterRecall: 4 },
  })
  assert.deepEqual(slices, [2, 2, 4, 1])
  assert.equal(tally.applied, records.length)
})
