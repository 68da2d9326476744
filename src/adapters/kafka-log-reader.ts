import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from 'kafkajs'
import { WorkerError } from '../core/worker-error.ts'
import type { Committed } from '../ports/event-source.ts'
import { decodeMetadata, decodeOffset } from './kafka-checkpoint.ts'
import {
  clusterOf,
  connectTimeoutMs,
  connectWithin,
  createKafka,
  type KafkaClientSettings,
  unreachable,
} from './kafka-client.ts'
import { endOf, isOutOfRange, isTopicMissing, reasonOf, topicMissing } from './kafka-errors.ts'
import { type Fetched, fetchedRecords, type PartitionAnswer } from './kafka-fetched.ts'
import type { FetchedRecord } from './kafka-record-batch.ts'

export type LogReaderOptions = {
  readonly client: KafkaClientSettings
  readonly topic: string
  /** Needed for what it has committed. */
  readonly groupId?: string
  /** Told once for each spell of trouble. */
  readonly interrupted: (reason: string) => void
}

/** A topic that was created just now is not known to every broker yet. */
const missingAttempts = 3
/** As a worker fetches. The broker gives a whole batch, even if it is larger. */
const fetchBytes = 1 << 20
const pausesMs = { first: 200, longest: 8_000 }

/**
 * Answers questions about one topic and one group, each with requests of its own. Trouble is waited out, save
 * before the first answer: then a broker that does not answer is a mistake in the settings.
 */
export class KafkaLogReader {
  readonly #options: LogReaderOptions
  readonly #closing = new AbortController()
  #cluster: Promise<Cluster> | null = null
  #hasAnswered = false
  #inWork = 0
  /** Questions that wait for trouble to pass. */
  readonly #troubled = new Set<object>()

  constructor(options: LogReaderOptions) {
    this.#options = options
  }

