import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin } from 'kafkajs'
import { connectWithin, createKafka, type KafkaClientSettings, unreachable } from './kafka-client.ts'
import { endOf, isTopicMissing, topicMissing } from './kafka-errors.ts'

/** A topic as it shall be created. */
export type TopicSpec = {
  readonly topic: string
  readonly partitions: number
  /** -1: the broker's default. */
  readonly replicationFactor: number
  /** Settings of the topic by Kafka's names, such as `retention.ms`. */
  readonly config?: Readonly<Record<string, string>>
  /** Name of a topic whose `max.message.bytes` this one shall exceed, for the headers of its dead letters. */
  readonly moreRoomThan?: string
}

export type EnsuredTopic = {
  readonly topic: string
  /** False: it was there already, and was left as it is. */
  readonly created: boolean
  readonly partitions: number
}

/** How much more room per message a topic has than the one it names as `moreRoomThan`. */
export const moreRoomBytes = 64 * 1024

const visibleTimeoutMs = 10_000

/** Creates the topics that are missing, in order, and leaves the others alone. */
export async function ensureTopics(
  client: KafkaClientSettings,
  specs: readonly TopicSpec[],
): Promise<EnsuredTopic[]> {
  return withAdmin(client, async admin => {
    const topics: EnsuredTopic[] = []
    for (const spec of specs) topics.push(await ensureTopic(admin, client, spec))
    return topics
  })
}

/** How many partitions a topic has. Rejects with `topic-missing` if there is none. */
export async function requireTopic(client: KafkaClientSettings, topic: string): Promise<number> {
  return withAdmin(client, async admin => {
    const partitions = await partitionsOf(admin, topic).catch(error => {
      throw endOf(error, { brokers: client.brokers, topic }) ?? error
    })
    if (partitions === null) throw topicMissing(topic)
    return partitions
  })
}

async function ensureTopic(
  admin: Admin,
  client: KafkaClientSettings,
  spec: TopicSpec,
): Promise<EnsuredTopic> {
  const { topic, partitions, replicationFactor } = spec
  try {
    const existing = await partitionsOf(admin, topic)
    if (existing !== null) return { topic, created: false, partitions: existing }
    const config = await configOf(admin, client, spec)
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
    const topics = [{ topic, numPartitions: partitions, replicationFactor, configEntries }]
    // Not kafkajs's own wait for leaders: a broker that does not know the topic yet is an error to it.
    const created = await admin.createTopics({ topics, waitForLeaders: false, timeout: visibleTimeoutMs })
    // Not created: somebody else was faster, perhaps with other partitions.
    return { topic, created, partitions: (await visiblePartitions(admin, topic)) ?? partitions }
  } catch (error) {
    throw endOf(firstOf(error), { brokers: client.brokers, topic }) ?? error
  }
}

async function partitionsOf(admin: Admin, topic: string): Promise<number | null> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]?.partitions.length ?? null
  } catch (error) {
    if (isTopicMissing(error)) return null
    throw error
  }
}

/** Waits until the broker that answers has heard of a new topic. */
async function visiblePartitions(admin: Admin, topic: string): Promise<number | null> {
  const end = performance.now() + visibleTimeoutMs
  for (;;) {
    const partitions = await partitionsOf(admin, topic)
    if (partitions !== null || performance.now() > end) return partitions
    await sleep(50)
  }
}

async function configOf(
  admin: Admin,
  { brokers }: KafkaClientSettings,
  spec: TopicSpec,
): Promise<Readonly<Record<string, string>>> {
  const { config = {}, moreRoomThan } = spec
  if (moreRoomThan === undefined) return config
  const name = 'max.message.bytes'
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: moreRoomThan, configNames: [name] }]
  const described = await admin.describeConfigs({ resources, includeSynonyms: false }).catch(error => {
    throw endOf(error, { brokers, topic: moreRoomThan }) ?? error
  })
  const limit = Number(described.resources[0]?.configEntries[0]?.configValue)
  return Number.isFinite(limit) ? { [name]: String(limit + moreRoomBytes), ...config } : config
}

/** kafkajs puts one error for each topic into an aggregate. */
function firstOf(error: unknown): unknown {
  const { errors } = error as { errors?: readonly unknown[] }
  return errors?.[0] ?? error
}

/** Asks, and ends the connection. @throws WorkerError that says what to do */
export async function withAdmin<T>(
  client: KafkaClientSettings,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const kafka = createKafka(client)
  const admin = kafka.admin()
  await connectWithin(kafka, admin, client)
  try {
    return await work(admin)
  } catch (error) {
    throw endOf(error, client) ?? unreachable(client, error)
  } finally {
    await admin.disconnect()
  }
}
