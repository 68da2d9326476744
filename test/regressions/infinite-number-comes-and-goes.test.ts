import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../src/core/decode.ts'

test('a number beyond all doubles is refused: it was null in the document, and the key was gone after a restart', () => {
  const json = '{"eventId":"e","tabId":"t","type":"x","timestamp":1,"properties":{"price":1e400}}'
  const outcome = decode({ value: Buffer.from(json), timestamp: null }, Number.POSITIVE_INFINITY)
  assert(outcome.kind === 'dead-letter')
  assert.equal(outcome.reason, 'invalid-event')
  assert.match(outcome.message, /properties: has a number that no double can hold/)
})
