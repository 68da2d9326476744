import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../src/core/decode.ts'
import { eventFormatNames, eventFormats } from '../../src/core/formats/event-formats.ts'
import type { Format } from '../../src/core/formats/format.ts'
import type { RecordHeaders } from '../../src/core/record-headers.ts'
import { type FormatExample, formatExamples, refusedExamples } from '../support/format-examples.ts'

const decoded = (text: string, format: Format, headers: RecordHeaders) =>
  decode({ value: Buffer.from(text), timestamp: null, headers }, Number.POSITIVE_INFINITY, format)

/** What becomes of a record in a file, as JSON has it. */
function becomes(text: string, format: Format, headers: RecordHeaders = {}) {
  const outcome = decoded(text, format, headers)
  assert(outcome.kind === 'ok', JSON.stringify(outcome))
  const { raw, time, clockSkewMs, format: name, tabIdFrom } = outcome.value
  const event = JSON.parse(JSON.stringify(raw)) as object
  return { format: name, tabIdFrom, time: new Date(time).toISOString(), clockSkewMs, event }
}

const attributes = { specversion: '1.0', id: 'ce-1', source: '/shop', type: 'com.example.event' }
const withoutEnvelope = formatExamples.filter(({ becomes }) => !becomes.format.startsWith('cloudevents'))
const inEnvelope = ({ becomes }: FormatExample) => ({ ...becomes, format: `cloudevents+${becomes.format}` })

for (const { format, name, text, headers, becomes: expected } of formatExamples)
  test(`${format}: ${name}`, () => {
    assert.deepEqual(becomes(text, eventFormats[format], headers), expected)
  })

for (const { format, name, text, headers = {}, deadLetter } of refusedExamples)
  test(`${format} refuses ${name}`, () => {
    assert.deepEqual(decoded(text, eventFormats[format], headers), { kind: 'dead-letter', ...deadLetter })
  })

for (const example of withoutEnvelope) {
  const { format, name, text } = example
  test(`auto recognises ${format}: ${name}`, () => {
    assert.deepEqual(becomes(text, eventFormats.auto), example.becomes)
  })

  test(`in a CloudEvent, as headers and around it, it is the same ${format}: ${name}`, () => {
    const asHeaders = Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [`ce_${key}`, Buffer.from(value)]),
    )
    const data = text.startsWith('{') ? JSON.parse(text) : text
    const around = JSON.stringify({ ...attributes, data })
    const base64 = JSON.stringify({ ...attributes, data_base64: Buffer.from(text).toString('base64') })
    for (const read of [eventFormats[format], eventFormats.auto]) {
      assert.deepEqual(becomes(text, read, asHeaders), inEnvelope(example))
      assert.deepEqual(becomes(around, read), inEnvelope(example))
      assert.deepEqual(becomes(base64, read), inEnvelope(example))
    }
  })
}

test('every format has examples', () => {
  const named = new Set(formatExamples.map(({ format }) => format))
  assert.deepEqual(
    eventFormatNames.filter(name => !named.has(name)),
    ['auto'],
  )
})
