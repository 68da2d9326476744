// The contract of a raw event (one JSON object per record) and `decode`, which gives an event or the
// reason why there is none.
import { z } from 'zod'
import { type Control, controlOf, isControl } from './control.ts'
import { type Origin, recordTimeOf, type TimedEvent, withTimes } from './event-time.ts'
import { mayBeEnveloped } from './formats/cloudevents.ts'
import type { Format, Mapped, Unjudged } from './formats/format.ts'
import { nativeFormat } from './formats/native.ts'
import { readEvent } from './formats/read-event.ts'
import { isDeeperThan, isJsonObject, type JsonObject } from './json.ts'
import { keyedFault, maxKeyLength, maxKeys } from './keyed-limits.ts'
import { deadLetter, type Outcome } from './outcome.ts'
import type { RecordHeaders } from './record-headers.ts'

export const maxRecordBytes = 1024 * 1024
export const maxDepth = 20
const text = (limit: number) => z.string().max(limit).nullish()
const instant = z.union([z.string(), z.number()]).nullish()
/** Pixels; zoomed browsers report fractions. */
const size = z.number().min(0).max(100_000).nullish()

/** User-supplied objects: kept as they are, bounded so that Elasticsearch's `flattened` takes them. */
const keyed = z
  .custom<JsonObject>(isJsonObject, 'expected an object')
  .superRefine((object, context) => {
    const message = keyedFault(object)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })
  .meta({
    type: 'object',
    maxProperties: maxKeys,
    propertyNames: { minLength: 1, maxLength: maxKeyLength },
  })
  .nullish()

const geo = z.object({
  country: z.object({ name: text(256), code: text(16) }).nullish(),
  city: text(256),
  county: text(256),
  region: text(256),
  postal: text(32),
  latitude: z.union([z.number(), z.string().max(32)]).nullish(),
  longitude: z.union([z.number(), z.string().max(32)]).nullish(),
  time_zone: text(64),
  asn: z.number().int().min(0).max(4_294_967_295).nullish(),
  as_org: text(256),
})

const context = z.object({
  ip: text(64),
  userAgent: text(8192),
  clientHints: z.custom<JsonObject>(isJsonObject, 'expected an object').meta({ type: 'object' }).nullish(),
  locale: text(64),
  timeZone: text(64),
  channel: text(128),
  aux: keyed,
  page: z.object({ url: text(8192), title: text(2048), referrer: text(8192) }).nullish(),
  screen: z
    .object({
      width: size,
      height: size,
      colorDepth: z.union([size, z.string().max(16)]).nullish(),
      orientation: text(64),
      touch: z.union([z.boolean(), size]).nullish(),
    })
    .nullish(),
  viewport: z.object({ width: size, height: size }).nullish(),
  utm: z
    .object({
      source: text(512),
      medium: text(512),
      campaign: text(512),
      term: text(512),
      content: text(512),
    })
    .nullish(),
  app: z.object({ type: text(64), name: text(256), version: text(128), language: text(64) }).nullish(),
  geo: geo.nullish(),
})

/** The contract of one Kafka value. Unknown fields are ignored; null is the same as absent. */
export const rawEventSchema = z.object({
  eventId: z
    .string()
    .min(1)
    .max(128)
    .describe('Identifies the event together with its time; a repeat of both counts once'),
  tabId: z
    .string()
    .min(1)
    .max(256)
    .describe('The browser tab; all events of a tab must reach one partition (key by it)'),
  type: z.string().min(1).max(64).describe('`page-view`, `search`, `conversion`, or any other name'),
  timestamp: instant.describe(
    'When it happened: ISO 8601 with offset, or epoch ms; without it, when it was received',
  ),
  receivedAt: instant.describe('When the collector got it'),
  sentAt: instant.describe(
    'Client clock when it was sent; with `receivedAt` it corrects a wrong client clock',
  ),
  query: text(2048).describe('The search text'),
  value: z.number().min(-1e9).max(1e9).nullish().describe('Of a conversion'),
  site: text(128).describe('Which site or application, where several share a topic'),
  profile: z
    .object({ id: z.string().min(1).max(256), primaryId: text(256), metadata: keyed })
    .nullish()
    .describe('Who it was; taken whole from the latest event that has one'),
  context: context.nullish().describe('Browser, page, device and campaign; every part optional'),
  properties: keyed.describe(
    'Merged into the session; per key the latest event wins, null removes. Up to 256 keys, and in one value up to 16,384 characters and 1,024 parts',
  ),
  traits: keyed.describe('As `properties`'),
  aux: keyed.describe('As `properties`'),
})

