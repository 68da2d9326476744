// Facts about brokers, topics and a group, for `doctor`. Reads alone.
import kafkajs, { type Admin } from 'kafkajs'
import { decodeMetadata, decodeOffset } from './kafka-checkpoint.ts'
import { connectWithin, createKafka, type KafkaClientSettings } from './kafka-client.ts'
import { isTopicMissing, isUnauthorized, topicMissing } from './kafka-errors.ts'
import { withAdmin } from './kafka-topics.ts'

const brokerTimeoutMs = 5_000

/** Connects to this one broker, with TLS and login as they are set. */
export async function reachBroker(client: KafkaClientSettings, broker: string): Promise<void> {
  const one = { ...client, brokers: [broker] }
  const kafka = createKafka(one)
  const admin = kafka.admin()
  await connectWithin(kafka, admin, one, brokerTimeoutMs)
  await admin.disconnect()
}

/** The brokers under the addresses that they advertise. */
export function inspectCluster(client: KafkaClientSettings): Promise<{ id: string; brokers: string[] }> {
  return withAdmin(client, async admin => {
    const { clusterId, brokers } = await admin.describeCluster()
    return { id: clusterId, brokers: brokers.map(({ host, port }) => `${host}:${port}`) }
  })
}

export type TopicFacts = {
  readonly partitions: number
  readonly replicas: number
  readonly withoutLeader: readonly number[]
  /** Partitions with fewer replicas in sync than they have. */
  readonly underReplicated: readonly number[]
  /** By Kafka's names; null where they may not be read. */
  readonly config: Readonly<Record<string, string>> | null
}

/** @throws WorkerError `topic-missing` */
export function inspectTopic(client: KafkaClientSettings, topic: string): Promise<TopicFacts> {
  return withAdmin(client, async admin => {
    const partitions = await partitionsOf(admin, topic)
    const numbers = (is: (partition: (typeof partitions)[number]) => boolean) =>
      partitions.filter(is).map(({ partitionId }) => partitionId)
    return {
      partitions: partitions.length,
      replicas: partitions[0]?.replicas.length ?? 0,
      withoutLeader: numbers(({ leader }) => leader < 0),
      underReplicated: numbers(({ isr, replicas }) => isr.length < replicas.length),
      config: await configOf(admin, topic),
    }
  })
}

async function partitionsOf(admin: Admin, topic: string) {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    if (topics[0] !== undefined) return topics[0].partitions
  } catch (error) {
    if (!isTopicMissing(error)) throw error
  }
  throw topicMissing(topic)
}

async function configOf(admin: Admin, topic: string): Promise<Record<string, string> | null> {
  const configNames = ['cleanup.policy', 'retention.ms', 'retention.bytes', 'max.message.bytes']
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames }]
  try {
    const described = await admin.describeConfigs({ resources, includeSynonyms: false })
    const entries = described.resources[0]?.configEntries ?? []
    return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]))
  } catch (error) {
    if (isUnauthorized(error)) return null
    throw error
  }
}

export type GroupFacts = {
  /** Kafka's word: Stable, Empty, Dead, PreparingRebalance, CompletingRebalance. */
  readonly state: string
  readonly members: number
  readonly partitions: readonly GroupPartition[]
}

export type GroupPartition = {
  readonly partition: number
  /** Null where nothing was committed. */
  readonly committed: number | null
  /** Epoch of the checkpoint; null if it has none of ours. */
  readonly epoch: number | null
  readonly start: number
  readonly end: number
}

/** The group's state, and how far it is in the topic. */
export function inspectGroup(
  client: KafkaClientSettings,
  groupId: string,
  topic: string,
): Promise<GroupFacts> {
  return withAdmin(client, async admin => {
    const { groups } = await admin.describeGroups([groupId])
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
    const ends = await admin.fetchTopicOffsets(topic)
    const offsets = new Map(found?.partitions.map(one => [one.partition, one]))
    const partitions = ends.map(({ partition, low, high }) => {
      const { offset = '-1', metadata = null } = offsets.get(partition) ?? {}
      const epoch = decodeMetadata(metadata)?.epoch ?? null
      return { partition, committed: decodeOffset(offset), epoch, start: Number(low), end: Number(high) }
    })
    return {
      state: groups[0]?.state ?? 'Dead',
      members: groups[0]?.members.length ?? 0,
      partitions: partitions.toSorted((a, b) => a.partition - b.partition),
    }
  })
}
