import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import kafkajs, { CompressionTypes, Partitioners } from 'kafkajs'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { KafkaDeadLetterSink } from '../../src/adapters/kafka-dead-letter-sink.ts'
import { KafkaEventSource } from '../../src/adapters/kafka-event-source.ts'
import { KafkaEventWriter } from '../../src/adapters/kafka-event-writer.ts'
import { ensureTopics, requireTopic } from '../../src/adapters/kafka-topics.ts'
import { WorkerError, type WorkerErrorCode } from '../../src/core/worker-error.ts'
import type { RecordLetter } from '../../src/ports/dead-letter-sink.ts'
import type { SourceRecord } from '../../src/ports/event-source.ts'
import { createTopic, kafkaClient, type TestTopic, useTopic, withoutKafka } from '../support/kafka-fixture.ts'

const hasCode =
  (code: WorkerErrorCode, ...words: string[]) =>
  (error: unknown) => {
    assert(error instanceof WorkerError, String(error))
    assert.equal(error.code, code, error.message)
    for (const word of words) assert(error.message.includes(word), `${word} in: ${error.message}`)
    return true
  }

function letterOf(record: Partial<SourceRecord>): RecordLetter {
  return {
    kind: 'record',
    reason: 'invalid-json',
    message: 'not JSON: Grüße',
    topic: 'raw-events',
    partition: 7,
    record: { offset: 42, timestamp: 1_000, key: null, value: null, headers: {}, ...record },
  }
}

/** Every record of a topic, in the order of each partition. */
async function readAll(topic: TestTopic): Promise<(SourceRecord & { partition: number })[]> {
  const ends = await topic.admin.fetchTopicOffsets(topic.name)
  const total = ends.reduce((sum, { high }) => sum + Number(high), 0)
  const records: (SourceRecord & { partition: number })[] = []
  const source = new KafkaEventSource({
    client: kafkaClient,
    topic: topic.name,
    groupId: topic.group,
    telemetry: () => {},
    flushIntervalMs: 50,
  })
  await source.run({
    assigned: () => {},
    process: async lease => {
      records.push(...lease.batch.records.map(record => ({ ...record, partition: lease.batch.partition })))
      await lease.commit({
        offset: lease.batch.nextOffset,
        metadata: { watermark: null, epoch: 0, partitions: 1 },
      })
      if (records.length >= total) void source.stop()
    },
  })
  assert.equal(records.length, total)
  return records
}

const headersOf = ({ headers }: SourceRecord) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

function sinkOf(topic: string): KafkaDeadLetterSink {
  return new KafkaDeadLetterSink({ client: kafkaClient, topic, telemetry: () => {} })
}