  /** Rejects with `topic-missing` if there is no such topic. */
  partitions(): Promise<number> {
    const { topic } = this.#options
    return this.#ask(async cluster => {
      await cluster.refreshMetadata()
      return cluster.findTopicPartitionMetadata(topic).length
    })
  }

  async committed(partition: number): Promise<Committed> {
    const { topic, groupId = '' } = this.#options
    return this.#askLeader(async cluster => {
      const coordinator = await cluster.findGroupCoordinator({ groupId })
      // The type asks for an offset that an OffsetFetch request does not have.
      const topics = [{ topic, partitions: [{ partition, offset: '' }] }]
      const { responses } = await coordinator.offsetFetch({ groupId, topics })
      const found = responses[0]?.partitions[0] as { offset: string; metadata?: string | null } | undefined
      const offset = decodeOffset(found?.offset ?? '-1')
      return { offset, metadata: offset === null ? null : decodeMetadata(found?.metadata) }
    })
  }

  /** As one who is no member: for a group that nobody joins. */
  async commit(offsets: ReadonlyMap<number, number>): Promise<void> {
    const { topic, groupId = '' } = this.#options
    const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) }))
    await this.#askLeader(async cluster => {
      const coordinator = await cluster.findGroupCoordinator({ groupId })
      const topics = [{ topic, partitions }]
      await coordinator.offsetCommit({ groupId, groupGenerationId: -1, memberId: '', topics })
    })
  }

  /** The records from an offset on; null if the log has no such offset (any more). */
  fetch(partition: number, offset: number): Promise<Fetched | null> {
    const { topic } = this.#options
    return this.#askLeader(async cluster => {
      const answer = await this.#fetch(cluster, partition, offset, fetchBytes)
      return answer && fetchedRecords(topic, offset, answer)
    })
  }

  bounds(partition: number): Promise<{ start: number; end: number }> {
    return this.#askLeader(async cluster => {
      const [start, end] = await Promise.all([
        this.#logOffset(cluster, partition, { fromBeginning: true }),
        this.#logOffset(cluster, partition, { fromTimestamp: latest }),
      ])
      return { start, end }
    })
  }

  /**
   * A fetch of its own, outside any group: a throw-away consumer would need a group, rights on it, and someone
   * to delete it after a crash, and it would wait for the broker's initial rebalance delay (3 s by default).
   */
  async timestampAt(partition: number, offset: number): Promise<number | null> {
    if (offset < 0) return null
    return this.#askLeader(async cluster => {
      // The broker sends a whole batch of records, however small the limit.
      const answer = await this.#fetch(cluster, partition, offset, 1)
      const isIt = (record: FetchedRecord) => record.offset === offset && !record.isControlRecord
      return answer?.messages.find(isIt)?.timestamp ?? null
    })
  }

  /** Ends what waits for trouble to pass. Later questions are still answered, if they can be at once. */
  async close(): Promise<void> {
    this.#closing.abort()
    if (this.#inWork === 0) await this.#discard(this.#cluster)
  }

  async #fetch(
    cluster: Cluster,
    partition: number,
    offset: number,
    maxBytes: number,
  ): Promise<PartitionAnswer | null> {
    const { topic } = this.#options
    const broker = await cluster.findBroker({ nodeId: this.#leader(cluster, partition) })
    const partitions = [{ partition, fetchOffset: String(offset), maxBytes }]
    try {
      const answer = await broker.fetch({ maxWaitTime: 0, minBytes: 0, topics: [{ topic, partitions }] })
      return answer.responses[0]?.partitions[0] ?? null
    } catch (error) {
      if (isOutOfRange(error)) return null
      throw error
    }
  }

  async #logOffset(
    cluster: Cluster,
    partition: number,
    place: { fromBeginning: true } | { fromTimestamp: number },
  ): Promise<number> {
    const { topic } = this.#options
    this.#leader(cluster, partition)
    const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], ...place }])
    return Number(answer!.partitions[0]!.offset)
  }

  #leader(cluster: Cluster, partition: number): string {
    const { topic } = this.#options
    const [leader] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (leader !== undefined) return leader
    throw new WorkerError(
      'topic-missing',
      `topic ${topic} has no partition ${partition} (any more). If it was recreated, run \`sessionloom setup\` and ` +
        'the workers with the next SOURCE_EPOCH.',
    )
  }

  /** Asks a broker that the cluster has named, which proves that its advertised address can be reached. */
  async #askLeader<T>(question: (cluster: Cluster) => Promise<T>): Promise<T> {
    const answer = await this.#ask(question)
    this.#hasAnswered = true
    return answer
  }

  async #ask<T>(question: (cluster: Cluster) => Promise<T>): Promise<T> {
    const since = performance.now()
    this.#inWork++
    try {
      for (let attempt = 0; ; attempt++) {
        this.#cluster ??= this.#connect()
        const connection = this.#cluster
        try {
          return await question(await connection)
        } catch (error) {
          // A fresh client has fresh metadata: whatever moved, it is found.
          void this.#discard(connection)
          this.#refuse(error, attempt, performance.now() - since)
          if (this.#hasAnswered && this.#troubled.size === 0) this.#options.interrupted(reasonOf(error))
          this.#troubled.add(question)
        }
        await this.#pause(attempt)
      }
    } finally {
      this.#troubled.delete(question)
      this.#inWork--
      if (this.#closing.signal.aborted && this.#inWork === 0) await this.#discard(this.#cluster)
    }
  }

  /** Throws if there is no sense in waiting. */
  #refuse(error: unknown, attempt: number, waitedMs: number): void {
    const { client, topic, groupId } = this.#options
    if (isTopicMissing(error)) {
      if (attempt >= missingAttempts) throw topicMissing(topic)
      return
    }
    const end = endOf(error, { brokers: client.brokers, topic, ...(groupId !== undefined && { groupId }) })
    if (end !== null && end.code !== 'unreachable') throw end
    const isHopeless = !this.#hasAnswered && (end !== null || waitedMs >= connectTimeoutMs)
    if (isHopeless || this.#closing.signal.aborted) throw end ?? unreachable(client, error)
  }

  async #pause(attempt: number): Promise<void> {
    const ms = Math.min(pausesMs.longest, pausesMs.first * 2 ** attempt)
    // Closing ends the pause, and what was asked gets a last attempt.
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => {})
  }

  async #connect(): Promise<Cluster> {
    const kafka = createKafka(this.#options.client)
    const cluster = clusterOf(kafka)
    await connectWithin(kafka, cluster, this.#options.client)
    try {
      await cluster.addMultipleTargetTopics([this.#options.topic])
      return cluster
    } catch (error) {
      await cluster.disconnect()
      throw error
    }
  }

  async #discard(connection: Promise<Cluster> | null): Promise<void> {
    if (this.#cluster === connection) this.#cluster = null
    // Nothing can be done about a connection that does not end well, and nothing depends on it.
    await connection?.then(cluster => cluster.disconnect()).catch(() => {})
  }
}

/** ListOffsets' special timestamp for the end of the log. */
const latest = -1
