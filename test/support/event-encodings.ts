// Raw events as serializers of a schema registry write them: by avsc and protobufjs, and in the registry's wire format.
import avsc from 'avsc'
import protobuf from 'protobufjs'
import { register } from './schema-registry.ts'

/** A raw event of `format-writers.ts`. */
export type PlainEvent = {
  readonly timestamp: number
  readonly receivedAt: number
  readonly [field: string]: unknown
}

export type Encoding = {
  readonly name: 'Avro' | 'JSON Schema' | 'Protobuf'
  readonly id: number
  /** A record's value. */
  readonly write: (event: PlainEvent) => Buffer
  /** How many bytes of it come before the payload: the id, and of Protobuf the message indexes. */
  readonly headLength: number
}

const headLength = 5

const optional = (type: unknown) => ['null', type]
const fieldsOf = (fields: Readonly<Record<string, unknown>>) =>
  Object.entries(fields).map(([name, type]) => ({
    name,
    type,
    ...(Array.isArray(type) && { default: null }),
  }))
const avroRecord = (name: string, fields: Readonly<Record<string, unknown>>) => ({
  type: 'record',
  name,
  namespace: 'shop.events',
  fields: fieldsOf(fields),
})
const size = (name: string) => avroRecord(name, { width: 'int', height: 'double' })

const avroContext = avroRecord('Context', {
  ip: 'string',
  userAgent: 'string',
  locale: optional('string'),
  timeZone: optional('string'),
  page: avroRecord('Page', { url: 'string', title: 'string', referrer: optional('string') }),
  screen: size('Screen'),
  viewport: optional(size('Viewport')),
  utm: optional(avroRecord('Utm', { source: 'string', medium: 'string', campaign: 'string' })),
})
const avroEvent = avroRecord('Event', {
  eventId: 'string',
  tabId: 'string',
  type: { type: 'enum', name: 'Kind', symbols: ['view', 'conversion', 'cart'] },
  timestamp: { type: 'long', logicalType: 'timestamp-micros' },
  receivedAt: { type: 'long', logicalType: 'timestamp-millis' },
  value: optional('double'),
  profile: optional(avroRecord('Profile', { id: 'string' })),
  context: 'shop.events.Context',
  properties: { type: 'map', values: 'string' },
})

const kinds = { 'page-view': 'view', conversion: 'conversion', 'Added To Cart': 'cart' } as const

/** Symbols have no dashes or spaces: a FIELD_MAP has the words for them. */
export const encodedFieldMap = {
  eventId: '/eventId',
  tabId: '/tabId',
  type: {
    from: '/type',
    values: { ...Object.fromEntries(Object.entries(kinds).map(([word, symbol]) => [symbol, word])) },
  },
  timestamp: '/timestamp',
  receivedAt: '/receivedAt',
  value: '/value',
  profile: '/profile',
  context: '/context',
  properties: '/properties',
}

const kindOf = (event: PlainEvent) => kinds[event.type as keyof typeof kinds]

const protoContext = `syntax = "proto3";
package shop.events;
message Page { string url = 1; string title = 2; optional string referrer = 3; }
message Size { uint32 width = 1; double height = 2; }
message Utm { string source = 1; string medium = 2; string campaign = 3; }
message Context {
  string ip = 1;
  string user_agent = 2;
  optional string locale = 3;
  string time_zone = 4;
  Page page = 5;
  Size screen = 6;
  Size viewport = 7;
  Utm utm = 8;
}`
const protoEvent = `syntax = "proto3";
package shop.events;
import "google/protobuf/timestamp.proto";
import "shop/context.proto";
enum Kind { unknown = 0; view = 1; conversion = 2; cart = 3; }
message Heartbeat { int64 at = 1; }
message Event {
  message Profile { string id = 1; }
  string event_id = 1;
  string tab_id = 2;
  Kind type = 3;
  google.protobuf.Timestamp timestamp = 4;
  int64 received_at = 5;
  optional double value = 6;
  Profile profile = 7;
  Context context = 8;
  map<string, string> properties = 9;
}`
/** Of two indexes fewer than the longest: `[1]`, the second message of the file. */
const eventIndexes = Buffer.from([2, 2])

/** Registers the three schemas, two of which refer to others. */
export async function registerEncodings(url: string): Promise<readonly Encoding[]> {
  return [await avroEncoding(url), await jsonEncoding(url), await protobufEncoding(url)]
}

async function avroEncoding(url: string): Promise<Encoding> {
  await register(url, 'shop/context', 'AVRO', JSON.stringify(avroContext))
  const id = await register(url, 'avro-value', 'AVRO', JSON.stringify(avroEvent), [
    { name: 'shop.events.Context', subject: 'shop/context', version: 1 },
  ])
  const registry = {}
  avsc.Type.forSchema(avroContext as avsc.Schema, { registry })
  const type = avsc.Type.forSchema(avroEvent as avsc.Schema, { registry })
  return {
    name: 'Avro',
    id,
    headLength,
    write(event) {
      const context = { utm: null, ...(event.context as object) }
      const times = { timestamp: event.timestamp * 1_000, receivedAt: event.receivedAt }
      return wire(id, type.toBuffer({ ...event, ...times, type: kindOf(event), context }))
    },
  }
}

async function jsonEncoding(url: string): Promise<Encoding> {
  const schema = { $schema: 'http://json-schema.org/draft-07/schema#', title: 'Event', type: 'object' }
  const id = await register(url, 'json-value', 'JSON', JSON.stringify(schema))
  return {
    name: 'JSON Schema',
    id,
    headLength,
    write: event => wire(id, Buffer.from(JSON.stringify({ ...event, type: kindOf(event) }))),
  }
}

async function protobufEncoding(url: string): Promise<Encoding> {
  await register(url, 'shop/context.proto', 'PROTOBUF', protoContext)
  const id = await register(url, 'protobuf-value', 'PROTOBUF', protoEvent, [
    { name: 'shop/context.proto', subject: 'shop/context.proto', version: 1 },
  ])
  const root = new protobuf.Root()
  root.addJSON(protobuf.common.get('google/protobuf/timestamp.proto')?.nested ?? {})
  protobuf.parse(protoContext, root)
  protobuf.parse(protoEvent, root)
  const type = root.lookupType('shop.events.Event')
  return {
    name: 'Protobuf',
    id,
    headLength: headLength + eventIndexes.length,
    write(event) {
      const seconds = Math.floor(event.timestamp / 1_000)
      const timestamp = { seconds, nanos: (event.timestamp - seconds * 1_000) * 1e6 }
      const message = type.fromObject({ ...event, type: kindOf(event), timestamp })
      return wire(id, Buffer.concat([eventIndexes, type.encode(message).finish()]))
    },
  }
}

/** A zero byte, the schema's id, and what was written with it. */
export function wire(id: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(headLength)
  head.writeInt32BE(id, 1)
  return Buffer.concat([head, payload])
}
