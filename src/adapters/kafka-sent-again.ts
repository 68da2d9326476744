// A record as it is sent again: keyed by its tab, with the times that it had, and all else as it was.
import type { Message } from 'kafkajs'
import { type Decoded, decode } from '../core/decode.ts'
import type { Format } from '../core/formats/format.ts'
import { nativeFormat } from '../core/formats/native.ts'
import { pinTimes } from '../core/pinned-times.ts'
import { firstTimestamp, firstTimestampHeader } from '../core/record-headers.ts'
import { WorkerError } from '../core/worker-error.ts'
import type { SourceRecord } from '../ports/event-source.ts'
import { copyHeaders, firstTimestampOf, foreignHeaders, keyWithout } from './kafka-letter.ts'
import { encodeLineage, lineageHeader } from './kafka-lineage.ts'
import type { StoredLetter } from './kafka-stored-letter.ts'

/**
 * For another topic of so many partitions. A control for a whole partition goes to all of them, since the tabs of this
 * one may be in any. What is no event goes there unchanged, and is found broken there.
 */
export function rekeyedMessages(
  partition: number,
  record: SourceRecord,
  partitions: number,
  format: Format,
): Message[] {
  // How late it may be is the worker's to judge.
  const outcome = decode(record, Number.POSITIVE_INFINITY, format)
  if (outcome.kind !== 'control') return [rekeyedMessage(partition, record, eventIn(record, outcome, format))]
  const { tabId } = outcome.control
  const control = { value: asBuffer(record.value), headers: copyHeaders(record.headers) }
  if (tabId !== null) return [{ ...control, key: tabId }]
  return Array.from({ length: partitions }, (_, to) => ({ ...control, key: null, partition: to }))
}

function rekeyedMessage(partition: number, record: SourceRecord, event: SentEvent | null): Message {
  return {
    key: event?.tabId ?? asBuffer(record.key),
    // Of a record without a key, which has no other place.
    partition,
    value: event === null ? asBuffer(record.value) : event.value,
    headers: { ...copyHeaders(record.headers), ...event?.headers },
  }
}

/** What a letter holds, for the topic that it came from. */
export function replayedMessage({ record, origin, lineage }: StoredLetter, format: Format): Message {
  // The time of the first record, however often it was sent again.
  const first = { ...record, timestamp: lineage.timestamp }
  const event = eventIn(first, decode(first, Number.POSITIVE_INFINITY, format), format)
  const originalKey = String(record.key) === keyWithout(origin) ? null : record.key
  return {
    key: event?.tabId ?? asBuffer(originalKey),
    partition: origin.partition,
    value: event === null ? asBuffer(record.value) : event.value,
    headers: {
      ...copyHeaders(foreignHeaders(record.headers)),
      ...firstTimestampOf(record.headers),
      ...event?.headers,
      [lineageHeader]: encodeLineage({ ...lineage, replays: lineage.replays + 1 }),
    },
  }
}

/** What is sent again fitted before; the other topic may have another limit. */
export function tooLargeFor(topic: string) {
  return ({ value }: Message): never => {
    throw new WorkerError(
      'input',
      `a record of ${value?.length ?? 0} bytes is over the limit of topic ${topic}. Raise its max.message.bytes, and run ` +
        'this again: it goes on where it stopped.',
    )
  }
}

type SentEvent = {
  readonly tabId: string
  readonly value: Buffer | string
  readonly headers: Readonly<Record<string, string>>
}

/** Only a text of our own format has a place in its value for what the first record's timestamp has decided. */
function eventIn(record: SourceRecord, outcome: Decoded, { read }: Format): SentEvent | null {
  if (outcome.kind !== 'ok' || record.value === null) return null
  const { raw, format } = outcome.value
  if (format !== nativeFormat.name || read !== undefined) {
    const first = firstTimestamp(record.headers) ?? record.timestamp
    const headers = first === null ? {} : { [firstTimestampHeader]: String(first) }
    return { tabId: raw.tabId, value: asBuffer(record.value), headers }
  }
  const value = pinTimes(record.value, outcome.value)
  return { tabId: raw.tabId, value: typeof value === 'string' ? value : asBuffer(value), headers: {} }
}

function asBuffer(bytes: Uint8Array): Buffer
function asBuffer(bytes: Uint8Array | null): Buffer | null
function asBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
