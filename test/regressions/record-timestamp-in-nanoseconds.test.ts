import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conversionRules } from '../../src/core/conversions.ts'
import { nativeFormat } from '../../src/core/formats/native.ts'
import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { processBatch } from '../../src/pipeline.ts'
import { storeAll } from '../support/store-all.ts'
import { testLookups } from '../support/test-lookups.ts'

test('a record whose own timestamp is no date is parked: it stopped the worker, again after every restart', async () => {
  const at = Date.parse('2026-11-24T10:00:00Z')
  const value = Buffer.from(
    JSON.stringify({ eventId: 'e', tabId: 't', type: 'x', timestamp: at, receivedAt: at }),
  )
  const record = { offset: 0, timestamp: at * 1e6, key: null, value, headers: {} }
  const batch = { partition: 0, records: [record], firstOffset: 0, nextOffset: 1 }
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
  const { deadLetters, documents } = await processBatch(
    batch,
    sessions,
    async () => {},
    testLookups,
    at,
    settings,
  )
  assert.deepEqual(
    deadLetters.map(({ reason }) => reason),
    ['time-out-of-range'],
  )
  assert.equal(documents.length, 0)
})
