import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { processBatch } from '../../src/pipeline.ts'
import type { RecordBatch } from '../../src/ports/event-source.ts'
import { testSettings } from '../support/in-process.ts'
import { testLookups } from '../support/test-lookups.ts'
import { tab } from '../support/timeline.ts'

const at = ['10:00', '10:01', '10:02', '10:03', '10:04', '10:05', '10:06', '10:07', '10:08'] as const

function batchOf(tabId: string): RecordBatch {
  const records = tab(tabId)
    .at(...at)
    .map((event, offset) => ({
      offset,
      timestamp: null,
      key: null,
      value: Buffer.from(JSON.stringify(event)),
      headers: {},
    }))
  return { partition: 0, records, firstOffset: 0, nextOffset: records.length }
}

/** What becomes of a batch, with a recall that is told of the size of each slice. */
function processed(batch: RecordBatch, recall: (size: number) => boolean) {
  const sessions = new PartitionSessions(testSettings, Number.NEGATIVE_INFINITY)
  const settings = { ...testSettings, sliceSizes: { usual: 2, afterRecall: 4 } }
  return processBatch(
    batch,
    sessions,
    ({ items }) => (recall(items.length) ? Promise.resolve() : null),
    testLookups,
    0,
    settings,
  )
}

test('a batch is applied slice by slice, and after one for which the store was asked the next is large', async () => {
  const slices: number[] = []
  const { tally } = await processed(batchOf('a'), size => slices.push(size) === 2)
  assert.deepEqual(slices, [2, 2, 4, 1])
  assert.equal(tally.applied, at.length)
})

test('a batch for which nothing must be asked is applied without another in between', async () => {
  const order: string[] = []
  await Promise.all(['a', 'b'].map(name => processed(batchOf(name), () => order.push(name) === 0)))
  assert.equal(order.join(''), 'aaaaabbbbb')
})
