import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CompressionTypes } from 'kafkajs'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import type { SourceRecord } from '../../src/ports/event-source.ts'
import { eventSourceContract } from '../contract/event-source.contract.ts'
import { createTopic, kafkaClient, useTopic, withoutKafka } from '../support/kafka-fixture.ts'
import { commit, handlerOf, metadata, numbered, sourceOf } from '../support/kafka-source.ts'

describe('a Kafka event source', { skip: withoutKafka }, () => {
  eventSourceContract('Kafka', { partitions: 3, keepsCommits: true }, async partitions => {
    const topic = await createTopic(partitions.length)
    for (const [partition, values] of partitions.entries())
      for (let i = 0; i < values.length; i += 50)
        await topic.send(values.slice(i, i + 50).map(value => ({ partition, value })))
    return { source: sourceOf(topic), close: () => topic.close() }
  })

  it('passes key, value, headers and timestamp as they were written', async t => {
    const topic = await useTopic(t)
    const bytes = Buffer.from([0, 0xff, 0xfe, 0x80, 0x0a])
    await topic.send([
      { key: bytes, value: bytes, timestamp: '1700000000123', headers: { a: bytes, b: ['1', '2'] } },
      { key: null, value: null },
    ])
    const records: SourceRecord[] = []
    const source = sourceOf(topic)
    await source.run(
      handlerOf(async lease => {
        records.push(...lease.batch.records)
        void source.stop()
      }),
    )
    const [first, second] = records
    assert(first && second)
    assert.deepEqual(first.key, bytes)
    assert.deepEqual(first.value, bytes)
    assert.equal(first.timestamp, 1_700_000_000_123)
    assert.deepEqual(first.headers, { a: bytes, b: [Buffer.from('1'), Buffer.from('2')] })
    assert.deepEqual([second.key, second.value, second.offset], [null, null, 1])
  })

  it('delivers each record once and in order where a response holds more than may become a batch', async t => {
    const topic = await useTopic(t, 2)
    const perPartition = 130_000
    for (const partition of [0, 1]) {
      const messages = Array.from({ length: 10_000 }, () => ({ partition, value: 'x' }))
      for (let sent = 0; sent < perPartition; sent += messages.length)
        await topic.producer.send({ topic: topic.name, compression: CompressionTypes.GZIP, messages })
    }
    const next = [0, 0]
    let largest = 0
    const source = sourceOf(topic, { maxFetchBytes: 8 << 20 })
    await source.run(
      handlerOf(async lease => {
        const { partition, records } = lease.batch
        largest = Math.max(largest, records.length)
        for (const { offset } of records) assert.equal(offset, next[partition]!++)
        await commit(lease)
        if (next.every(offset => offset === perPartition)) void source.stop()
      }),
    )
    assert.ok(largest < perPartition, `${largest} at once, or this test shows nothing`)
  })

  it('keeps the metadata of a commit, and takes none that is not its own', async t => {
    const topic = await useTopic(t, 2)
    await topic.send(numbered(0, 5))
    const source = sourceOf(topic)
    t.after(() => source.stop())
    assert.deepEqual(await source.committed(0), { offset: null, metadata: null })
    const reader = sourceOf(topic)
    await reader.run(
      handlerOf(async lease => {
        assert.equal(await commit(lease), 'committed')
        void reader.stop()
      }),
    )
    assert.deepEqual(await source.committed(0), { offset: 5, metadata })
    assert.deepEqual(await source.committed(1), { offset: null, metadata: null })

    for (const foreign of ['', 'note', '{"watermark":1,"epoch":0,"partitions":4}', '{}', 'null', '[]']) {
      await topic.commit(0, '2', foreign)
      assert.deepEqual(await source.committed(0), { offset: 2, metadata: null }, foreign)
    }
    // What kafkajs leaves behind when it resets a group by itself.
    await topic.commit(0, '-2')
    assert.deepEqual(await source.committed(0), { offset: null, metadata: null })
  })

  it('goes on from the commit, also after another member had the partition', async t => {
    const topic = await useTopic(t)
    await topic.send(numbered(0, 3))
    const seen: string[] = []
    for (const round of [1, 2]) {
      const source = sourceOf(topic)
      await source.run(
        handlerOf(async lease => {
          seen.push(`${round}: ${lease.batch.firstOffset}-${lease.batch.nextOffset}`)
          await commit(lease)
          void source.stop()
        }),
      )
      await topic.send(numbered(0, 2))
    }
    assert.deepEqual(seen, ['1: 0-3', '2: 3-5'])
  })

  it('tells the timestamp of a record, and that there is none', async t => {
    const topic = await useTopic(t)
    const groups = await topic.admin.listGroups()
    await topic.send(
      [
        { value: 'a', timestamp: '1000' },
        { value: 'b', timestamp: '2000' },
        { value: 'c', timestamp: '3000' },
      ],
      [{ value: 'x'.repeat(2000), timestamp: '4000' }],
    )
    const source = sourceOf(topic)
    t.after(() => source.stop())
    const at = (offset: number) => source.timestampAt(0, offset)
    assert.deepEqual(await Promise.all([0, 1, 2, 3].map(at)), [1000, 2000, 3000, 4000])
    assert.deepEqual(await Promise.all([-1, 4, 99].map(at)), [null, null, null])
    await topic.expire(0, '2')
    assert.deepEqual(await Promise.all([1, 2].map(at)), [null, 3000])
    assert.deepEqual(await source.bounds(0), { start: 2, end: 4 })
    assert.equal((await topic.admin.listGroups()).groups.length, groups.groups.length, 'no group is made')
  })

  it('sees transactions as one contiguous log, read to its end', async t => {
    const topic = await useTopic(t)
    const kafka = createKafka(kafkaClient)
    const producer = kafka.producer({ transactionalId: topic.name, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    t.after(() => producer.disconnect())
    const source = sourceOf(topic)
    const batches: string[] = []
    const run = source.run(
      handlerOf(async lease => {
        batches.push(`${lease.batch.firstOffset}-${lease.batch.nextOffset}:${lease.batch.records.length}`)
        await commit(lease)
      }),
    )
    let next = 0
    for (const outcome of ['commit', 'abort', 'commit'] as const) {
      const work = await producer.transaction()
      await work.send({ topic: topic.name, messages: numbered(0, 2) })
      await sleep(400)
      await work[outcome]()
      await sleep(600)
      // A marker follows the records of each transaction.
      next += 3
      const { end } = await source.bounds(0)
      const { offset } = await source.committed(0)
      assert.equal(end, offset, `caught up after ${outcome} ${next}`)
    }
    await source.stop()
    await run
    let at = 0
    for (const batch of batches) {
      const [range] = batch.split(':')
      const [from, to] = range!.split('-').map(Number)
      assert.equal(from, at, batches.join(' '))
      at = to!
    }
    assert.equal(batches.length, 2)
  })
})
