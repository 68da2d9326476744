// Avro: a schema, compiled to what reads the payloads that were written with it.
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { base64, logicalReader } from './avro-logical.ts'
import { BinaryCursor, PayloadFault } from './binary-cursor.ts'
import type { PayloadReader } from './wire-format.ts'

export type AvroReader = (cursor: BinaryCursor) => Json

/** Named types by full name. A type may be used inside of its own definition. */
type Names = Map<string, AvroReader>

/**
 * Compiles a schema. `references`: the schemas whose types it names, those that others need first.
 * @throws Error for what is no schema
 */
export function compileAvro(schema: string, references: readonly string[] = []): PayloadReader {
  const names: Names = new Map()
  for (const reference of references) compile(JSON.parse(reference) as Json, '', names)
  const read = compile(JSON.parse(schema) as Json, '', names)
  return payload => {
    const cursor = new BinaryCursor(payload)
    const value = read(cursor)
    if (!cursor.isAtEnd) throw new PayloadFault('goes on behind its end')
    return value
  }
}

const primitives: Readonly<Record<string, AvroReader>> = {
  null: () => null,
  boolean: cursor => cursor.byte() !== 0,
  int: cursor => plain(cursor.long()),
  long: cursor => plain(cursor.long()),
  // JSON has no other numbers.
  float: cursor => finite(cursor.float()),
  double: cursor => finite(cursor.double()),
  bytes: cursor => base64(cursor.raw(cursor.size())),
  string: cursor => cursor.string(),
}

/** Exact: what a double cannot hold is written in digits. */
const plain = (value: number | bigint): Json => (typeof value === 'bigint' ? String(value) : value)
const finite = (value: number): Json => (Number.isFinite(value) ? value : null)

function compile(schema: Json | undefined, namespace: string, names: Names): AvroReader {
  if (typeof schema === 'string') return byName(schema, namespace, names)
  if (Array.isArray(schema)) return unionReader(schema.map(branch => compile(branch, namespace, names)))
  if (!isJsonObject(schema)) throw new Error('expected a type')
  const { type } = schema
  switch (type) {
    case 'record':
    case 'error':
      return recordReader(schema, namespace, names)
    case 'enum':
      return named(schema, namespace, names, enumReader(schema))
    case 'fixed':
      return named(schema, namespace, names, logicalReader(schema) ?? fixedReader(schema))
    case 'array':
      return arrayReader(compile(schema.items, namespace, names))
    case 'map':
      return mapReader(compile(schema.values, namespace, names))
    default:
      return logicalReader(schema) ?? compile(type, namespace, names)
  }
}

function byName(name: string, namespace: string, names: Names): AvroReader {
  if (Object.hasOwn(primitives, name)) return primitives[name] as AvroReader
  const reader = names.get(fullName(name, namespace)) ?? names.get(name)
  if (reader === undefined) throw new Error(`no type ${name}`)
  return reader
}

const fullName = (name: string, namespace: string): string =>
  name.includes('.') || namespace === '' ? name : `${namespace}.${name}`

function nameOf({ name, namespace }: JsonObject, outer: string): string {
  if (typeof name !== 'string') throw new Error('a named type has no name')
  return fullName(name, typeof namespace === 'string' ? namespace : outer)
}

function named(schema: JsonObject, namespace: string, names: Names, reader: AvroReader): AvroReader {
  names.set(nameOf(schema, namespace), reader)
  return reader
}

function recordReader(schema: JsonObject, outer: string, names: Names): AvroReader {
  const name = nameOf(schema, outer)
  if (!Array.isArray(schema.fields)) throw new Error(`record ${name} has no fields`)
  let fields: readonly (readonly [string, AvroReader])[] = []
  const read: AvroReader = cursor => {
    cursor.enter()
    const entries: [string, Json][] = []
    for (const [field, reader] of fields) {
      cursor.countValue()
      entries.push([field, reader(cursor)])
    }
    cursor.leave()
    // Not by assignment: a field may be called `__proto__`.
    return Object.fromEntries(entries)
  }
  names.set(name, read)
  const namespace = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : ''
  fields = (schema.fields as readonly Json[]).map(field => {
    if (!isJsonObject(field) || typeof field.name !== 'string')
      throw new Error(`record ${name} has a field without a name`)
    return [field.name, compile(field.type, namespace, names)] as const
  })
  return read
}

function enumReader({ symbols }: JsonObject): AvroReader {
  if (!Array.isArray(symbols)) throw new Error('an enum has no symbols')
  return cursor => {
    const symbol: Json | undefined = symbols[cursor.size()]
    if (symbol === undefined) throw new PayloadFault('has a symbol that its enum has not')
    return symbol
  }
}

function fixedReader({ size }: JsonObject): AvroReader {
  if (!Number.isInteger(size) || (size as number) < 0) throw new Error('a fixed type has no size')
  return cursor => base64(cursor.raw(size as number))
}

/** The value alone: nothing tells later which branch it was of. */
function unionReader(branches: readonly AvroReader[]): AvroReader {
  return cursor => {
    const branch = branches[cursor.size()]
    if (branch === undefined) throw new PayloadFault('has a branch that its union has not')
    return branch(cursor)
  }
}

function arrayReader(item: AvroReader): AvroReader {
  return cursor => {
    const items: Json[] = []
    inBlocks(cursor, () => items.push(item(cursor)))
    return items
  }
}

function mapReader(value: AvroReader): AvroReader {
  return cursor => {
    const entries: [string, Json][] = []
    inBlocks(cursor, () => entries.push([cursor.string(), value(cursor)]))
    return Object.fromEntries(entries)
  }
}

/** Blocks of so many items each; below zero, the size of the block in bytes comes behind the count. */
function inBlocks(cursor: BinaryCursor, readItem: () => void): void {
  cursor.enter()
  for (;;) {
    const count = Number(cursor.long())
    if (count === 0) break
    if (count < 0) cursor.long()
    for (let left = Math.abs(count); left > 0; left--) {
      cursor.countValue()
      readItem()
    }
  }
  cursor.leave()
}
