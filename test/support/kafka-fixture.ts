import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, Message, Producer } from 'kafkajs'
import { Partitioners } from 'kafkajs'
import { clusterOf, createKafka, type KafkaClientSettings } from '../../src/adapters/kafka-client.ts'
import { ensureTopics } from '../../src/adapters/kafka-topics.ts'

const { TEST_KAFKA_BROKERS: given, REQUIRE_SERVICES: required } = process.env

/** Why tests that need a broker are skipped; false if there is one. */
export const withoutKafka: string | false = given ? false : 'TEST_KAFKA_BROKERS is not set'

if (withoutKafka) {
  if (required === '1') throw new Error(`REQUIRE_SERVICES=1, but ${withoutKafka}`)
  console.error(`!!! KAFKA TESTS SKIPPED: ${withoutKafka}; run them with \`npm run test:services\``)
}

/** The broker of the tests. */
export const kafkaClient: KafkaClientSettings = {
  brokers: (given ?? 'none:9').split(','),
  clientId: 'sessionloom-tests',
}

/** A topic of one test's own, which is deleted after it. */
export class TestTopic {
  readonly name: string
  readonly group: string
  readonly admin: Admin
  readonly producer: Producer

  constructor(name: string, admin: Admin, producer: Producer) {
    this.name = name
    this.group = `${name}-group`
    this.admin = admin
    this.producer = producer
  }

  /** Messages with a `partition`, in as many requests as lists. */
  async send(...requests: Message[][]): Promise<void> {
    for (const messages of requests) await this.producer.send({ topic: this.name, messages })
  }

  /** What the group has committed for each partition, as the broker has it. */
  async committed(): Promise<{ offset: string; metadata: string | null }[]> {
    const [found] = await this.admin.fetchOffsets({ groupId: this.group, topics: [this.name] })
    assert(found)
    const sorted = found.partitions.toSorted((a, b) => a.partition - b.partition)
    return sorted.map(({ offset, metadata }) => ({ offset, metadata }))
  }

  async offsets(): Promise<string[]> {
    return (await this.committed()).map(({ offset }) => offset)
  }

  /** Commits as a tool would that is no member of the group. */
  async commit(partition: number, offset: string, metadata?: string): Promise<void> {
    const cluster = clusterOf(createKafka(kafkaClient))
    await cluster.connect()
    await cluster.addMultipleTargetTopics([this.name])
    const coordinator = await cluster.findGroupCoordinator({ groupId: this.group })
    // The metadata is missing in kafkajs's type of an offset.
    const partitions = [{ partition, offset, ...(metadata === undefined ? {} : { metadata }) }]
    const topics = [{ topic: this.name, partitions }]
    await coordinator.offsetCommit({ groupId: this.group, groupGenerationId: -1, memberId: '', topics })
    await cluster.disconnect()
  }

  /** Deletes the records before an offset, as retention does. */
  async expire(partition: number, offset: string): Promise<void> {
    const request = { topic: this.name, partitions: [{ partition, offset }] }
    // Without metadata of the topic kafkajs's client cannot delete from it.
    await this.admin.fetchTopicOffsets(this.name)
    // Refused for a moment after the records were written: the high watermark follows a little later.
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.admin.deleteTopicRecords(request)
      } catch (error) {
        if (attempt === 20) throw error
        await sleep(50)
      }
    }
  }

  async close(): Promise<void> {
    await this.admin.deleteGroups([this.group]).catch(() => {})
    await this.admin.deleteTopics({ topics: [this.name] }).catch(() => {})
    await Promise.all([this.admin.disconnect(), this.producer.disconnect()])
  }
}

export async function createTopic(
  partitions = 1,
  config: Readonly<Record<string, string>> = {},
  name = `test-${randomUUID()}`,
): Promise<TestTopic> {
  await ensureTopics(kafkaClient, [{ topic: name, partitions, replicationFactor: 1, config }])
  const kafka = createKafka(kafkaClient)
  const admin = kafka.admin()
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await Promise.all([admin.connect(), producer.connect()])
  await untilLed(admin, name)
  return new TestTopic(name, admin, producer)
}

/**
 * Until the leader of each partition answers. One that is not ready yet would refuse its part of the first request, and
 * kafkajs would send the others again, too.
 */
async function untilLed(admin: Admin, topic: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const isLed = await admin.fetchTopicOffsets(topic).then(
      () => true,
      () => false,
    )
    if (isLed) return
    await sleep(50)
  }
}

/** As `createTopic`, closed at the end of the test. */
export async function useTopic(
  t: TestContext,
  partitions = 1,
  config: Readonly<Record<string, string>> = {},
): Promise<TestTopic> {
  const topic = await createTopic(partitions, config)
  t.after(() => topic.close())
  return topic
}
