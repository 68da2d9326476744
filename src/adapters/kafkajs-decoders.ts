// Two functions of kafkajs 2.2.4 that one record, or one batch of them, could stop the process with.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const decodeHeader: (
  decoder: Decoder,
) => Header = require('kafkajs/src/protocol/recordBatch/header/v0/decoder')

type Decoder = {
  readInt8(): number
  readInt32(): number
  readVarInt(): number
  readonly buffer: Buffer
  offset: number
  readVarIntBytes(): Buffer | null
  readVarIntArray<T>(read: (decoder: Decoder) => T): T[]
  canReadBytes(length: number): boolean
  readBytes(length: number): Buffer
}

type Header = { readonly key: string; readonly value: Buffer | null }
type Headers = Record<string, Buffer | null | (Buffer | null)[]>

type BatchContext = {
  readonly firstOffset: string
  readonly firstTimestamp: string
  readonly magicByte: number
  readonly isControlBatch?: boolean
  readonly timestampType: number
  readonly maxTimestamp: string
}

const magicOffset = 16
const recordBatchOverhead = 49
const logAppendTime = 1

/**
 * kafkajs says `records.push(...recordBatch.records)`, a RangeError above some 125,000 records in one batch,
 * and a RangeError ends the consumer for good (tulios/kafkajs#1723).
 */
export async function decodeMessages(decoder: Decoder): Promise<unknown[]> {
  const size = decoder.readInt32()
  if (size <= 0 || !decoder.canReadBytes(size)) return []
  const buffer = decoder.readBytes(size)
  const messages = new (require('kafkajs/src/protocol/decoder'))(buffer) as Decoder
  const { MAGIC_BYTE } = require('kafkajs/src/protocol/recordBatch/v0')
  if (buffer.readInt8(magicOffset) !== MAGIC_BYTE)
    return require('kafkajs/src/protocol/messageSet/decoder')(messages, size)

  const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder')
  const records: unknown[] = []
  try {
    while (messages.canReadBytes(recordBatchOverhead))
      for (const record of (await decodeBatch(messages)).records) records.push(record)
  } catch (error) {
    // The broker cuts a response where its size is reached: the rest of that batch comes with the next fetch.
    if ((error as Error).name !== 'KafkaJSPartialMessageError') throw error
  }
  return records
}

/**
 * kafkajs copies all headers for each header: 71 s for a record of 150 kB with 20,000 of them, with the event
 * loop standing still. And it takes a header named `constructor` for a second one of that name.
 */
export function decodeRecord(decoder: Decoder, batchContext: BatchContext): unknown {
  const { firstOffset, firstTimestamp, maxTimestamp, timestampType } = batchContext
  const attributes = decoder.readInt8()
  // Numbers, not kafkajs's integers of 64 bits: exact for every offset and time that there is.
  const created = Number(firstTimestamp) + readVarLong(decoder)
  const offset = Number(firstOffset) + decoder.readVarInt()
  const key = decoder.readVarIntBytes()
  const value = decoder.readVarIntBytes()
  return {
    magicByte: batchContext.magicByte,
    attributes,
    timestamp: timestampType === logAppendTime && maxTimestamp ? maxTimestamp : String(created),
    offset: String(offset),
    key,
    value,
    headers: headersOf(decoder.readVarIntArray(decodeHeader)),
    isControlRecord: batchContext.isControlBatch ?? false,
    batchContext,
  }
}

/** A signed integer in zigzag form, exact up to 2^53. kafkajs makes two objects for each of its bytes. */
function readVarLong(decoder: Decoder): number {
  let [value, factor, byte] = [0, 1, 0]
  do {
    byte = decoder.buffer[decoder.offset++] ?? 0
    value += (byte & 0x7f) * factor
    factor *= 0x80
  } while (byte >= 0x80)
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

const noHeaders: Headers = Object.freeze({})

/** A name that occurs more than once gets a list. */
function headersOf(headers: readonly Header[]): Headers {
  if (headers.length === 0) return noHeaders
  const found = new Map<string, Buffer | null | (Buffer | null)[]>()
  for (const { key, value } of headers) {
    const known = found.get(key)
    if (Array.isArray(known)) known.push(value)
    else found.set(key, found.has(key) ? [known ?? null, value] : value)
  }
  return Object.fromEntries(found)
}
