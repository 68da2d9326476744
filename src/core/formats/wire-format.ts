// Values in the wire format of schema registries: a zero byte, the id of a schema in four bytes, and a payload that was
// written with it. https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html
import { isControl } from '../control.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { deadLetter, type Outcome, ok } from '../outcome.ts'
import { PayloadFault } from './binary-cursor.ts'
import type { Format } from './format.ts'

/** What is behind the id, as JSON. @throws PayloadFault for bytes that do not fit the schema */
export type PayloadReader = (payload: Uint8Array) => unknown

/** A schema, or why nothing can be read with it. */
export type WrittenSchema =
  | { readonly kind: 'schema'; readonly read: PayloadReader }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unusable'; readonly reason: string }

/** By id: those of a batch, all of which are there. */
export type WrittenSchemas = ReadonlyMap<number, WrittenSchema>

const magicByte = 0
const headLength = 5

/** Null for what is not in the wire format. Ids are Java's integers: of those below zero no registry has any. */
export function schemaIdOf(value: Uint8Array | null): number | null {
  if (value === null || value.length < headLength || value[0] !== magicByte) return null
  const id = new DataView(value.buffer, value.byteOffset).getInt32(1)
  return id < 0 ? null : id
}

/** The format for records that were written with these schemas. */
export function withSchemas(format: Format, schemas: WrittenSchemas): Format {
  return { ...format, read: value => readWireFormat(value, schemas) }
}

function readWireFormat(value: Uint8Array, schemas: WrittenSchemas): Outcome<JsonObject> {
  const id = schemaIdOf(value)
  if (id === null) return controlIn(value) ?? noSchemaId(value)
  const schema = schemas.get(id) ?? { kind: 'unknown' }
  if (schema.kind === 'unknown')
    return deadLetter('unknown-schema', `the schema registry has no schema ${id}`)
  if (schema.kind === 'unusable') return deadLetter('unusable-schema', `schema ${id}: ${schema.reason}`)
  try {
    const read = schema.read(value.subarray(headLength)) as Json
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

const noSchemaId = (value: Uint8Array) =>
  deadLetter(
    'no-schema-id',
    value[0] === magicByte
      ? 'behind the zero byte is no id of a schema'
      : `begins with the byte ${value[0] ?? 'that is missing'}, not with a zero byte`,
  )

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
