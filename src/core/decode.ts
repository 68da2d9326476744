// `decode` gives an event, a control, or the reason why a record is neither.
import { type Control, controlOf, isControl } from './control.ts'
import { type Origin, recordTimeOf, type TimedEvent, withTimes } from './event-time.ts'
import { mayBeEnveloped } from './formats/cloudevents.ts'
import type { Format, Mapped, Unjudged } from './formats/format.ts'
import { nativeFormat } from './formats/native.ts'
import { readEvent } from './formats/read-event.ts'
import { maxInstantMs } from './instant.ts'
import { isDeeperThan, isJsonObject, type JsonObject } from './json.ts'
import { deadLetter, type Outcome } from './outcome.ts'
import { faultsOf, isRawEvent, withoutDetails } from './raw-event-check.ts'
import type { RecordHeaders } from './record-headers.ts'

export const maxRecordBytes = 1024 * 1024
export const maxDepth = 20

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
  const { value } = record
  if (value === null) return deadLetter('empty-value', 'the record has no value')
  if (value.length > maxRecordBytes)
    return deadLetter('too-large', `the value has ${value.length} bytes, over ${maxRecordBytes}`)
  if (format.read !== undefined) {
    const read = format.read(value, record.headers ?? noHeaders)
    return read.kind === 'ok' ? decodeValue(read.value, record, maxLatenessMs, format) : read
  }
  let text: string
  try {
    text = utf8.decode(value)
  } catch {
    return deadLetter('invalid-utf8', 'the value is not UTF-8')
  }
  const json = parse(text, format)
  // The engine's message quotes the input, which may be personal data.
  if (json === undefined) return deadLetter('invalid-json', 'the value is not valid JSON')
  if (!isJsonObject(json)) return deadLetter('invalid-json', 'the value is JSON, but not an object')
  return decodeValue(json, record, maxLatenessMs, format)
}

function decodeValue(
  value: JsonObject,
  { timestamp, headers = noHeaders }: EncodedRecord,
  maxLatenessMs: number,
  format: Format,
): Decoded {
  if (isDeeperThan(value, maxDepth)) return tooDeep()
  const recordTime = recordTimeOf(timestamp, headers)
  // A producer that counts in micro- or nanoseconds. Both are looked at: a header may tell another time than the
  // record's own, which documents show.
  if (Math.max(timestamp ?? 0, recordTime ?? 0) > maxInstantMs)
    return deadLetter('time-out-of-range', "the record's own timestamp lies after 9999")
  if (isControl(value)) return decodeControl(value)
  if (format.map === null && !mayBeEnveloped(value, headers))
    return decodeEvent(value, nativeOrigin, recordTime, maxLatenessMs)
  return decodeMapped(readEvent(value, headers, format), recordTime, maxLatenessMs)
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
  recordTime: number | null,
  maxLatenessMs: number,
): Outcome<TimedEvent> {
  if (read.kind === 'dead-letter') return read
  const { event, format, tabIdFrom, tabIdChain, isOthers = false } = read.value
  // A text that was taken apart may have held JSON of any depth.
  if (isDeeperThan(event, maxDepth)) return tooDeep()
  if (tabIdFrom === null)
    return deadLetter('invalid-event', `tabId: none of ${tabIdChain.join(', ')} is there`)
  const origin = { format, tabIdFrom }
  const whole = decodeEvent(event, origin, recordTime, maxLatenessMs)
  if (whole.kind === 'ok' || whole.reason !== 'invalid-event' || !isOthers) return whole
  const rest = withoutDetails(event)
  return rest === null ? whole : decodeEvent(rest as Unjudged, origin, recordTime, maxLatenessMs)
}

const nativeOrigin: Origin = { format: nativeFormat.name, tabIdFrom: 'tabId' }

function decodeEvent(
  event: Unjudged,
  origin: Origin,
  recordTime: number | null,
  maxLatenessMs: number,
): Outcome<TimedEvent> {
  if (!isRawEvent(event)) return deadLetter('invalid-event', faultsOf(event))
  // As UTF-8, all lone surrogates are the same: tabs that differ in them would share the ids of their sessions.
  const { eventId, tabId } = event
  if (!eventId.isWellFormed() || !tabId.isWellFormed())
    return deadLetter('invalid-event', 'eventId or tabId: has half of a surrogate pair')
  return withTimes(event, origin, recordTime, maxLatenessMs)
}

function decodeControl(value: JsonObject): Decoded {
  const control = controlOf(value)
  if (control !== null) return { kind: 'control', control }
  return deadLetter('invalid-control', 'the value has the field `sessionloom`, but is no control record')
}
