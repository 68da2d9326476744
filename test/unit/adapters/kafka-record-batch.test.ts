import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { UnreadableBatchError } from '../../../src/adapters/kafka-inflated.ts'
import { type FetchedRecord, readRecords } from '../../../src/adapters/kafka-record-batch.ts'

const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder')
const Decoder = require('kafkajs/src/protocol/decoder')
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0')
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
const encodeMessageSet = require('kafkajs/src/protocol/messageSet')
// Not repaired in this process.
const kafkajsDecodes = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages')

type Sent = {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestampDelta: number
  readonly headers?: Readonly<Record<string, Buffer | string | readonly string[]>>
}
type BatchOptions = {
  readonly firstOffset?: number
  readonly firstTimestamp?: number
  readonly gzip?: boolean
  readonly transactional?: boolean
}

const attributesAt = 21
const controlBit = 0x20
const appendTimeBit = 0x08

async function batchOf(sent: readonly Sent[], options: BatchOptions = {}): Promise<Buffer> {
  const { firstOffset = 7, firstTimestamp = 1_000, gzip = false, transactional = false } = options
  const encoded = await RecordBatch({
    compression: gzip ? 1 : 0,
    firstOffset,
    firstTimestamp,
    maxTimestamp: firstTimestamp + 5_000,
    lastOffsetDelta: sent.length - 1,
    transactional,
    producerId: 42,
    records: sent.map((record, offsetDelta) => encodeRecord({ ...record, offsetDelta })),
  })
  return encoded.buffer
}

/** As a partition's part of a response has them: with their size in front. */
function decoderOf(bytes: Buffer) {
  return new Decoder(Buffer.concat([new Encoder().writeInt32(bytes.length).buffer, bytes]))
}

const read = (bytes: Buffer) => readRecords(decoderOf(bytes))

/** With the numbers that kafkajs gives as texts. */
async function readByKafkajs(bytes: Buffer): Promise<unknown[]> {
  const messages = await kafkajsDecodes(decoderOf(bytes))
  // biome-ignore lint/suspicious/noExplicitAny: kafkajs has no types for it
  return messages.map(({ offset, timestamp, key, value, headers, isControlRecord, batchContext }: any) => ({
    offset: Number(offset),
    timestamp: Number(timestamp) < 0 ? null : Number(timestamp),
    key,
    value,
    headers,
    isControlRecord,
    transaction: [batchContext.producerId, batchContext.inTransaction],
  }))
}

const seen = ({ offset, timestamp, key, value, headers, isControlRecord, batchContext }: FetchedRecord) => ({
  offset,
  timestamp,
  key,
  value,
  headers: { ...headers },
  isControlRecord,
  transaction: [batchContext?.producerId, batchContext?.inTransaction],
})

const bytes = fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array))
// kafkajs copies all headers for each, and takes these names for a second one.
const headerName = fc.string({ maxLength: 10 }).filter(name => !(name in {}))
const header = fc.oneof(bytes, fc.array(fc.string(), { minLength: 2, maxLength: 3 }))
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  timestampDelta: fc.integer({ min: -100_000, max: 2 ** 40 }),
  headers: fc.dictionary(headerName, header, { maxKeys: 3, noNullPrototype: true }),
})
const batchOptions = fc.record({
  firstOffset: fc.integer({ min: 0, max: 2 ** 41 }),
  firstTimestamp: fc.constantFrom(-1, 0, 1_767_600_000_000),
  gzip: fc.boolean(),
  transactional: fc.boolean(),
})

const plain: Sent = { key: Buffer.from('k'), value: Buffer.from('v'), timestampDelta: 3 }

describe('the records of a fetch', () => {
  it('are those that kafkajs decodes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.array(record, { minLength: 1, maxLength: 5 }), batchOptions), { maxLength: 3 }),
        async batches => {
          const whole = await Promise.all(batches.map(([records, options]) => batchOf(records, options)))
          const all = Buffer.concat(whole)
          assert.deepEqual((await read(all)).map(seen), await readByKafkajs(all))
        },
      ),
    )
  })

  it('are those of the whole batches, wherever the broker cuts the response', async () => {
    const [first, second] = [await batchOf([plain]), await batchOf([plain, plain], { firstOffset: 8 })]
    const both = Buffer.concat([first, second])
    for (let cut = first.length; cut < both.length; cut++)
      assert.deepEqual(
        (await read(both.subarray(0, cut))).map(({ offset }) => offset),
        [7],
        String(cut),
      )
    assert.deepEqual(
      (await read(both)).map(({ offset }) => offset),
      [7, 8, 9],
    )
  })

  it('have the time at which the broker took them, where the topic says so', async () => {
    const batch = await batchOf([plain])
    batch[attributesAt + 1]! |= appendTimeBit
    assert.equal((await read(batch))[0]?.timestamp, 6_000)
  })

  it('say which of them the broker wrote itself', async () => {
    const batch = await batchOf([plain])
    batch[attributesAt + 1]! |= controlBit
    assert.deepEqual(
      (await read(batch)).map(({ isControlRecord }) => isControlRecord),
      [true],
    )
  })

  it('may be more than a call can have arguments', async () => {
    const count = 150_000
    const records = await read(await batchOf(Array.from({ length: count }, () => plain)))
    assert.equal(records.length, count)
    assert.equal(records.at(-1)?.offset, 7 + count - 1)
    assert.equal(String(records.at(-1)?.value), 'v')
  })

  it('may have tens of thousands of headers, whatever their names are', async () => {
    const names = [
      'constructor',
      'toString',
      ...Array.from({ length: 50_000 }, (_, i) => `h${i}`),
      '__proto__',
    ]
    const headers = Object.fromEntries(names.map(name => [name, 'x']))
    const [decoded] = await read(await batchOf([{ ...plain, headers }]))
    const found = decoded!.headers
    assert.deepEqual(Object.keys(found), Object.keys(headers))
    assert.equal(String(found.constructor), 'x')
    assert.equal(Object.getPrototypeOf(found), Object.prototype)
  })

  it('have numbers also in the format that was before batches', async () => {
    const entries = [
      { key: 'a', value: 'x', timestamp: 5_000 },
      { key: 'b', value: null, timestamp: 6_000 },
    ]
    const { buffer } = encodeMessageSet({ messageVersion: 1, entries })
    const messages = await read(buffer)
    assert.deepEqual(
      messages.map(({ offset, timestamp, key, value }) => [
        offset,
        timestamp,
        String(key),
        value && String(value),
      ]),
      [
        [0, 5_000, 'a', 'x'],
        [1, 6_000, 'b', null],
      ],
    )
  })

  it('are refused where a length leads out of its batch, and never read from beyond it', async () => {
    const batch = await batchOf([plain, plain])
    for (let at = 61; at < batch.length; at++)
      for (const byte of [0x7f, 0x80, 0xfe, 0xff]) {
        const damaged = Buffer.from(batch)
        damaged[at] = byte
        const next = await batchOf([{ ...plain, value: Buffer.from('of another batch') }])
        try {
          for (const { key, value, headers } of await read(Buffer.concat([damaged, next])))
            for (const part of [key, value, ...Object.values(headers)])
              assert((part?.length ?? 0) <= batch.length)
        } catch (error) {
          assert(error instanceof UnreadableBatchError, String(error))
        }
      }
  })

  it('end where a batch says that it is shorter than its head', async () => {
    const batch = await batchOf([plain])
    batch.writeInt32BE(-12, 8)
    await assert.rejects(read(batch), UnreadableBatchError)
  })
})
