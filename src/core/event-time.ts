// When an event happened, by the clocks of the client, the collector and the broker: design §1.1 on times.
import { maxInstantMs, parseInstant } from './instant.ts'
import { deadLetter, type Outcome, ok } from './outcome.ts'
import type { RawEvent } from './raw-event.ts'
import { firstTimestamp, type RecordHeaders } from './record-headers.ts'

/** A collector's clock may be ahead of the broker's by this much; beyond it the broker's wins. */
const receivedAheadMs = 5 * 60_000
/** A client clock off by no more than this is left alone: it is the way from client to collector. */
const skewToleranceMs = 5_000

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

export type Origin = Pick<TimedEvent, 'format' | 'tabIdFrom'>

/** A record that repeats another one counts as written when that was, by our rule for a clock that is ahead. */
export function recordTimeOf(timestamp: number | null, headers: RecordHeaders): number | null {
  if (timestamp === null) return null
  const first = firstTimestamp(headers)
  return first === null ? timestamp : Math.min(first, timestamp + receivedAheadMs)
}

/** Design §1.1: received, skew correction, clamp, lateness, in that order. */
export function withTimes(
  raw: RawEvent,
  origin: Origin,
  recordTime: number | null,
  maxLatenessMs: number,
): Outcome<TimedEvent> {
  const timestamp = epochMs(raw.timestamp)
  const receivedAt = epochMs(raw.receivedAt)
  const sentAt = epochMs(raw.sentAt)
  const fault =
    faultOf('timestamp', timestamp) ?? faultOf('receivedAt', receivedAt) ?? faultOf('sentAt', sentAt)
  if (fault !== null) return fault
  return timed(
    raw,
    origin,
    timestamp as number | null,
    receivedAt as number | null,
    sentAt as number | null,
    recordTime,
    maxLatenessMs,
  )
}

function faultOf(field: string, value: number | 'malformed' | null): Outcome<never> | null {
  if (value === null) return null
  if (value === 'malformed')
    return deadLetter('invalid-event', `${field}: expected ISO 8601 with offset, or epoch milliseconds`)
  if (value >= 0 && value <= maxInstantMs) return null
  return deadLetter('time-out-of-range', `${field}: lies before 1970 or after 9999`)
}

function timed(
  raw: RawEvent,
  { format, tabIdFrom }: Origin,
  timestamp: number | null,
  receivedAt: number | null,
  sentAt: number | null,
  recordTime: number | null,
  maxLatenessMs: number,
): Outcome<TimedEvent> {
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
  return ok({ raw, time, received, clockSkewMs, format, tabIdFrom })
}

/** Epoch ms of a time as an event may have it, null if it has none. */
export function epochMs(value: string | number | null | undefined): number | 'malformed' | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return Math.trunc(value)
  return parseInstant(value) ?? 'malformed'
}
