import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../src/core/decode.ts'

// Three tabs became one document: as UTF-8, every lone surrogate is the same replacement character.
test('ids with half of a surrogate pair are dead letters, whole pairs are not', () => {
  const outcome = (id: string) =>
    decode(
      { value: Buffer.from(`{"eventId":"e","tabId":"${id}","type":"x","timestamp":1}`), timestamp: null },
      0,
    )
  assert.equal(outcome('\\ud800').kind, 'dead-letter')
  assert.equal(outcome('\\ud801').kind, 'dead-letter')
  assert.equal(outcome('\\ud83d\\ude00').kind, 'ok')
})
