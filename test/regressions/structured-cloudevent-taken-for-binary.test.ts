import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../src/core/decode.ts'
import type { RecordHeaders } from '../../src/core/record-headers.ts'

const attributes = { specversion: '1.0', id: 'ce-1', source: '/shop', type: 'com.example.someevent' }
const data = { eventId: 'e', tabId: 't', type: 'page-view', timestamp: '2026-11-24T12:00:00Z' }
const asHeaders = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]))

function decoded(value: object, headers: RecordHeaders) {
  const record = { value: Buffer.from(JSON.stringify(value)), timestamp: null, headers }
  const outcome = decode(record, Number.POSITIVE_INFINITY)
  assert(outcome.kind === 'ok', JSON.stringify(outcome))
  return [outcome.value.format, outcome.value.raw]
}

// The Kafka binding lets implementations add them (3.3.3). The envelope was then taken for the event itself: a dead
// letter, or, with a partition key, an event that had lost all that its data said.
test('a structured CloudEvent that has the headers of a binary one, too, is opened', () => {
  for (const contentType of ['application/cloudevents+json; charset=UTF-8', 'Application/CloudEvents+JSON']) {
    const headers = { ...asHeaders, ce_partitionkey: 'p', 'content-type': contentType }
    const value = { ...attributes, partitionkey: 'p', data }
    assert.deepEqual(decoded(value, headers), ['cloudevents+native', data])
  }
})

test('what is of another content type is binary, whatever its value is like', () => {
  const value = { ...data, specversion: '2', source: '/of-its-own' }
  for (const headers of [asHeaders, { ...asHeaders, 'content-type': 'application/json' }])
    assert.deepEqual(decoded(value, headers), ['cloudevents+native', value])
})