describe('a Kafka dead-letter sink', { skip: withoutKafka }, () => {
  it('keeps the original bytes, and says where they were and why they are here', async t => {
    const topic = await useTopic(t, 2)
    const bytes = Buffer.from([0, 0xff, 0xfe, 0x80])
    const sink = sinkOf(topic.name)
    const headers = { trace: bytes, 'sessionloom-reason': 'an earlier one', list: [bytes, 'x'] }
    await sink.send([
      letterOf({ key: bytes, value: bytes, headers }),
      letterOf({ offset: 43, timestamp: null }),
    ])
    await sink.close()
    const records = await readAll(topic)
    const first = records.find(({ key }) => key && bytes.equals(key))
    const second = records.find(record => record !== first)
    assert(first && second)
    assert.deepEqual(first.value, bytes)
    assert.deepEqual(first.headers.trace, bytes)
    assert.deepEqual(first.headers.list, [bytes, Buffer.from('x')])
    const expected = {
      'sessionloom-kind': 'record',
      'sessionloom-reason': 'invalid-json',
      'sessionloom-message': 'not JSON: Grüße',
      'sessionloom-topic': 'raw-events',
      'sessionloom-partition': '7',
      'sessionloom-offset': '42',
      'sessionloom-timestamp': '1000',
    }
    const { trace, list, ...ours } = headersOf(first)
    assert.deepEqual(ours, expected)
    assert.equal(String(second.key), 'raw-events-7-43')
    assert.equal(second.value, null)
    assert.equal(headersOf(second)['sessionloom-timestamp'], '')
  })

  it('writes a header without a value, which kafkajs cannot, as an empty one', async t => {
    const topic = await useTopic(t)
    const sink = sinkOf(topic.name)
    const headers = { empty: null, list: ['a', null] } as unknown as SourceRecord['headers']
    await sink.send([letterOf({ value: Buffer.from('x'), headers })])
    await sink.close()
    const [record] = await readAll(topic)
    assert.equal(String(record!.headers.empty), '')
    assert.deepEqual((record!.headers.list as Buffer[]).map(String), ['a', ''])
  })

  it('cuts and marks what the broker finds too large, and nothing else', async t => {
    const topic = await useTopic(t, 1, { 'max.message.bytes': '100000' })
    const sink = sinkOf(topic.name)
    const large = randomBytes(300_000)
    const small = randomBytes(1_000)
    await sink.send([
      letterOf({ offset: 1, value: small }),
      letterOf({ offset: 2, value: large, headers: { trace: 'kept' } }),
      letterOf({ offset: 3, value: small, headers: { huge: randomBytes(200_000) } }),
      letterOf({ offset: 4, value: small, key: randomBytes(200_000) }),
    ])
    await sink.close()
    const [first, second, third, fourth] = await readAll(topic)
    assert(first?.value && second?.value && third && fourth?.key)
    assert.deepEqual(first.value, small)
    assert.equal(headersOf(first)['sessionloom-cut'], undefined)
    assert(second.value.length > 60_000, `${second.value.length} bytes are left`)
    assert(large.subarray(0, second.value.length).equals(second.value))
    assert.equal(headersOf(second)['sessionloom-cut'], '300000')
    assert.equal(headersOf(second).trace, 'kept')
    assert.equal(headersOf(third)['sessionloom-cut-headers'], '1')
    assert.equal(headersOf(third).huge, undefined)
    assert.equal(headersOf(fourth)['sessionloom-cut-key'], '200000')
    assert.equal(headersOf(fourth)['sessionloom-offset'], '4')
  })

  it('sends thousands of letters in bounded requests', async t => {
    const topic = await useTopic(t, 3)
    const sink = sinkOf(topic.name)
    const value = randomBytes(2_000)
    await sink.send(
      Array.from({ length: 3_000 }, (_, offset) =>
        letterOf({ offset, value, key: Buffer.from(`${offset}`) }),
      ),
    )
    await sink.close()
    const offsets = (await readAll(topic)).map(record => Number(headersOf(record)['sessionloom-offset']))
    assert.deepEqual(
      offsets.toSorted((a, b) => a - b),
      Array.from({ length: 3_000 }, (_, i) => i),
    )
  })

  it('says that its topic is missing, at the start and at the first letter', async () => {
    const name = `test-missing-${randomUUID()}`
    const sink = sinkOf(name)
    await assert.rejects(sink.check(), hasCode('topic-missing', name, 'sessionloom setup'))
    await assert.rejects(sink.send([letterOf({})]), hasCode('topic-missing', name, 'sessionloom setup'))
    await sink.close()
  })
})

