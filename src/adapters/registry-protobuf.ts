// Protobuf: a schema, parsed and compiled by protobufjs to what reads the payloads that were written with it.
import protobuf from 'protobufjs'
import protojson from 'protobufjs/ext/protojson.js'
import { base64 } from '../core/formats/avro-logical.ts'
import { BinaryCursor, PayloadFault } from '../core/formats/binary-cursor.ts'
import type { PayloadReader } from '../core/formats/wire-format.ts'
import type { Json } from '../core/json.ts'

export type ProtoFile = {
  /** As others import it. */
  readonly name: string
  readonly source: string
}

/**
 * Compiles a file. `references`: the files that it imports, those that others import first.
 * @throws Error for what is no schema
 */
export function compileProtobuf(source: string, references: readonly ProtoFile[]): PayloadReader {
  const root = new protobuf.Root()
  const given = new Set(references.map(({ name }) => name))
  for (const reference of references) addFile(root, reference.source, given)
  const before = new Set(allMessages(root))
  const { package: name } = addFile(root, source, given)
  root.resolveAll()
  // Its own, in the order of the file: a package may have others.
  const own = messagesOf(namespaceOf(root, name)).filter(type => !before.has(type))
  return payload => {
    const cursor = new BinaryCursor(payload)
    const type = messageAt(own, indexesOf(cursor))
    return jsonOf(type.decode(cursor.rest()), type)
  }
}

function addFile(root: protobuf.Root, source: string, given: ReadonlySet<string>): protobuf.IParserResult {
  const parsed = protobuf.parse(source, root)
  for (const name of [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])])
    if (!given.has(name)) addBundled(root, name)
  return parsed
}

/** Google's own types are referred to by nobody. Of what is not there, only options may be needed, which we do not. */
function addBundled(root: protobuf.Root, name: string): void {
  const file = protobuf.common.get(name)
  if (file?.nested !== undefined) root.addJSON(file.nested)
}

/** Messages of a file, or of a message, in their order. */
function messagesOf(parent: protobuf.NamespaceBase): protobuf.Type[] {
  return parent.nestedArray.filter(nested => nested instanceof protobuf.Type)
}

/** Those of all packages. */
function allMessages(namespace: protobuf.NamespaceBase): protobuf.Type[] {
  const inner = namespace.nestedArray.filter(
    nested => nested instanceof protobuf.Namespace && !(nested instanceof protobuf.Type),
  )
  return [...messagesOf(namespace), ...inner.flatMap(nested => allMessages(nested as protobuf.Namespace))]
}

function namespaceOf(root: protobuf.Root, name: string | undefined): protobuf.NamespaceBase {
  return name === undefined ? root : (root.lookup(name) as protobuf.NamespaceBase)
}

/** No file nests messages this deep. */
const maxIndexes = 64

/** Which message it is: its place in the file, then in that message. None stands for the first. */
function indexesOf(cursor: BinaryCursor): readonly number[] {
  const count = cursor.size()
  if (count > maxIndexes) throw new PayloadFault(`has ${count} message indexes`)
  return count === 0 ? [0] : Array.from({ length: count }, () => cursor.size())
}

function messageAt(own: readonly protobuf.Type[], indexes: readonly number[]): protobuf.Type {
  let [among, type]: [readonly protobuf.Type[], protobuf.Type | undefined] = [own, undefined]
  for (const index of indexes) {
    type = among[index]
    if (type === undefined)
      throw new PayloadFault(`has message indexes ${indexes.join(', ')}, which its schema has not`)
    among = messagesOf(type)
  }
  return type as protobuf.Type
}

type Message = { readonly [field: string]: unknown }

/** As Protobuf's own mapping to JSON, but for integers of 64 bits, which are numbers where these are exact. */
function jsonOf(message: object, type: protobuf.Type): Json {
  if (/^\.google\.protobuf\.U?Int64Value$/.test(type.fullName)) return integer((message as Message).value)
  if (type.fullName !== anyName && type.fullName.startsWith('.google.protobuf.'))
    return protojson.toJson(type, message) as Json
  const entries = type.fieldsArray
    .filter(field => isSet(message, field))
    .map(field => [field.jsonName ?? field.name, fieldOf((message as Message)[field.name], field)] as const)
  return Object.fromEntries(entries)
}

/** Lists and maps are there in every message, and left out in JSON where nothing is in them. */
function isSet(message: object, field: protobuf.Field): boolean {
  if (!Object.hasOwn(message, field.name)) return false
  const value = (message as Message)[field.name]
  if (field.map) return Object.keys(value as object).length > 0
  return !field.repeated || (value as unknown[]).length > 0
}

/** What is in it may be of any type, and is left as bytes. */
const anyName = '.google.protobuf.Any'

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
