// Batches of records as Kafka stores them (https://kafka.apache.org/documentation/#recordbatch), read in place. kafkajs
// makes some ten objects for each record of a fetch before the first of them is looked at; those of thousands of
// records outlive the collector's young generation, which costs more than to make them. Here a record is one object,
// which knows where its parts lie.
import { createRequire } from 'node:module'
import type { RecordHeaders } from '../core/record-headers.ts'
import type { SourceRecord } from '../ports/event-source.ts'
import { UnreadableBatchError } from './kafka-inflated.ts'

const require = createRequire(import.meta.url)

/** A record of a fetch, or a message of the formats before it. */
export type FetchedRecord = SourceRecord & {
  /** One that the broker wrote, about a transaction. */
  readonly isControlRecord: boolean
  /** What kafkajs asks to leave out those of aborted transactions. */
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean }
}

/** kafkajs's, over a whole response: what is read next is one partition's part. */
type ResponseDecoder = {
  readInt32(): number
  canReadBytes(length: number): boolean
  readBytes(length: number): Buffer
}

type Head = {
  /** Bytes, with the head. */
  readonly length: number
  readonly attributes: number
  readonly firstOffset: number
  readonly firstTimestamp: number
  /** When the broker took the batch, where the topic has it so; epoch ms, as is the first timestamp. */
  readonly appendedAt: number | null
  readonly producerId: string
  readonly inTransaction: boolean
  readonly isControl: boolean
  /** How many records it has. */
  readonly count: number
}

const magicOffset = 16
const magic = 2
/** Bytes before the length says how many follow, and before the number of records. */
const lengthEnd = 12
const countOffset = 57
const headBytes = 61
const isAppendTime = 0x08
const isTransactional = 0x10
const isOfControl = 0x20

/**
 * The most that is made of one response: compressed, its 8 MiB may hold a million records. Their sessions would not fit
 * into memory, nor would heartbeats be sent while they are made. What is left out comes with the next fetch.
 */
const maxRecords = 100_000
const maxInflatedBytes = 64 << 20
/** Of the first partition: all of its first batch may lie before the offset asked for, where the log is compacted. */
const leastBatches = 2

/** How much was made of each response so far, whose partitions are read one after the other. */
const madeOf = new WeakMap<ResponseDecoder, { records: number; bytes: number }>()

/** What replaces kafkajs's `decodeMessages`: the records of one partition's part of a response. */
export async function readRecords(decoder: ResponseDecoder): Promise<FetchedRecord[]> {
  const size = decoder.readInt32()
  if (size <= 0 || !decoder.canReadBytes(size)) return []
  const bytes = decoder.readBytes(size)
  if (bytes.readInt8(magicOffset) !== magic) return olderMessages(bytes, size)
  const total = madeOf.get(decoder) ?? { records: 0, bytes: 0 }
  madeOf.set(decoder, total)
  const least = total.records === 0 ? leastBatches : 0
  const records: FetchedRecord[] = []
  for (let at = 0, batches = 0; at + headBytes <= size; batches++) {
    const head = headAt(bytes, at)
    // The broker cuts a response where its size is reached: the rest of that batch comes with the next fetch.
    if (at + head.length > size) break
    // Its head tells how many records it has, but not how many bytes it is inflated.
    const isFull = total.bytes >= maxInflatedBytes || total.records + head.count > maxRecords
    if (isFull && batches >= least) break
    total.bytes += await readBatch(bytes.subarray(at, at + head.length), head, records)
    total.records += head.count
    at += head.length
  }
  return records
}

function headAt(bytes: Buffer, at: number): Head {
  const length = lengthEnd + bytes.readInt32BE(at + 8)
  if (length < headBytes) throw unreadable()
  const attributes = bytes.readInt16BE(at + 21)
  return {
    length,
    attributes,
    firstOffset: Number(bytes.readBigInt64BE(at)),
    firstTimestamp: Number(bytes.readBigInt64BE(at + 27)),
    appendedAt: (attributes & isAppendTime) === 0 ? null : Number(bytes.readBigInt64BE(at + 35)),
    producerId: String(bytes.readBigInt64BE(at + 43)),
    inTransaction: (attributes & isTransactional) !== 0,
    isControl: (attributes & isOfControl) !== 0,
    count: bytes.readInt32BE(at + countOffset),
  }
}

/** Gives how many bytes its records take. */
async function readBatch(batch: Buffer, head: Head, into: FetchedRecord[]): Promise<number> {
  const stored = batch.subarray(headBytes)
  const { lookupCodecByAttributes } = require('kafkajs/src/protocol/message/compression')
  const codec = lookupCodecByAttributes(head.attributes)
  const cursor = new Cursor(codec === null ? stored : await codec.decompress(stored))
  for (let i = 0; i < head.count; i++) into.push(recordAt(cursor, head))
  return cursor.bytes.length
}

