import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../src/core/decode.ts'

// An event without a timestamp happened when it was received; it was moved by the skew of a clock that it never used.
test('only a timestamp of the client is corrected for the clock of the client', () => {
  const value = { eventId: 'e', tabId: 't', type: 'x', receivedAt: 7_200_000, sentAt: 10_800_000 }
  const outcome = decode({ value: Buffer.from(JSON.stringify(value)), timestamp: null }, 0)
  assert.equal(outcome.kind === 'ok' && outcome.value.time, 7_200_000)
})
