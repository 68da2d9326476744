import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectsOfFirstBatch } from '../support/one-batch.ts'

test('a record whose own timestamp is no date is parked: it stopped the worker, again after every restart', async () => {
  const at = Date.parse('2026-11-24T10:00:00Z')
  const value = Buffer.from(
    JSON.stringify({ eventId: 'e', tabId: 't', type: 'x', timestamp: at, receivedAt: at }),
  )
  const record = { offset: 0, timestamp: at * 1e6, key: null, value, headers: {} }
  const { deadLetters, documents } = await effectsOfFirstBatch([record], at)
  assert.deepEqual(
    deadLetters.map(({ reason }) => reason),
    ['time-out-of-range'],
  )
  assert.equal(documents.length, 0)
})

test('nor does a header that it repeats another one, or that it is a control, let it in', async () => {
  const at = Date.parse('2026-11-24T10:00:00Z')
  const event = { eventId: 'e', tabId: 't', type: 'x', timestamp: at, receivedAt: at }
  const erase = { sessionloom: 'erase', profileId: 'p' }
  const records = [event, erase].map((value, offset) => ({
    offset,
    timestamp: at * 1e6,
    key: null,
    value: Buffer.from(JSON.stringify(value)),
    headers: { 'sessionloom-first-timestamp': String(at) },
  }))
  const { deadLetters, documents } = await effectsOfFirstBatch(records, at)
  assert.deepEqual(
    deadLetters.map(({ reason }) => reason),
    ['time-out-of-range', 'time-out-of-range'],
  )
  for (const { document } of documents) JSON.stringify(document)
})