export type RawEvent = z.infer<typeof rawEventSchema>
export type EventContext = NonNullable<RawEvent['context']>

/** What `decode` needs of a record: its bytes and, from a broker, its timestamp (epoch ms) and headers. */
export type EncodedRecord = {
  readonly value: Uint8Array | null
  readonly timestamp: number | null
  readonly headers?: RecordHeaders
}

/** What a record is: an event, a control, or neither. */
export type Decoded = Outcome<TimedEvent> | { readonly kind: 'control'; readonly control: Control }

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Decodes one record. `maxLatenessMs` is measured against the time at which the record was received,
 * so a replay decides the same; Infinity switches the check off.
 */
export function decode(record: EncodedRecord, maxLatenessMs: number, format: Format = nativeFormat): Decoded {
  if (record.value === null) return deadLetter('empty-value', 'the record has no value')
  if (record.value.length > maxRecordBytes)
    return deadLetter('too-large', `the value has ${record.value.length} bytes, over ${maxRecordBytes}`)
  let text: string
  try {
    text = utf8.decode(record.value)
  } catch {
    return deadLetter('invalid-utf8', 'the value is not UTF-8')
  }
  const value = parse(text, format)
  // The engine's message quotes the input, which may be personal data.
  if (value === undefined) return deadLetter('invalid-json', 'the value is not valid JSON')
  if (!isJsonObject(value)) return deadLetter('invalid-json', 'the value is JSON, but not an object')
  if (isDeeperThan(value, maxDepth)) return tooDeep()
  if (isControl(value)) return decodeControl(value)
  const { headers = noHeaders } = record
  const recordTime = recordTimeOf(record.timestamp, headers)
  if (format.map === null && !mayBeEnveloped(value, headers))
    return decodeEvent(value, nativeOrigin, recordTime, maxLatenessMs)
  return decodeMapped(readEvent(value, headers, format), format, recordTime, maxLatenessMs)
}

const noHeaders: RecordHeaders = {}

/** Undefined for what is neither JSON nor anything else that the format knows. */
function parse(text: string, format: Format): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return format.parse?.(text) ?? undefined
  }
}

const tooDeep = () => deadLetter('too-deep', `nested more than ${maxDepth} levels deep`)

function decodeMapped(
  read: Outcome<Mapped>,
  format: Format,
  recordTime: number | null,
  maxLatenessMs: number,
): Outcome<TimedEvent> {
  if (read.kind === 'dead-letter') return read
  const { event, format: name, tabIdFrom } = read.value
  // A text that was taken apart may have held JSON of any depth.
  if (isDeeperThan(event, maxDepth)) return tooDeep()
  if (tabIdFrom === null)
    return deadLetter('invalid-event', `tabId: none of ${format.tabIdChain.join(', ')} is there`)
  return decodeEvent(event, { format: name, tabIdFrom }, recordTime, maxLatenessMs)
}

const nativeOrigin: Origin = { format: nativeFormat.name, tabIdFrom: 'tabId' }

function decodeEvent(
  event: Unjudged,
  origin: Origin,
  recordTime: number | null,
  maxLatenessMs: number,
): Outcome<TimedEvent> {
  const parsed = rawEventSchema.safeParse(event)
  if (!parsed.success) return deadLetter('invalid-event', describeIssues(parsed.error))
  // As UTF-8, all lone surrogates are the same: tabs that differ in them would share the ids of their sessions.
  const { eventId, tabId } = parsed.data
  if (!eventId.isWellFormed() || !tabId.isWellFormed())
    return deadLetter('invalid-event', 'eventId or tabId: has half of a surrogate pair')
  return withTimes(parsed.data, origin, recordTime, maxLatenessMs)
}

function decodeControl(value: JsonObject): Decoded {
  const control = controlOf(value)
  if (control !== null) return { kind: 'control', control }
  return deadLetter('invalid-control', 'the value has the field `sessionloom`, but is no control record')
}

/** Paths and expectations of the first faults. Never the values: they may be personal data. */
function describeIssues(error: z.ZodError): string {
  const issues = error.issues.slice(0, 3).map(issue => `${issue.path.join('.') || 'event'}: ${issue.message}`)
  const more = error.issues.length - issues.length
  return issues.join('; ') + (more > 0 ? `; and ${more} more` : '')
}
