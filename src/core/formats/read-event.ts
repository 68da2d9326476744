// The value of a record → what the schema of raw events judges: out of its envelope, if it has one, and by its format.
import { isControl } from '../control.ts'
import type { JsonObject } from '../json.ts'
import { deadLetter, type Outcome, ok } from '../outcome.ts'
import type { RecordHeaders } from '../record-headers.ts'
import { completed, noEvent, openEnvelope } from './cloudevents.ts'
import type { Format, Mapped } from './format.ts'
import { unmapped } from './native.ts'

export function readEvent(value: JsonObject, headers: RecordHeaders, format: Format): Outcome<Mapped> {
  const envelope = openEnvelope(value, headers, format)
  if (envelope === null) return mappedBy(format, value)
  if (envelope.kind === 'dead-letter') return envelope
  const { content } = envelope.value
  const inner = typeof content === 'string' ? (format.parse?.(content) ?? null) : content
  if (inner === null) return noEvent()
  // In an envelope nobody looks for what must reach every partition.
  if (isControl(inner)) return deadLetter('invalid-control', 'a control record is in no envelope')
  const mapped = mappedBy(format, inner)
  return mapped.kind === 'dead-letter' ? mapped : ok(completed(mapped.value, envelope.value))
}

function mappedBy(format: Format, value: JsonObject): Outcome<Mapped> {
  if (format.map !== null) return format.map(value)
  return ok(unmapped(value))
}
