// CloudEvents 1.0 around an event of any format: its attributes as headers of the record (binary mode), or all of it in
// the value (structured mode). https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { deadLetter, type Outcome, ok } from '../outcome.ts'
import { headerText, type RecordHeaders } from '../record-headers.ts'
import { text, typeName } from './fields.ts'
import type { Format, Mapped } from './format.ts'

export type Envelope = {
  /** Looks an attribute up; undefined if the envelope has none of this name. */
  readonly attribute: (name: string) => string | undefined
  /** The value of an event, or its text where that is no JSON. */
  readonly content: JsonObject | string
}

/** Asked of every record, so that most need no more. */
export const mayBeEnveloped = (value: JsonObject, headers: RecordHeaders): boolean =>
  headers.ce_specversion !== undefined || value.specversion !== undefined

/** Null if there is no envelope, or if it is around the value and the format reads that itself. */
export function openEnvelope(
  value: JsonObject,
  headers: RecordHeaders,
  { readsEnvelopes = false }: Pick<Format, 'readsEnvelopes'>,
): Outcome<Envelope> | null {
  if (headers.ce_specversion !== undefined && !isStructured(headers))
    return checked({ attribute: name => text(headerText(headers, `ce_${name}`)), content: value })
  // A raw event may have a field of this name, too.
  if (readsEnvelopes || typeof value.specversion !== 'string' || value.tabId != null || value.eventId != null)
    return null
  const content = contentOf(value)
  return content === null ? noEvent() : checked({ attribute: name => text(value[name]), content })
}

/** The binding lets a structured event have the headers of a binary one, too: only its content type tells them apart. */
const isStructured = (headers: RecordHeaders): boolean =>
  /^application\/cloudevents/i.test(headerText(headers, 'content-type') ?? '')

export const noEvent = () => deadLetter('invalid-event', 'cloudevents: `data` is no event')

/** All attributes that the specification requires must be there. */
function checked(envelope: Envelope): Outcome<Envelope> {
  const version = envelope.attribute('specversion') ?? ''
  if (!version.startsWith('1.')) return deadLetter('invalid-event', 'cloudevents: expected specversion 1')
  const missing = ['id', 'source', 'type'].filter(name => envelope.attribute(name) === undefined)
  if (missing.length === 0) return ok(envelope)
  return deadLetter('invalid-event', `cloudevents: without ${missing.join(', ')}`)
}

/** What a structured event holds. Bytes are Base64 of JSON, or of another text. */
function contentOf({ data, data_base64 }: JsonObject): JsonObject | string | null {
  if (isJsonObject(data)) return data
  if (typeof data === 'string') return data
  if (typeof data_base64 !== 'string') return null
  const decoded = fromBase64(data_base64)
  return decoded === null ? null : (parsed(decoded) ?? decoded)
}

function fromBase64(encoded: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(encoded), character => character.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function parsed(decoded: string): JsonObject | null {
  try {
    const value = JSON.parse(decoded) as Json
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

const tabIdAttributes = ['partitionkey', 'subject']

/** The event with what it lacks and the envelope has. */
export function completed(mapped: Mapped, { attribute }: Envelope): Mapped {
  const { event } = mapped
  const format = `cloudevents+${mapped.format}`
  const filled = {
    ...event,
    eventId: event.eventId ?? attribute('id'),
    type: event.type ?? typeName(attribute('type')),
    timestamp: event.timestamp ?? attribute('time'),
  }
  if (event.tabId != null) return { ...mapped, event: filled, format }
  const name = tabIdAttributes.find(name => attribute(name) !== undefined)
  if (name === undefined) {
    const tabIdChain = [...mapped.tabIdChain, ...tabIdAttributes.map(name => `ce_${name}`)]
    return { ...mapped, event: filled, format, tabIdFrom: null, tabIdChain }
  }
  const tabId = attribute(name)
  return { ...mapped, event: { ...filled, tabId }, format, tabIdFrom: `ce_${name}` }
}
