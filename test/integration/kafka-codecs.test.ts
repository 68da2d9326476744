// What a Kafka producer may write is read exactly, whichever codec it compresses with.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CompressionTypes } from 'kafkajs'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { codecs } from '../../src/adapters/kafka-codecs.ts'
import { sendInTransactions, sendLines, withoutJava } from '../support/java-producers.ts'
import { kafkaClient, type TestTopic, useTopic, withoutKafka } from '../support/kafka-fixture.ts'
import { commit, handlerOf, hasCode, sourceOf } from '../support/kafka-source.ts'

/** 300 kB: several blocks of every codec, and some batches. */
const lines = readFileSync(join(import.meta.dirname, '../data/access-log.events.ndjson'), 'utf8')
  .split('\n')
  .slice(0, 800)

const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

describe('records of a Java producer', { skip: await withoutJava() }, () => {
  for (const compression of compressions) {
    for (const idempotent of ['false', 'true'])
      it(`are read exactly: ${compression}, ${idempotent === 'true' ? 'idempotent' : 'plain'}`, async t => {
        const topic = await useTopic(t)
        const uses = usesOf(t, compression)
        const properties = { 'enable.idempotence': idempotent, acks: 'all' }
        await sendLines(lines, { topic: topic.name, compression, properties })
        assert.deepEqual(await valuesOf(topic, lines.length), lines)
        assert.equal(uses() > 0, compression !== 'none', `${uses()} batches of this codec`)
      })

    it(`are read exactly: ${compression}, transactional, between transactions that were aborted`, async t => {
      const topic = await useTopic(t)
      const uses = usesOf(t, compression)
      await abortTransaction(topic)
      await sendInTransactions(3000, { topic: topic.name, compression })
      await abortTransaction(topic)
      const wanted = Array.from({ length: 3000 }, (_, i) => String(i))
      assert.deepEqual(await valuesOf(topic, wanted.length), wanted)
      assert.equal(uses() > 0, compression !== 'none', `${uses()} batches of this codec`)
    })
  }

  it('end the source with what to do, where a batch cannot be decompressed', async t => {
    const topic = await useTopic(t)
    await sendLines(lines.slice(0, 10), { topic: topic.name, compression: 'lz4' })
    const { decompress } = codecs.lz4
    t.mock.method(codecs.lz4, 'decompress', (buffer: Buffer) => decompress(buffer.subarray(0, -9)))
    const source = sourceOf(topic)
    await assert.rejects(
      source.run(handlerOf(commit)),
      hasCode('input', topic.name, 'LZ4', 'compression.type'),
    )
  })
})

describe('a compacted topic', { skip: withoutKafka }, () => {
  it('is read to its end over the gaps that compaction has left', async t => {
    const topic = await useTopic(t, 1, {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.001',
    })
    const message = (i: number) => ({ partition: 0, key: `key-${i % 3}`, value: String(i) })
    const all = Array.from({ length: 300 }, (_, i) => message(i))
    for (let i = 0; i < 300; i += 50) await topic.send(all.slice(i, i + 50))
    await sleep(200)
    // The segment in use is never compacted, so another one is begun.
    await topic.send([message(300)])
    const source = sourceOf(topic)
    t.after(() => source.stop())
    for (let i = 0; (await source.timestampAt(0, 0)) !== null; i++) {
      assert.ok(i < 240, 'the broker compacts the topic within a minute')
      await sleep(250)
    }
    const values = await valuesOf(topic, 4)
    assert.deepEqual(values, ['297', '298', '299', '300'])
  })
})

/** The values that a group reads, in batches without a gap, until nothing is left to commit. */
async function valuesOf(topic: TestTopic, atLeast: number): Promise<string[]> {
  const values: string[] = []
  const source = sourceOf(topic)
  let next = 0
  const run = source.run(
    handlerOf(async lease => {
      const { records, firstOffset, nextOffset } = lease.batch
      assert.equal(firstOffset, next)
      next = nextOffset
      values.push(...records.map(({ value }) => String(value)))
      await commit(lease)
    }),
  )
  const isDone = async () => {
    const [{ end }, { offset }] = await Promise.all([source.bounds(0), source.committed(0)])
    return values.length >= atLeast && end === offset
  }
  const failed = run.then(() => true)
  for (let i = 0; !(await isDone()); i++) {
    if (i === 300)
      assert.fail(
        `${values.length} of ${atLeast} values, offset ${next}, ${JSON.stringify(await source.bounds(0))}`,
      )
    if (await Promise.race([failed, sleep(100, false)])) break
  }
  await source.stop()
  await run
  return values
}

async function abortTransaction(topic: TestTopic): Promise<void> {
  const transactionalId = `${topic.name}-aborted`
  const producer = createKafka(kafkaClient).producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
  })
  await producer.connect()
  const transaction = await producer.transaction()
  const messages = Array.from({ length: 10 }, () => ({ partition: 0, value: 'aborted' }))
  await transaction.send({ topic: topic.name, messages, compression: CompressionTypes.GZIP })
  await transaction.abort()
  await producer.disconnect()
}

/** Counts the batches of a codec that are decompressed. */
function usesOf(t: TestContext, compression: (typeof compressions)[number]): () => number {
  if (compression === 'none') return () => 0
  const codec = codecs[compression]
  assert(codec !== null, `this Node has no ${compression}`)
  const { mock } = t.mock.method(codec, 'decompress')
  return () => mock.callCount()
}