class Cursor {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  /** A signed integer in zigzag form, exact up to 2^53. */
  varint(): number {
    let [sum, factor, byte] = [0, 1, 0]
    do {
      byte = this.bytes[this.at++] ?? 0
      sum += (byte & 0x7f) * factor
      factor *= 0x80
    } while (byte >= 0x80)
    return sum % 2 === 0 ? sum / 2 : -(sum + 1) / 2
  }

  /** Moves on by so many bytes, where they are not fewer than none. Gives where it was. */
  skip(length: number): number {
    const { at } = this
    if (length > 0) this.at += length
    return at
  }
}

/** The next record, which lies within the bytes. */
function recordAt(cursor: Cursor, head: Head): KafkaRecord {
  const length = cursor.varint()
  const end = cursor.at + length
  if (length < 0 || end > cursor.bytes.length) throw unreadable()
  // The attributes of a record mean nothing yet.
  cursor.skip(1)
  const timestampDelta = cursor.varint()
  const offset = head.firstOffset + cursor.varint()
  const keyLength = cursor.varint()
  const keyAt = cursor.skip(keyLength)
  const valueLength = cursor.varint()
  const valueAt = cursor.skip(valueLength)
  if (cursor.at > end) throw unreadable()
  cursor.at = end
  return new KafkaRecord(cursor.bytes, head, offset, timestampDelta, keyAt, keyLength, valueAt, valueLength)
}

/** Makes its key, its value and its headers when it is asked for them. A length below zero is that of null. */
class KafkaRecord implements FetchedRecord {
  readonly offset: number
  readonly batchContext: Head
  readonly #bytes: Buffer
  readonly #timestampDelta: number
  readonly #keyAt: number
  readonly #keyLength: number
  readonly #valueAt: number
  readonly #valueLength: number

  constructor(
    bytes: Buffer,
    head: Head,
    offset: number,
    timestampDelta: number,
    keyAt: number,
    keyLength: number,
    valueAt: number,
    valueLength: number,
  ) {
    this.offset = offset
    this.batchContext = head
    this.#bytes = bytes
    this.#timestampDelta = timestampDelta
    this.#keyAt = keyAt
    this.#keyLength = keyLength
    this.#valueAt = valueAt
    this.#valueLength = valueLength
  }

  get isControlRecord(): boolean {
    return this.batchContext.isControl
  }

  get timestamp(): number | null {
    const { firstTimestamp, appendedAt } = this.batchContext
    return timestampOf(appendedAt ?? firstTimestamp + this.#timestampDelta)
  }

  get key(): Buffer | null {
    return viewOf(this.#bytes, this.#keyAt, this.#keyLength)
  }

  get value(): Buffer | null {
    return viewOf(this.#bytes, this.#valueAt, this.#valueLength)
  }

  get headers(): RecordHeaders {
    return headersAt(new Cursor(this.#bytes, this.#valueAt + Math.max(0, this.#valueLength)))
  }
}

const viewOf = (bytes: Buffer, at: number, length: number): Buffer | null =>
  length < 0 ? null : bytes.subarray(at, at + length)

/** Kafka's -1 is none. */
const timestampOf = (ms: number): number | null => (ms >= 0 ? ms : null)

const noHeaders: RecordHeaders = Object.freeze({})
type HeaderValue = Buffer | null

/** A name that occurs more than once gets a list. */
function headersAt(cursor: Cursor): RecordHeaders {
  const count = cursor.varint()
  if (count <= 0) return noHeaders
  const found = new Map<string, HeaderValue | HeaderValue[]>()
  for (let i = 0; i < count && cursor.at < cursor.bytes.length; i++) {
    const name = String(headerPart(cursor) ?? '')
    const value = headerPart(cursor)
    const known = found.get(name)
    if (Array.isArray(known)) known.push(value)
    else found.set(name, found.has(name) ? [known ?? null, value] : value)
  }
  return Object.fromEntries(found) as RecordHeaders
}

function headerPart(cursor: Cursor): HeaderValue {
  const length = cursor.varint()
  return viewOf(cursor.bytes, cursor.skip(length), length)
}

/** Messages as they were stored before Kafka 0.11, of which kafkajs gives texts for numbers. */
async function olderMessages(bytes: Buffer, size: number): Promise<FetchedRecord[]> {
  const Decoder = require('kafkajs/src/protocol/decoder')
  const messages = await require('kafkajs/src/protocol/messageSet/decoder')(new Decoder(bytes), size)
  return messages.map((message: { offset: string; timestamp?: string; key: Buffer; value: Buffer }) => ({
    offset: Number(message.offset),
    timestamp: timestampOf(Number(message.timestamp ?? -1)),
    key: message.key,
    value: message.value,
    headers: noHeaders,
    isControlRecord: false,
  }))
}

const unreadable = () => new UnreadableBatchError('a batch holds a record that does not lie within it')
