// A dead letter as a Kafka message: the original bytes, and in the headers why it is here and where it was.
import type { IHeaders, Message } from 'kafkajs'
import { firstTimestamp, firstTimestampHeader, type RecordHeaders } from '../core/record-headers.ts'
import { WorkerError } from '../core/worker-error.ts'
import type { DeadLetter, DocumentLetter, RecordLetter } from '../ports/dead-letter-sink.ts'
import { decodeLineage, encodeLineage, lineageHeader } from './kafka-lineage.ts'
import { headerBytes } from './kafka-producer.ts'

/** Header names of ours begin with this; all others are the original record's. */
export const headerPrefix = 'sessionloom-'

/** Names of the headers that a letter carries. */
export const letterHeaders = {
  kind: `${headerPrefix}kind`,
  reason: `${headerPrefix}reason`,
  message: `${headerPrefix}message`,
  topic: `${headerPrefix}topic`,
  partition: `${headerPrefix}partition`,
  offset: `${headerPrefix}offset`,
  timestamp: `${headerPrefix}timestamp`,
  /** Bytes that the value had before it was cut to fit. */
  cut: `${headerPrefix}cut`,
  /** Bytes that the key had before it was cut to fit. */
  cutKey: `${headerPrefix}cut-key`,
  /** How many of the original's headers were left out to fit. */
  cutHeaders: `${headerPrefix}cut-headers`,
} as const

const maxMessageLength = 1_000
/** A broker that refuses this much refuses everything. */
const leastRoomBytes = 100

/** The key keeps the letters of a tab together, and each in one partition when it is sent again. */
export function letterMessage(letter: DeadLetter): Message {
  return letter.kind === 'record' ? recordMessage(letter) : documentMessage(letter)
}

/** A smaller form of a letter that the broker found too large: less of what takes most room. */
export function cutLetter(message: Message): Message {
  const { headers = {} } = message
  const [key, value] = [Buffer.from(message.key ?? ''), Buffer.from(message.value ?? '')]
  const foreign = Object.fromEntries(Object.entries(headers).filter(([name]) => !isOwn(name)))
  const foreignBytes = headerBytes(foreign)
  if (value.length + foreignBytes + key.length < leastRoomBytes) throw noRoom()
  if (value.length >= foreignBytes && value.length >= key.length)
    return { ...message, value: shorter(value), headers: marked(headers, letterHeaders.cut, value.length) }
  if (foreignBytes >= key.length) {
    const own = Object.fromEntries(Object.entries(headers).filter(([name]) => isOwn(name)))
    const count = Object.keys(foreign).length
    return { ...message, headers: marked(own, letterHeaders.cutHeaders, count) }
  }
  return { ...message, key: shorter(key), headers: marked(headers, letterHeaders.cutKey, key.length) }
}

function recordMessage({ record, topic, partition, reason, message }: RecordLetter): Message {
  const lineage = decodeLineage(record.headers)
  return {
    key:
      record.key === null || record.key.length === 0
        ? keyWithout({ topic, partition, offset: record.offset })
        : asBuffer(record.key),
    value: record.value === null ? null : asBuffer(record.value),
    headers: {
      // Without those of an earlier letter, if this one was sent again: they tell of another record.
      ...copyHeaders(foreignHeaders(record.headers)),
      // It tells of the first one, on purpose.
      ...(lineage !== null && { [lineageHeader]: encodeLineage(lineage) }),
      ...firstTimestampOf(record.headers),
      [letterHeaders.kind]: 'record',
      [letterHeaders.reason]: reason,
      [letterHeaders.message]: message.slice(0, maxMessageLength),
      [letterHeaders.topic]: topic ?? '',
      [letterHeaders.partition]: String(partition),
      [letterHeaders.offset]: String(record.offset),
      [letterHeaders.timestamp]: record.timestamp === null ? '' : String(record.timestamp),
    },
  }
}

function documentMessage({ document, reason }: DocumentLetter): Message {
  const { topic, partition, offset, timestamp } = document.source
  return {
    key: document.tabId,
    value: JSON.stringify(document),
    headers: {
      [letterHeaders.kind]: 'document',
      [letterHeaders.reason]: reason.slice(0, maxMessageLength),
      [letterHeaders.message]: `the store took session ${document.id} only without what users supply`,
      [letterHeaders.topic]: topic ?? '',
      [letterHeaders.partition]: String(partition),
      // The last record that was applied; the document has one past it.
      [letterHeaders.offset]: String(offset - 1),
      [letterHeaders.timestamp]: timestamp === null ? '' : String(timestamp),
    },
  }
}

/** The key of a letter whose record has none. */
export function keyWithout(origin: { topic: string | null; partition: number; offset: number }): string {
  return `${origin.topic ?? 'file'}-${origin.partition}-${origin.offset}`
}

/** All headers of a record, as kafkajs writes them. */
export function copyHeaders(headers: RecordHeaders): IHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, copyHeader(value)]))
}

/** Those that are not ours: what the original record had. */
export function foreignHeaders(headers: RecordHeaders): RecordHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isOwn(name)))
}

/** When its first record was written: a letter does not take that away from the record that it becomes again. */
export function firstTimestampOf(headers: RecordHeaders): Record<string, string> {
  const first = firstTimestamp(headers)
  return first === null ? {} : { [firstTimestampHeader]: String(first) }
}

function copyHeader(value: RecordHeaders[string] | null): Buffer | string | (Buffer | string)[] {
  // Kafka allows a header without a value. kafkajs reads it, but cannot write it.
  if (value == null) return ''
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return asBuffer(value)
  return value.map(one => copyHeader(one) as Buffer | string)
}

function isOwn(header: string): boolean {
  return header.startsWith(headerPrefix)
}

/** By a quarter: the limit is on what compression leaves of a message, so it cannot be computed. */
function shorter(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.floor((bytes.length * 3) / 4))
}

/** The first cut tells the length that the original had. */
function marked(headers: IHeaders, name: string, before: number): IHeaders {
  return { ...headers, [name]: headers[name] ?? String(before) }
}

function noRoom(): WorkerError {
  return new WorkerError(
    'source-refused',
    'the dead-letter topic takes no message of even a few hundred bytes. Raise its max.message.bytes; nothing was ' +
      'committed for the batch of this letter.',
  )
}

/** The same bytes: kafkajs asks for a Buffer. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
