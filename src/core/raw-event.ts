// The contract of a raw event (one JSON object per record) and `decode`, which gives an event or the
// reason why there is none.
import { z } from 'zod'
import { type Control, controlOf, isControl } from './control.ts'
import type { Format, Mapped } from './formats/format.ts'
import { nativeFormat } from './formats/native.ts'
import { readEvent } from './formats/read-event.ts'
import { maxInstantMs, parseInstant } from './instant.ts'
import { isDeeperThan, isJsonObject, type JsonObject } from './json.ts'
import { keyedFault } from './keyed-limits.ts'
import { deadLetter, type Outcome, ok } from './outcome.ts'
import { firstTimestamp, type RecordHeaders } from './record-headers.ts'

export const maxRecordBytes = 1024 * 1024
export const maxDepth = 20
/** A collector's clock may be ahead of the broker's by this much; beyond it the broker's wins. */
const receivedAheadMs = 5 * 60_000
/** A client clock off by no more than this is left alone: it is the way from client to collector. */
const skewToleranceMs = 5_000

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
  clientHints: z.custom<JsonObject>(isJsonObject, 'expected an object').nullish(),
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

/** A raw event with the time at which it counts. Times are epoch ms. */
export type TimedEvent = {
  readonly raw: RawEvent
  /** Event time: corrected for the client's clock, never after `received`. */
  readonly time: number
  readonly received: number
  /** How much the client's clock was put right, ms; 0 if it was left alone. */
  readonly clockSkewMs: number
  /** What the record was written in, and the path of the field that its tab id was taken from. */
  readonly format: string
  readonly tabIdFrom: string
}

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
  const parsed = parseObject(text, format)
  if (parsed.kind === 'dead-letter') return parsed
  if (isControl(parsed.value)) return decodeControl(parsed.value)
  const { headers = noHeaders } = record
  const read = readEvent(parsed.value, headers, format)
  if (read.kind === 'dead-letter') return read
  return decodeEvent(read.value, format, recordTimeOf(record.timestamp, headers), maxLatenessMs)
}

const noHeaders: RecordHeaders = {}

function parseObject(text: string, format: Format): Outcome<JsonObject> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = format.parse?.(text)
    // The engine's message quotes the input, which may be personal data.
    if (value == null) return deadLetter('invalid-json', 'the value is not valid JSON')
  }
  if (!isJsonObject(value)) return deadLetter('invalid-json', 'the value is JSON, but not an object')
  return isDeeperThan(value, maxDepth) ? tooDeep() : ok(value)
}

const tooDeep = () => deadLetter('too-deep', `nested more than ${maxDepth} levels deep`)

function decodeEvent(
  { event, format: name, tabIdFrom }: Mapped,
  format: Format,
  recordTime: number | null,
  maxLatenessMs: number,
): Outcome<TimedEvent> {
  // A text that was taken apart may have held JSON of any depth.
  if (name !== nativeFormat.name && isDeeperThan(event, maxDepth)) return tooDeep()
  if (tabIdFrom === null)
    return deadLetter('invalid-event', `tabId: none of ${format.tabIdChain.join(', ')} is there`)
  const parsed = rawEventSchema.safeParse(event)
  if (!parsed.success) return deadLetter('invalid-event', describeIssues(parsed.error))
  // As UTF-8, all lone surrogates are the same: tabs that differ in them would share the ids of their sessions.
  const { eventId, tabId } = parsed.data
  if (!eventId.isWellFormed() || !tabId.isWellFormed())
    return deadLetter('invalid-event', 'eventId or tabId: has half of a surrogate pair')
  const times = withTimes(parsed.data, recordTime, maxLatenessMs)
  if (times.kind === 'dead-letter') return times
  const { time, received, clockSkewMs } = times.value
  return ok({ raw: parsed.data, time, received, clockSkewMs, format: name, tabIdFrom })
}

/** A record that repeats another one counts as written when that was, by our rule for a clock that is ahead. */
function recordTimeOf(timestamp: number | null, headers: RecordHeaders): number | null {
  if (timestamp === null) return null
  const first = firstTimestamp(headers)
  return first === null ? timestamp : Math.min(first, timestamp + receivedAheadMs)
}

function decodeControl(value: JsonObject): Decoded {
  const control = controlOf(value)
  if (control !== null) return { kind: 'control', control }
  return deadLetter('invalid-control', 'the value has the field `sessionloom`, but is no control record')
}

/** Design §1.1: received, skew correction, clamp, lateness, in that order. */
function withTimes(raw: RawEvent, recordTime: number | null, maxLatenessMs: number): Outcome<EventTimes> {
  const timestamp = epochMs(raw.timestamp)
  const receivedAt = epochMs(raw.receivedAt)
  const sentAt = epochMs(raw.sentAt)
  for (const [field, value] of [
    ['timestamp', timestamp],
    ['receivedAt', receivedAt],
    ['sentAt', sentAt],
  ] as const) {
    if (value === 'malformed')
      return deadLetter('invalid-event', `${field}: expected ISO 8601 with offset, or epoch milliseconds`)
    if (value !== null && (value < 0 || value > maxInstantMs))
      return deadLetter('time-out-of-range', `${field}: lies before 1970 or after 9999`)
  }
  // A producer that counts in micro- or nanoseconds.
  if (recordTime !== null && recordTime > maxInstantMs)
    return deadLetter('time-out-of-range', "the record's own timestamp lies after 9999")
  return timed(
    timestamp as number | null,
    receivedAt as number | null,
    sentAt as number | null,
    recordTime,
    maxLatenessMs,
  )
}

type EventTimes = Pick<TimedEvent, 'time' | 'received' | 'clockSkewMs'>

function timed(
  timestamp: number | null,
  receivedAt: number | null,
  sentAt: number | null,
  recordTime: number | null,
  maxLatenessMs: number,
): Outcome<EventTimes> {
  const received =
    recordTime === null
      ? (receivedAt ?? sentAt ?? timestamp)
      : Math.min(receivedAt ?? recordTime, recordTime + receivedAheadMs)
  if (received === null) return deadLetter('no-event-time', 'no `timestamp`, `receivedAt` or `sentAt`')
  // Without the client's own timestamp there is no client clock to put right.
  const skew = timestamp !== null && receivedAt !== null && sentAt !== null ? receivedAt - sentAt : 0
  const clockSkewMs = Math.abs(skew) > skewToleranceMs ? skew : 0
  const time = Math.min((timestamp ?? received) + clockSkewMs, received)
  if (time < 0) return deadLetter('time-out-of-range', 'the corrected event time lies before 1970')
  if (received - time > maxLatenessMs)
    return deadLetter('beyond-max-lateness', `happened ${received - time} ms before it was received`)
  return ok({ time, received, clockSkewMs })
}

/** Epoch ms of a time as an event may have it, null if it has none. */
export function epochMs(value: string | number | null | undefined): number | 'malformed' | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return Math.trunc(value)
  return parseInstant(value) ?? 'malformed'
}

/** Paths and expectations of the first faults. Never the values: they may be personal data. */
function describeIssues(error: z.ZodError): string {
  const issues = error.issues.slice(0, 3).map(issue => `${issue.path.join('.') || 'event'}: ${issue.message}`)
  const more = error.issues.length - issues.length
  return issues.join('; ') + (more > 0 ? `; and ${more} more` : '')
}
