import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../src/core/decode.ts'
import { eventFormats } from '../../src/core/formats/event-formats.ts'

function traitsOf(call: object) {
  const value = { messageId: 'm', anonymousId: 'a', ...call }
  const record = { value: Buffer.from(JSON.stringify(value)), timestamp: 1 }
  const outcome = decode(record, Number.POSITIVE_INFINITY, eventFormats.rudderstack)
  assert(outcome.kind === 'ok', JSON.stringify(outcome))
  return outcome.value.raw.traits
}

const [own, before] = [{ plan: 'gold' }, { plan: 'free' }]

// RudderStack's SDK for browsers has them nowhere else, and they were lost.
test('what `identify` says of a visitor is taken from the context where it has no traits of its own', () => {
  assert.deepEqual(traitsOf({ type: 'identify', context: { traits: before } }), before)
  assert.deepEqual(traitsOf({ type: 'identify', traits: {}, context: { traits: before } }), before)
  assert.deepEqual(traitsOf({ type: 'identify', traits: own, context: { traits: before } }), own)
})

test('what `group` says of a group is not said of the visitor', () => {
  assert.deepEqual(traitsOf({ type: 'group', traits: own, context: { traits: before } }), before)
  assert.equal(traitsOf({ type: 'group', traits: own }), undefined)
})
