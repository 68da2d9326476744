// An event that is written again gets a later record. Its times must stay: they are part of its identity.

import { maxRecordBytes } from './decode.ts'
import type { TimedEvent } from './event-time.ts'
import { epochMs } from './event-time.ts'

/**
 * The event's JSON text, so that it means the same in any later record: what its first record's timestamp
 * decided is written into it. The same bytes where that decided nothing.
 */
export function pinTimes(value: Uint8Array, event: TimedEvent): Uint8Array | string {
  const { raw, time, received } = event
  const receivedAt = epochMs(raw.receivedAt)
  // A `sentAt` that had no `receivedAt` beside it has put no clock right, and must not begin to.
  const alone = raw.sentAt == null ? {} : { sentAt: null }
  if (receivedAt === null) return withFields(value, { receivedAt: received, ...alone })
  // Ahead of the broker's clock, which won then; beside a later record the collector's would.
  if (receivedAt !== received)
    return withFields(value, { timestamp: time, receivedAt: received, sentAt: null })
  return value
}

/** Appends to the text, where the last field of a name wins: everything else stays byte for byte. */
function withFields(value: Uint8Array, fields: Readonly<Record<string, number | null>>): Uint8Array | string {
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8').trimEnd()
  const pinned = `${text.slice(0, -1)},${JSON.stringify(fields).slice(1)}`
  // Over the limit it would be no event at all.
  return Buffer.byteLength(pinned) > maxRecordBytes ? value : pinned
}
