import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import avsc from 'avsc'
import { decode } from '../../../../src/core/decode.ts'
import { compileAvro } from '../../../../src/core/formats/avro.ts'
import { eventFormats } from '../../../../src/core/formats/event-formats.ts'
import { compileFieldMap } from '../../../../src/core/formats/field-map.ts'
import {
  readJsonPayload,
  type SchemaId,
  schemaIdOf,
  type WrittenSchema,
  withSchemas,
} from '../../../../src/core/formats/wire-format.ts'
import type { RecordHeaders } from '../../../../src/core/record-headers.ts'

const event = { eventId: 'e', tabId: 't', type: 'click', timestamp: 1_732_442_400_000 }
const strings = ['eventId', 'tabId', 'type'].map(name => ({ name, type: 'string' }))
const eventSchema: avsc.Schema = {
  type: 'record',
  name: 'Event',
  fields: [...strings, { name: 'timestamp', type: 'long' }],
}
const avro = compileAvro(JSON.stringify(eventSchema))
const avroBytes = avsc.Type.forSchema(eventSchema).toBuffer(event)
const guid = '01234567-89ab-cdef-0123-456789abcdef'
const guidHead = Buffer.from(`01${guid.replaceAll('-', '')}`, 'hex')
const schemas = new Map<SchemaId, WrittenSchema>([
  [guid, { kind: 'schema', read: avro }],
  // Gives what it is given.
  [6, { kind: 'schema', read: payload => ({ ...event, properties: { payload: [...payload].join() } }) }],
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
const decoded = (
  value: Uint8Array,
  format = eventFormats.native as Parameters<typeof withSchemas>[0],
  headers: RecordHeaders = {},
) => decode({ value, timestamp: null, headers }, Number.POSITIVE_INFINITY, withSchemas(format, schemas))
const named = (header: Uint8Array | string) => ({ __value_schema_id: header })
const said = (value: Uint8Array, headers: RecordHeaders = {}) => {
  const outcome = decoded(value, eventFormats.native, headers)
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

  test('may name its schema by GUID, and in a header before it', () => {
    const inHeader: readonly [Uint8Array, RecordHeaders][] = [
      [Buffer.concat([guidHead, avroBytes]), {}],
      [avroBytes, named(guidHead)],
      [avroBytes, named(head(1))],
      // Of several the last one counts, and one without a value, which Kafka allows, counts for nothing.
      [avroBytes, { __value_schema_id: [head(4), guidHead] }],
      [wire(1, avroBytes), { __value_schema_id: null } as unknown as RecordHeaders],
      [wire(1, avroBytes), named('')],
    ]
    for (const [value, headers] of inHeader) {
      const outcome = decoded(value, eventFormats.native, headers)
      assert(outcome.kind === 'ok', JSON.stringify(outcome))
      assert.deepEqual(outcome.value.raw, event)
    }
  })

  test('has what its header says behind the id before it: the message indexes of Protobuf', () => {
    const outcome = decoded(
      Buffer.of(8, 9),
      eventFormats.native,
      named(Buffer.concat([head(6), Buffer.of(4, 2)])),
    )
    assert(outcome.kind === 'ok')
    assert.equal(outcome.value.raw.properties?.payload, '4,2,8,9')
  })

  test('is a dead letter where its header holds no id, or one that nobody knows', () => {
    const unknown = Buffer.concat([Buffer.of(1), Buffer.alloc(16)])
    assert.equal(
      said(avroBytes, named(unknown)),
      'unknown-schema: the schema registry has no schema 00000000-0000-0000-0000-000000000000',
    )
    for (const header of ['7', guidHead.subarray(0, 16), head(-1), Buffer.of(2, 0, 0, 0, 1)])
      assert.equal(
        said(wire(1, avroBytes), named(header)),
        'no-schema-id: the header __value_schema_id holds no id of a schema',
      )
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
