import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../src/core/decode.ts'
import { eventFormats } from '../../src/core/formats/event-formats.ts'
import { formatExamples } from '../support/format-examples.ts'

/** What producers write where something else belongs. */
const odd: readonly unknown[] = [
  ...[null, [], {}, '', 'x', '5', true, -1, 0, 1e300, [null], [[1]], ['a'], { a: { b: 1 } }],
  ...[
    '2026-02-30T10:00:00Z',
    '2026-11-24',
    '2026-11-24 10:00:00',
    '2026-11-24T25:00:00Z',
    '1732442400',
    1_732_442_400,
  ],
  ...[
    '2026-11-24T10:00:00.123456789+05:30',
    '9999-12-31T23:59:59Z',
    '+010000-01-01T00:00:00Z',
    'Tue, 24 Nov 2026 10:00:00 GMT',
  ],
]

function* pathsIn(value: unknown, above: readonly string[] = []): Generator<readonly string[]> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    yield [...above, name]
    yield* pathsIn(inner, [...above, name])
  }
}

function withValue(record: object, path: readonly string[], value: unknown): object {
  const copy = structuredClone(record)
  const parent = path.slice(0, -1).reduce((at, name) => (at as Record<string, object>)[name] as object, copy)
  ;(parent as Record<string, unknown>)[path.at(-1) as string] = value
  return copy
}

/** What an event cannot do without: its ids, its type and its times. All else is a detail. */
const vital =
  /^(eventId|tabId|type|timestamp|receivedAt|sentAt|no `timestamp`|the corrected event time|tracardi: 0 events)/

/** Decodes every example of another format with each value in each place. Gives how many were events. */
function sweep(values: readonly unknown[], costly: RegExp): number {
  let events = 0
  for (const { format, name, text, headers = {} } of formatExamples) {
    if (!text.startsWith('{') || format === 'native') continue
    const record = JSON.parse(text) as object
    for (const path of pathsIn(record))
      for (const value of values) {
        const bytes = Buffer.from(JSON.stringify(withValue(record, path, value)))
        const read = { value: bytes, timestamp: null, headers }
        const outcome = decode(read, Number.POSITIVE_INFINITY, eventFormats[format])
        const where = `${format}, ${name}: ${path.join('.')} = ${JSON.stringify(value).slice(0, 50)}`
        if (outcome.kind === 'ok') events++
        else assert.match(outcome.kind === 'dead-letter' ? outcome.message : outcome.kind, costly, where)
      }
  }
  return events
}

test('an odd value in a record of another format costs a detail, and the event only where its ids, type or times are', () => {
  const events = sweep(odd, vital)
  assert.ok(events > 5_000, `${events}`)
})

test('so does a text over every limit, but for what an event says of its visitor, its query and its site', () => {
  const events = sweep(
    ['x'.repeat(300), 'x'.repeat(9_000), 'https://shop.example/'.repeat(1_000)],
    /^(eventId|tabId|type|no `timestamp`|timestamp|receivedAt|sentAt|profile\.|query|site|properties|traits)/,
  )
  assert.ok(events > 500, `${events}`)
})

test('what is left out leaves no empty group behind, which would hide what a later event knows', () => {
  const call = (page: object) => ({
    type: 'page',
    messageId: 'm',
    anonymousId: 'a',
    timestamp: '2026-11-24T10:00:00Z',
    context: { page, userAgent: 'Mozilla/5.0' },
  })
  const contextOf = (page: object) => {
    const value = Buffer.from(JSON.stringify(call(page)))
    const outcome = decode({ value, timestamp: null }, Number.POSITIVE_INFINITY, eventFormats.segment)
    assert(outcome.kind === 'ok', JSON.stringify(outcome))
    return JSON.parse(JSON.stringify(outcome.value.raw.context))
  }
  const title = 't'.repeat(3_000)
  assert.deepEqual(contextOf({ title }), { userAgent: 'Mozilla/5.0' })
  assert.deepEqual(contextOf({ title, url: 'https://shop.example/' }), {
    userAgent: 'Mozilla/5.0',
    page: { url: 'https://shop.example/' },
  })
})
