import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { readRecords } from '../../src/adapters/kafka-record-batch.ts'

const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder')
const Decoder = require('kafkajs/src/protocol/decoder')
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0')
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')

/** A compressed batch of equal records. */
async function batchOf(firstOffset: number, count: number, value: Buffer): Promise<Buffer> {
  const record = { key: null, value, timestampDelta: 0 }
  const { buffer } = await RecordBatch({
    compression: 1,
    firstOffset,
    firstTimestamp: 0,
    maxTimestamp: 0,
    lastOffsetDelta: count - 1,
    producerId: -1,
    records: Array.from({ length: count }, (_, offsetDelta) => encodeRecord({ ...record, offsetDelta })),
  })
  return buffer
}

/** How many records each partition of one response gives. */
async function given(...partitions: readonly (readonly Buffer[])[]): Promise<number[]> {
  const parts = partitions.map(batches => Buffer.concat(batches))
  const sized = parts.flatMap(part => [new Encoder().writeInt32(part.length).buffer, part])
  const decoder = new Decoder(Buffer.concat(sized))
  const counts: number[] = []
  for (const _ of parts) counts.push((await readRecords(decoder)).length)
  return counts
}

const batches = (count: number, records: number, value: Buffer) =>
  Promise.all(Array.from({ length: count }, (_, i) => batchOf(i * records, records, value)))

// A fetch of 8 MiB was 600,000 small records, or more: with the heap of `kubernetes/worker.yaml` the worker ended with
// no memory left, again after every restart.
test('of a compressed response no more becomes a batch than memory holds', async () => {
  const many = await batches(6, 30_000, Buffer.from('small'))
  assert.deepEqual(await given(many), [90_000])
  assert.deepEqual(await given(many.slice(0, 2), many, many), [60_000, 30_000, 0], 'over all partitions')
  const large = await batches(8, 10, Buffer.alloc(1 << 20))
  assert.deepEqual(await given(large), [70])
  assert.deepEqual(await given(large.slice(0, 1), large, large), [10, 60, 0])
})

test('of the first partition two batches are given, however large: one may lie before the offset asked for', async () => {
  const huge = await batches(3, 101_000, Buffer.from('small'))
  assert.deepEqual(await given(huge, huge), [202_000, 0])
})
