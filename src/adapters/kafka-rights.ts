// Whether this user may do what a worker does. kafkajs cannot ask for its rights, so each is tried with a request
// that the broker must refuse for another reason: it looks at the rights first, and nothing remains of it.
import type { Broker, Cluster } from 'kafkajs'
import {
  clusterOf,
  connectWithin,
  createKafka,
  type KafkaClientSettings,
  unreachable,
} from './kafka-client.ts'
import { endOf, isOutOfRange, isRejoin, isTopicMissing, topicMissing } from './kafka-errors.ts'

/** Beyond every log and every topic: the largest number of either. */
const nowhere = { offset: '9223372036854775807', partition: 2 ** 31 - 1 }

/** Reading a topic: a fetch beyond its end. @throws WorkerError without the right */
export function proveRead(client: KafkaClientSettings, topic: string): Promise<void> {
  return prove(client, { topic }, isOutOfRange, async cluster => {
    const partitions = [{ partition: 0, fetchOffset: nowhere.offset, maxBytes: 1 }]
    const broker = await leaderOf(cluster, topic)
    await broker.fetch({ maxWaitTime: 0, minBytes: 0, topics: [{ topic, partitions }] })
  })
}

/** Writing to a topic: a message to a partition that it does not have. @throws WorkerError without the right */
export function proveWrite(client: KafkaClientSettings, topic: string): Promise<void> {
  return prove(client, { topic }, isTopicMissing, async cluster => {
    const broker = await leaderOf(cluster, topic)
    const partitions = [{ partition: nowhere.partition, messages: [{ key: '', value: '' }] }]
    await broker.produce({ topicData: [{ topic, partitions }], acks: -1, timeout: 1_000 })
  })
}

type Heartbeat = { heartbeat(request: object): Promise<unknown> }

/** Joining a group: a heartbeat of a member that it does not have. @throws WorkerError without the right */
export function proveJoin(client: KafkaClientSettings, groupId: string): Promise<void> {
  return prove(client, { groupId }, isRejoin, async cluster => {
    const coordinator = (await cluster.findGroupCoordinator({ groupId })) as Broker & Heartbeat
    await coordinator.heartbeat({ groupId, groupGenerationId: 0, memberId: 'sessionloom-doctor' })
  })
}

/** `isHarmless`: the refusal that a request meets when the right is there. */
async function prove(
  client: KafkaClientSettings,
  names: { readonly topic?: string; readonly groupId?: string },
  isHarmless: (error: unknown) => boolean,
  attempt: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const kafka = createKafka(client)
  const cluster = clusterOf(kafka)
  await connectWithin(kafka, cluster, client)
  try {
    if (names.topic !== undefined) await target(cluster, names.topic)
    await attempt(cluster)
  } catch (error) {
    if (isHarmless(error)) return
    throw endOf(error, { brokers: client.brokers, ...names }) ?? unreachable(client, error)
  } finally {
    await cluster.disconnect()
  }
}

/** A topic that is missing must not pass for a right to write to it. */
async function target(cluster: Cluster, topic: string): Promise<void> {
  try {
    await cluster.addMultipleTargetTopics([topic])
  } catch (error) {
    throw isTopicMissing(error) ? topicMissing(topic) : error
  }
}

function leaderOf(cluster: Cluster, topic: string): Promise<Broker> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [0]))
  if (nodeId === undefined) throw topicMissing(topic)
  return cluster.findBroker({ nodeId })
}
