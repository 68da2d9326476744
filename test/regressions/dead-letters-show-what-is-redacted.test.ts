import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LiveLetters } from '../../src/live/live-letters.ts'

const record = (text: string) => ({
  offset: 0,
  timestamp: null,
  key: null,
  headers: {},
  value: new TextEncoder().encode(text),
})
const shown = (text: string, ip: 'keep' | 'mask' | 'drop') => {
  const letters = new LiveLetters({ ip, redactedParameters: new Set(['token']) })
  const where = { topic: null, partition: 0, record: record(text) }
  letters.add([{ kind: 'record', reason: 'invalid-json', message: '', ...where }])
  return letters.latest[0]?.text
}

// The page showed the beginning of a dead letter as it came, with what no document of the same run shows.
test('the page redacts the records of dead letters as documents are', () => {
  const url = 'https://ann:pw@shop.example/a?token=t0p&x=1'
  assert.equal(
    shown(`{"url":"${url}","path":"/b?a=ann@mail.example&token=t0`, 'keep'),
    '{"url":"https://shop.example/a?token=redacted&x=1","path":"/b?a=redacted&token=redacted',
  )
  for (const ip of ['mask', 'drop'] as const)
    assert.equal(shown('{"ip":"192.0.2.7"', ip), '(not shown: IP_PRIVACY)')
})
