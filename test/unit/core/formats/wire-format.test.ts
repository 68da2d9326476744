import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import avsc from 'avsc'
import { decode } from '../../../../src/core/decode.ts'
import { compileAvro } from '../../../../src/core/formats/avro.ts'
import { eventFormats } from '../../../../src/core/formats/event-formats.ts'
import { compileFieldMap } from '../../../../src/core/formats/field-map.ts'
import {
  readJsonPayload,
  schemaIdOf,
  type WrittenSchema,
  withSchemas,
} from '../../../../src/core/formats/wire-format.ts'

const event = { eventId: 'e', tabId: 't', type: 'click', timestamp: 1_732_442_400_000 }
const strings = ['eventId', 'tabId', 'type'].map(name => ({ name, type: 'string' }))
const eventSchema: avsc.Schema = {
  type: 'record',
  name: 'Event',
  fields: [...strings, { name: 'timestamp', type: 'long' }],
}
const avro = compileAvro(JSON.stringify(eventSchema))
const avroBytes = avsc.Type.forSchema(eventSchema).toBuffer(event)
const schemas = new Map<number, WrittenSchema>([
  [1, { kind: 'schema', read: avro }],
  [2, { kind: 'schema', read: readJsonPayload }],
  [3, { kind: 'unusable', reason: 'cannot be compiled' }],
  [4, { kind: 'unknown' }],
  [
    5,
    {
      kind: 'schema',
      read: () => {
        throw new Error('quotes what it read')
      },
    },
  ],
])

const head = (id: number) => {
  const bytes = Buffer.alloc(5)
  bytes.writeInt32BE(id, 1)
  return bytes
}
const wire = (id: number, payload: string | Uint8Array) =>
  Buffer.concat([
    head(id),
    typeof payload === 'string' ? Buffer.from(payload.replaceAll(' ', ''), 'hex') : payload,
  ])
const decoded = (value: Uint8Array, format = eventFormats.native as Parameters<typeof withSchemas>[0]) =>
  decode({ value, timestamp: null }, Number.POSITIVE_INFINITY, withSchemas(format, schemas))
const said = (value: Uint8Array) => {
  const outcome = decoded(value)
  return outcome.kind === 'dead-letter' ? `${outcome.reason}: ${outcome.message}` : outcome.kind
}

describe('a value in the wire format', () => {
  test('is an event like any other, whatever it was written in', () => {
    for (const value of [wire(1, avroBytes), wire(2, Buffer.from(JSON.stringify(event)))]) {
      const outcome = decoded(value)
      assert(outcome.kind === 'ok', JSON.stringify(outcome))
      assert.deepEqual(outcome.value.raw, event)
      assert.equal(outcome.value.time, event.timestamp)
      assert.equal(outcome.value.format, 'native')
    }
  })

  test('goes through EVENT_FORMAT and FIELD_MAP as JSON does', () => {
    const call = { type: 'page', messageId: 'm', anonymousId: 'v', timestamp: '2026-11-24T10:00:00Z' }
    const value = wire(2, Buffer.from(JSON.stringify(call)))
    const map = compileFieldMap({
      eventId: '/messageId',
      tabId: '/anonymousId',
      type: { constant: 'x' },
      timestamp: '/timestamp',
    })
    assert(map.ok)
    for (const [format, name] of [
      [eventFormats.segment, 'segment'],
      [eventFormats.auto, 'segment'],
      [map.format, 'field-map'],
    ] as const) {
      const outcome = decoded(value, format)
      assert(outcome.kind === 'ok', JSON.stringify(outcome))
      assert.equal(outcome.value.format, name)
    }
  })

  test('is a dead letter where its schema is unknown, cannot be used, or is of other bytes', () => {
    assert.equal(said(wire(4, '')), 'unknown-schema: the schema registry has no schema 4')
    assert.equal(said(wire(99, '')), 'unknown-schema: the schema registry has no schema 99')
    assert.equal(said(wire(3, '')), 'unusable-schema: schema 3: cannot be compiled')
    assert.equal(said(wire(1, '02')), 'invalid-payload: of schema 1: it ends too early')
    assert.equal(said(wire(2, '22')), 'invalid-payload: of schema 2: it is not JSON')
    assert.equal(said(wire(2, Buffer.from('[]'))), 'invalid-payload: of schema 2: it is no object')
    assert.equal(said(wire(5, '')), 'invalid-payload: of schema 5: it does not fit the schema')
  })

  test('is a dead letter without a zero byte and an id', () => {
    assert.match(said(Buffer.from(JSON.stringify(event))), /^no-schema-id: begins with the byte 123, /)
    assert.match(said(Buffer.from([0, 0, 0, 1])), /^no-schema-id: behind the zero byte is no id/)
    assert.match(said(Buffer.from([])), /^no-schema-id: /)
    assert.match(said(wire(-2, avroBytes)), /^no-schema-id: /)
    assert.equal(schemaIdOf(null), null)
    assert.equal(schemaIdOf(wire(-1, '')), null)
    assert.equal(schemaIdOf(wire(2 ** 31 - 1, '')), 2 ** 31 - 1)
    // A view into a larger buffer, as kafkajs gives them.
    assert.equal(schemaIdOf(Buffer.concat([Buffer.alloc(3), wire(7, '')]).subarray(3)), 7)
  })

  test('control records are text all the same, and nothing in a schema is one', () => {
    const erase = { sessionloom: 'erase', profileId: 'p' }
    assert.equal(decoded(Buffer.from(JSON.stringify(erase))).kind, 'control')
    assert.match(said(wire(2, Buffer.from(JSON.stringify(erase)))), /^invalid-control: /)
    assert.match(said(Buffer.from('{"sessionloom":"dance"}')), /^invalid-control: /)
  })

  test('of too many levels or bytes is refused as any other', () => {
    const deep = `${'{"a":'.repeat(30)}1${'}'.repeat(30)}`
    assert.match(said(wire(2, Buffer.from(deep))), /^too-deep: /)
    assert.match(said(wire(2, Buffer.alloc(1024 * 1024))), /^too-large: /)
  })
})
