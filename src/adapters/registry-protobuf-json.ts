// A decoded Protobuf message as JSON: as Protobuf's own mapping has it (https://protobuf.dev/programming-guides/json/), but
// for integers of 64 bits, which are numbers where these are exact.
import protobuf from 'protobufjs'
import protojson from 'protobufjs/ext/protojson.js'
import { base64 } from '../core/formats/avro-logical.ts'
import type { Json } from '../core/json.ts'

type Message = { readonly [field: string]: unknown }
type Converter = (message: object) => Json

/** By type: names and kinds of types are looked up in a tree. */
const converters = new WeakMap<protobuf.Type, Converter>()

export function jsonOf(message: object, type: protobuf.Type): Json {
  let convert = converters.get(type)
  if (convert === undefined) {
    convert = converterOf(type)
    converters.set(type, convert)
  }
  return convert(message)
}

function converterOf(type: protobuf.Type): Converter {
  const { fullName, fieldsArray } = type
  if (/^\.google\.protobuf\.U?Int64Value$/.test(fullName))
    return message => integer((message as Message).value)
  // What is in an `Any` may be of any type, and is left as bytes.
  if (fullName.startsWith('.google.protobuf.') && fullName !== '.google.protobuf.Any')
    return message => protojson.toJson(type, message) as Json
  return message =>
    Object.fromEntries(
      fieldsArray
        .filter(field => isSet(message, field))
        .map(field => [field.jsonName ?? field.name, fieldOf((message as Message)[field.name], field)]),
    )
}

/** Lists and maps are there in every message, and left out in JSON where nothing is in them. */
function isSet(message: object, field: protobuf.Field): boolean {
  if (!Object.hasOwn(message, field.name)) return false
  const value = (message as Message)[field.name]
  if (field.map) return Object.keys(value as object).length > 0
  return !field.repeated || (value as unknown[]).length > 0
}

function fieldOf(value: unknown, field: protobuf.Field): Json {
  if (field instanceof protobuf.MapField)
    return Object.fromEntries(
      Object.entries(value as object).map(([key, item]) => [keyOf(key, field), single(item, field)]),
    )
  return field.repeated ? (value as unknown[]).map(item => single(item, field)) : single(value, field)
}

const longTypes = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64'])

/** Of 64 bits, they are held as eight characters. */
function keyOf(key: string, { keyType }: protobuf.MapField): string {
  if (!longTypes.has(keyType) || key.length !== 8) return key
  return String(protobuf.util.LongBits.fromHash(key).toLong(keyType === 'uint64' || keyType === 'fixed64'))
}

function single(value: unknown, { resolvedType, type }: protobuf.Field): Json {
  if (resolvedType instanceof protobuf.Type) return jsonOf(value as object, resolvedType)
  if (resolvedType instanceof protobuf.Enum) return symbolOf(value as number, resolvedType)
  if (longTypes.has(type)) return integer(value)
  if (value instanceof Uint8Array) return base64(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  return value as Json
}

/** Numbers that a later version of the schema has names for stay numbers. */
const symbolOf = (value: number, { fullName, valuesById }: protobuf.Enum): Json =>
  fullName === '.google.protobuf.NullValue' ? null : (valuesById[value] ?? value)

function integer(value: unknown): Json {
  const exact = Number(String(value ?? 0))
  return Number.isSafeInteger(exact) ? exact : String(value)
}