describe('a Kafka event writer', { skip: withoutKafka }, () => {
  it('writes events by tab, where other producers put them too', async t => {
    const topic = await useTopic(t, 5)
    const writer = new KafkaEventWriter({ client: kafkaClient, topic: topic.name })
    const events = Array.from({ length: 5_000 }, (_, i) => ({
      key: `tab-${i % 50}`,
      value: i % 2 === 0 ? `{"n":${i}}` : Buffer.from(`{"n":${i}}`),
      timestamp: 1_700_000_000_000 + i,
    }))
    await Promise.all([writer.write(events.slice(0, 2_500)), writer.write(events.slice(2_500))])
    await writer.close()
    const records = await readAll(topic)
    assert.equal(records.length, events.length)
    const place = Partitioners.DefaultPartitioner()
    const partitionMetadata = [0, 1, 2, 3, 4].map(partitionId => ({
      partitionId,
      leader: 1,
      partitionErrorCode: 0,
      replicas: [],
      isr: [],
    }))
    for (const { key, value, timestamp, partition } of records) {
      const n = Number(/\d+/.exec(String(value))![0])
      assert.equal(String(key), `tab-${n % 50}`)
      assert.equal(timestamp, 1_700_000_000_000 + n)
      const message = { key: String(key), value: null }
      assert.equal(partition, place({ topic: topic.name, partitionMetadata, message }))
    }
    assert.equal(new Set(records.map(({ partition }) => partition)).size, 5)
  })

  it('says that an event is too large, and that the topic is missing', async t => {
    const topic = await useTopic(t, 1, { 'max.message.bytes': '10000' })
    const writer = new KafkaEventWriter({ client: kafkaClient, topic: topic.name })
    const event = { key: 'tab', value: randomBytes(20_000) }
    await assert.rejects(writer.write([event]), hasCode('input', '20000 bytes', topic.name))
    await assert.rejects(writer.write([{ key: 'tab', value: 'x' }]), hasCode('input'))
    await writer.close()
    const missing = new KafkaEventWriter({ client: kafkaClient, topic: `test-missing-${randomUUID()}` })
    await assert.rejects(missing.write([event]), hasCode('topic-missing', 'sessionloom setup'))
    await missing.close()
  })

  it('gives up on a broker that does not answer', async () => {
    const client = { ...kafkaClient, brokers: ['127.0.0.1:1'] }
    const writer = new KafkaEventWriter({ client, topic: 'x', patienceMs: 0 })
    await assert.rejects(writer.write([{ key: 'a', value: 'b' }]), hasCode('unreachable', '127.0.0.1:1'))
    await writer.close()
  })
})

describe('topics', { skip: withoutKafka }, () => {
  it('are created where they are missing, and left alone where they are not', async t => {
    const source = await createTopic(2, { 'max.message.bytes': '2000000' })
    const letters = `${source.name}.dead-letters`
    t.after(async () => {
      await source.admin.deleteTopics({ topics: [letters] })
      await source.close()
    })
    const specs = [
      { topic: source.name, partitions: 9, replicationFactor: 1 },
      {
        topic: letters,
        partitions: 3,
        replicationFactor: 1,
        config: { 'retention.ms': '86400000' },
        moreRoomThan: source.name,
      },
    ]
    assert.deepEqual(await ensureTopics(kafkaClient, specs), [
      { topic: source.name, created: false, partitions: 2 },
      { topic: letters, created: true, partitions: 3 },
    ])
    const again = await ensureTopics(kafkaClient, specs)
    assert.deepEqual(
      again.map(({ created }) => created),
      [false, false],
    )
    const { resources } = await source.admin.describeConfigs({
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: letters }],
      includeSynonyms: false,
    })
    const config = new Map(resources[0]!.configEntries.map(e => [e.configName, e.configValue]))
    assert.equal(config.get('max.message.bytes'), String(2_000_000 + 65_536))
    assert.equal(config.get('retention.ms'), '86400000')
    assert.equal(await requireTopic(kafkaClient, letters), 3)
  })

  it('are refused with what is wrong', async () => {
    const spec = { topic: 'no such name!', partitions: 1, replicationFactor: 1 }
    await assert.rejects(ensureTopics(kafkaClient, [spec]), hasCode('configuration', 'no such name!'))
    const many = { topic: `test-${randomUUID()}`, partitions: 1, replicationFactor: 9 }
    await assert.rejects(ensureTopics(kafkaClient, [many]), hasCode('configuration', 'REPLICATION'))
  })
})

describe('compressed records', { skip: withoutKafka }, () => {
  it('are read when they were compressed with zstd', async t => {
    const topic = await useTopic(t)
    const producer = createKafka(kafkaClient).producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    const messages = [{ key: 'tab', value: 'x'.repeat(10_000) }]
    await producer.send({ topic: topic.name, messages, compression: CompressionTypes.ZSTD })
    await producer.disconnect()
    const [record] = await readAll(topic)
    assert.equal(String(record!.value), messages[0]!.value)
  })
})
