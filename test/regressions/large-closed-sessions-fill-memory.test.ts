import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { processBatch } from '../../src/pipeline.ts'
import { testSettings } from '../support/in-process.ts'
import { testLookups } from '../support/test-lookups.ts'

const hour = 3_600_000
const at = Date.parse('2026-11-24T10:00:00Z')

/** How many of ten closed sessions leave memory, where ten may stay. */
async function leaving(fields: Readonly<Record<string, unknown>>): Promise<number> {
  const records = Array.from({ length: 11 }, (_, offset) => {
    const time = at + offset * hour
    const raw = {
      eventId: `e${offset}`,
      tabId: `t${offset}`,
      type: 'x',
      timestamp: time,
      receivedAt: time,
      ...fields,
    }
    return { offset, timestamp: time, key: null, value: Buffer.from(JSON.stringify(raw)), headers: {} }
  })
  const batch = { partition: 0, records, firstOffset: 0, nextOffset: records.length }
  const sessions = new PartitionSessions({ ...testSettings, closedKept: 10 }, Number.NEGATIVE_INFINITY)
  await processBatch(batch, sessions, () => null, testLookups, at, testSettings)
  return sessions.settle(at)
}

// The closed sessions of a partition stayed while they were 2,000, however large: with 300 kB in each, 600 MB of them.
test('closed sessions that hold much leave memory before they are many', async () => {
  const text = 'x'.repeat(10_000)
  const metadata = { text }
  assert.equal(await leaving({}), 0)
  for (const name of ['properties', 'traits', 'aux'])
    assert.equal(await leaving({ [name]: { text } }), 10, name)
  assert.equal(await leaving({ profile: { id: 'p', metadata } }), 10)
  assert.equal(await leaving({ context: { aux: metadata } }), 10)
})
