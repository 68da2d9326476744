import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../src/core/decode.ts'
import { eventFormats } from '../../src/core/formats/event-formats.ts'

function referrerOf(context: object, properties: object = {}) {
  const call = { type: 'page', messageId: 'm', anonymousId: 'a', channel: 'web', context, properties }
  const record = { value: Buffer.from(JSON.stringify(call)), timestamp: 1 }
  const outcome = decode(record, Number.POSITIVE_INFINITY, eventFormats.rudderstack)
  assert(outcome.kind === 'ok', JSON.stringify(outcome))
  return outcome.value.raw.context?.page?.referrer
}

// RudderStack's SDK for browsers says so where `document.referrer` is empty, and it stood in the documents as a URL.
test('`$direct` is no referrer of a RudderStack page', () => {
  const url = 'https://www.google.com/'
  assert.equal(referrerOf({ page: { referrer: '$direct' } }), undefined)
  assert.equal(referrerOf({}, { referrer: '$direct' }), undefined)
  assert.equal(referrerOf({ page: { referrer: '$direct' } }, { referrer: url }), url)
  assert.equal(referrerOf({ page: { referrer: url } }), url)
})
