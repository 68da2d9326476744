// Values in the wire format of schema registries: a zero byte, the id of a schema in four bytes, and a payload that was
// written with it; or a one, and the schema's GUID in sixteen. Before the payload, or in a header of the record.
// https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html
import { isControl } from '../control.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { deadLetter, type Outcome, ok } from '../outcome.ts'
import { headerBytes, type RecordHeaders } from '../record-headers.ts'
import { PayloadFault } from './binary-cursor.ts'
import type { Format } from './format.ts'

/** What is behind the id, as JSON. @throws PayloadFault for bytes that do not fit the schema */
export type PayloadReader = (payload: Uint8Array) => unknown

/** A schema, or why nothing can be read with it. */
export type WrittenSchema =
  | { readonly kind: 'schema'; readonly read: PayloadReader }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unusable'; readonly reason: string }

/** What names a schema: its number in one registry, or its GUID in all. */
export type SchemaId = number | string

/** By id: those of a batch, all of which are there. */
export type WrittenSchemas = ReadonlyMap<SchemaId, WrittenSchema>

/** Written by Confluent's `HeaderSchemaIdSerializer`. Where it is, the value has nothing before its payload. */
const idHeader = '__value_schema_id'

/** What begins with one of these names a schema. */
const marks = { id: 0, guid: 1 }
const [idLength, guidLength] = [5, 17]

/** Null for what is not in the wire format. */
export function schemaIdOf(value: Uint8Array | null, headers: RecordHeaders = {}): SchemaId | null {
  return value === null ? null : idIn(headerIn(headers) ?? value)
}

/** Null also for one without a value, which is empty in a record that was written again. */
function headerIn(headers: RecordHeaders): Uint8Array | null {
  const header = headerBytes(headers, idHeader)
  return header === null || header.length === 0 ? null : header
}

/** Ids are Java's integers: of those below zero no registry has any. */
function idIn(bytes: Uint8Array): SchemaId | null {
  if (bytes[0] === marks.guid && bytes.length >= guidLength) return guidOf(bytes.subarray(1, guidLength))
  if (bytes[0] !== marks.id || bytes.length < idLength) return null
  const id = new DataView(bytes.buffer, bytes.byteOffset).getInt32(1)
  return id < 0 ? null : id
}

const guidOf = (bytes: Uint8Array): string =>
  Array.from(bytes, byte => byte.toString(16).padStart(2, '0'))
    .join('')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

const afterId = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(bytes[0] === marks.guid ? guidLength : idLength)

/** In a header, the message indexes of Protobuf come behind the id, too: together they are what a value alone would be. */
function payloadOf(value: Uint8Array, header: Uint8Array | null): Uint8Array {
  if (header === null) return afterId(value)
  const indexes = afterId(header)
  if (indexes.length === 0) return value
  const payload = new Uint8Array(indexes.length + value.length)
  payload.set(indexes)
  payload.set(value, indexes.length)
  return payload
}

/** The format for records that were written with these schemas. */
export function withSchemas(format: Format, schemas: WrittenSchemas): Format {
  return { ...format, read: (value, headers) => readWireFormat(value, headers, schemas) }
}

function readWireFormat(
  value: Uint8Array,
  headers: RecordHeaders,
  schemas: WrittenSchemas,
): Outcome<JsonObject> {
  const header = headerIn(headers)
  const id = idIn(header ?? value)
  if (id === null) return controlIn(value) ?? noSchemaId(value, header)
  const schema = schemas.get(id) ?? { kind: 'unknown' }
  if (schema.kind === 'unknown')
    return deadLetter('unknown-schema', `the schema registry has no schema ${id}`)
  if (schema.kind === 'unusable') return deadLetter('unusable-schema', `schema ${id}: ${schema.reason}`)
  try {
    const read = schema.read(payloadOf(value, header)) as Json
    if (!isJsonObject(read)) return deadLetter('invalid-payload', `of schema ${id}: it is no object`)
    // What must reach every partition is looked for as text.
    if (isControl(read)) return deadLetter('invalid-control', 'a control record is written as text')
    return ok(read)
  } catch (error) {
    // Anything else quotes what it was given.
    const fault = error instanceof PayloadFault ? error.message : 'does not fit the schema'
    return deadLetter('invalid-payload', `of schema ${id}: it ${fault}`)
  }
}

function noSchemaId(value: Uint8Array, header: Uint8Array | null) {
  if (header !== null) return deadLetter('no-schema-id', `the header ${idHeader} holds no id of a schema`)
  return deadLetter(
    'no-schema-id',
    value[0] === marks.id
      ? 'behind the zero byte is no id of a schema'
      : `begins with the byte ${value[0] ?? 'that is missing'}, not with a zero byte`,
  )
}

/** Erasures and repairs are written into the topic as text, whatever the events are in. */
function controlIn(value: Uint8Array): Outcome<JsonObject> | null {
  const text = jsonOf(value)
  return isJsonObject(text) && isControl(text) ? ok(text) : null
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Undefined for what is no JSON. */
function jsonOf(bytes: Uint8Array): Json | undefined {
  try {
    return JSON.parse(utf8.decode(bytes)) as Json
  } catch {
    return undefined
  }
}

/** The payloads of a JSON Schema: its producers have held them against it, and we hold events against our own. */
export function readJsonPayload(payload: Uint8Array): Json {
  const value = jsonOf(payload)
  if (value === undefined) throw new PayloadFault('is not JSON')
  return value
}
