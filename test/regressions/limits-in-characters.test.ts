import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionAnswers } from '../../src/adapters/http-session.ts'
import { decode } from '../../src/core/decode.ts'
import { readEvent } from '../support/oracle-event.ts'

// A tab whose events were taken could not be looked up, and the oracle would have had none of them.
test('the limits of a raw event are in characters, for whoever holds something against them', async () => {
  const limits = [
    [256, true],
    [257, false],
  ] as const
  for (const [characters, isTaken] of limits) {
    const tabId = '💧'.repeat(characters)
    const value = Buffer.from(JSON.stringify({ eventId: 'e', tabId, type: 'x', timestamp: 1 }))
    assert.equal(decode({ value, timestamp: 1 }, 0).kind === 'ok', isTaken)
    assert.equal(readEvent({ value, timestamp: 1 }, 0) !== null, isTaken)
    const answers = sessionAnswers({ find: async () => null, perSecond: 1 })
    const answer = await answers(`/tabs/${encodeURIComponent(tabId)}/session`)
    assert.equal(answer?.status, isTaken ? 404 : 400)
  }
})
