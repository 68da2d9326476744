import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import kafkajs, { CompressionTypes, Partitioners } from 'kafkajs'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { KafkaEventWriter } from '../../src/adapters/kafka-event-writer.ts'
import { ensureTopics, requireTopic } from '../../src/adapters/kafka-topics.ts'
import { createTopic, kafkaClient, useTopic, withoutKafka } from '../support/kafka-fixture.ts'
import { hasCode, readAll } from '../support/kafka-source.ts'

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
