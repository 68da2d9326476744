import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { KafkaEventSource, type KafkaEventSourceOptions } from '../../src/adapters/kafka-event-source.ts'
import { WorkerError, type WorkerErrorCode } from '../../src/core/worker-error.ts'
import type { BatchLease, SourceHandler, SourceRecord } from '../../src/ports/event-source.ts'
import type { WorkerEvent } from '../../src/ports/telemetry.ts'
import { eventSourceContract } from '../contract/event-source.contract.ts'
import { createTopic, kafkaClient, type TestTopic, useTopic, withoutKafka } from '../support/kafka-fixture.ts'

const metadata = { watermark: 1_700_000_000_000, epoch: 3, partitions: 4 }

function sourceOf(topic: TestTopic, options: Partial<KafkaEventSourceOptions> = {}): KafkaEventSource {
  return new KafkaEventSource({
    client: kafkaClient,
    topic: topic.name,
    groupId: topic.group,
    telemetry: () => {},
    flushIntervalMs: 100,
    // The broker's least, so that a lost member is noticed within a test.
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 500,
    rebalanceTimeoutMs: 10_000,
    ...options,
  })
}

const commit = (lease: BatchLease) => lease.commit({ offset: lease.batch.nextOffset, metadata })

const handlerOf = (process: (lease: BatchLease) => Promise<unknown>): SourceHandler => ({
  assigned: () => {},
  process: async lease => {
    await process(lease)
  },
})

const hasCode =
  (code: WorkerErrorCode, ...words: string[]) =>
  (error: unknown) => {
    assert(error instanceof WorkerError, String(error))
    assert.equal(error.code, code, error.message)
    for (const word of words) assert(error.message.includes(word), `${word} in: ${error.message}`)
    return true
  }

const numbered = (partition: number, count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ partition, key: 'tab', value: `${from + i}` }))

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

  it('fails with what is wrong when a handler fails, and commits nothing of that batch', async t => {
    const topic = await useTopic(t, 2)
    await topic.send(numbered(0, 3), numbered(1, 3))
    const failure = new WorkerError('store-refused', 'no')
    const source = sourceOf(topic)
    const slow = Promise.withResolvers<string>()
    const run = source.run(
      handlerOf(async lease => {
        if (lease.batch.partition === 0) throw failure
        await sleep(500)
        slow.resolve(await commit(lease))
      }),
    )
    await assert.rejects(run, error => error === failure)
    assert.equal(await slow.promise, 'fenced', 'nothing is committed after a failure')
    assert.deepEqual(await topic.offsets(), ['-1', '-1'])
  })

  it('says within ten seconds that no broker answers, and which were asked', async () => {
    const since = performance.now()
    const client = { ...kafkaClient, brokers: ['127.0.0.1:1', '127.0.0.1:2'] }
    const source = new KafkaEventSource({ client, topic: 'x', groupId: 'x', telemetry: () => {} })
    const run = source.run(handlerOf(async () => {}))
    await assert.rejects(run, hasCode('unreachable', '127.0.0.1:1, 127.0.0.1:2', 'KAFKA_BROKERS'))
    assert(performance.now() - since < 12_000)
  })

  it('says which topic is missing and how to create it', async () => {
    const topic = `test-missing-${randomUUID()}`
    const source = new KafkaEventSource({ client: kafkaClient, topic, groupId: topic, telemetry: () => {} })
    await assert.rejects(
      source.run(handlerOf(async () => {})),
      hasCode('topic-missing', topic, 'sessionloom setup'),
    )
    const admin = createKafka(kafkaClient).admin()
    await admin.connect()
    assert(!(await admin.listTopics()).includes(topic), 'asking must not create it')
    await admin.disconnect()
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

  it('stops while it starts', async t => {
    const topic = await useTopic(t)
    for (const delay of [0, 20, 60, 150, 300]) {
      const source = sourceOf(topic)
      const run = source.run(handlerOf(async () => {}))
      await sleep(delay)
      await source.stop()
      await run
    }
    const group = await topic.admin.describeGroups([topic.group])
    assert.deepEqual(group.groups[0]?.members, [], 'no member stays behind')
  })

  it('ends when a batch hangs', async t => {
    const topic = await useTopic(t)
    await topic.send(numbered(0, 2))
    const sockets = () => process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length
    const before = sockets()
    const source = sourceOf(topic, { batchDeadlineMs: 1_000 })
    const release = Promise.withResolvers<void>()
    let late: string | undefined
    const run = source.run(
      handlerOf(async lease => {
        await release.promise
        late = await commit(lease)
      }),
    )
    await assert.rejects(run, hasCode('hung', topic.name, 'partition 0', 'offsets 0 to 1'))
    await sleep(100)
    assert.equal(sockets(), before, 'no connection keeps the process alive')
    release.resolve()
    await sleep(100)
    assert.equal(late, 'fenced')
    assert.deepEqual(await topic.offsets(), ['-1'])
  })

  it('reads on at the start of the log when records expired, and leaves the commit alone', async t => {
    const topic = await useTopic(t)
    await topic.send(numbered(0, 10))
    await topic.commit(0, '2')
    await topic.expire(0, '6')
    const source = sourceOf(topic)
    let first: number | undefined
    await source.run(
      handlerOf(async ({ batch }) => {
        first = batch.firstOffset
        assert.deepEqual(await source.committed(0), { offset: 2, metadata: null }, 'the loss can be seen')
        void source.stop()
      }),
    )
    assert.equal(first, 6)
    assert.deepEqual(await topic.offsets(), ['2'])
  })

  it('ends when the committed offset lies beyond the log, and leaves the commit alone', async t => {
    const topic = await useTopic(t)
    await topic.send(numbered(0, 3))
    await topic.commit(0, '1000')
    const source = sourceOf(topic)
    const run = source.run(handlerOf(async () => assert.fail('a batch')))
    await assert.rejects(run, hasCode('epoch-mismatch', topic.name, '1000', 'SOURCE_EPOCH'))
    assert.deepEqual(await topic.offsets(), ['1000'])
  })

  it('ends when the topic is deleted', async t => {
    const topic = await useTopic(t)
    const events: WorkerEvent[] = []
    const source = sourceOf(topic, { telemetry: event => events.push(event) })
    const joined = Promise.withResolvers<void>()
    const run = source.run({ assigned: () => joined.resolve(), process: async () => {} })
    run.catch(() => {})
    await joined.promise
    await topic.admin.deleteTopics({ topics: [topic.name] })
    await assert.rejects(run, hasCode('topic-missing', topic.name))
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
