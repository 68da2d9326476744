import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../src/core/decode.ts'
import { eventFormats } from '../../src/core/formats/event-formats.ts'
import type { Format } from '../../src/core/formats/format.ts'

function letterOf(value: object, format: Format): string {
  const outcome = decode({ value: Buffer.from(JSON.stringify(value)), timestamp: 1 }, 1, format)
  assert(outcome.kind === 'dead-letter', JSON.stringify(outcome))
  return outcome.message
}

// It said `none of  is there`.
test('with `auto`, a record without a tab id names the fields of the format that it is in', () => {
  const event = {
    event_id: 'e',
    event: 'page_view',
    collector_tstamp: '2026-11-24 12:00:00',
    v_collector: 'x',
  }
  assert.equal(letterOf(event, eventFormats.auto), letterOf(event, eventFormats.snowplow))
  assert.match(letterOf(event, eventFormats.auto), /^tabId: none of .*domain_sessionid, .*user_id is there$/)
})

// It named only those of the event in it.
test('a CloudEvent without a tab id names the attributes that might have had it', () => {
  const envelope = { specversion: '1.0', id: 'c', source: '/s', type: 'x', data: {} }
  assert.equal(
    letterOf(envelope, eventFormats.native),
    'tabId: none of tabId, ce_partitionkey, ce_subject is there',
  )
})
