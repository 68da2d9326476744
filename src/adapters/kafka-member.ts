// One membership in the consumer group, from joining to leaving or to kafkajs's end of it. A new one is made
// after a crash: kafkajs's own restart can neither be stopped nor told from a consumer that hangs.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { connectWithin, createKafka, cutConnections, type KafkaClientSettings } from './kafka-client.ts'
import { isFenced, isRejoin, type KafkaNames } from './kafka-errors.ts'
import { KafkaLease, type LeaseHolder } from './kafka-lease.ts'
import { KafkaPositions } from './kafka-positions.ts'

export type MemberOptions = {
  readonly client: KafkaClientSettings
  readonly topic: string
  readonly groupId: string
  readonly flushIntervalMs: number
  readonly maxFetchBytes: number
  readonly concurrency: number
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly rebalanceTimeoutMs: number
  /** How long a batch in work may hold up a rebalance, ms. */
  readonly rebalanceGraceMs: number
}

/** Who a member works for. Nothing here throws or rejects: kafkajs would take it for its own failure. */
export type MemberHost = {
  assigned(partitions: readonly number[]): void
  /** Resolves when all that was begun for the batch has ended. */
  process(lease: KafkaLease): Promise<void>
}

const heartbeatPulseMs = 1_000

export class KafkaMember implements LeaseHolder {
  readonly names: KafkaNames
  readonly sessionTimeoutMs: number
  readonly positions = new KafkaPositions()
  readonly #options: MemberOptions
  readonly #host: MemberHost
  readonly #kafka: Kafka
  readonly #consumer: Consumer
  readonly #end = Promise.withResolvers<unknown>()
  #startup: Promise<void> = Promise.resolve()
  /** Counts the times that the group was joined: kafkajs does not tell the group's own generation. */
  #generation = 0
  #owned: ReadonlySet<number> = new Set()
  /** Why the group must be joined again, and until when batches may finish. */
  #interruption: { readonly error: unknown; readonly graceUntil: number } | null = null
  #takesBatches = true
  #isOver = false

  constructor(options: MemberOptions, host: MemberHost) {
    this.#options = options
    this.#host = host
    this.names = { brokers: options.client.brokers, topic: options.topic, groupId: options.groupId }
    this.sessionTimeoutMs = options.sessionTimeoutMs
    this.#kafka = createKafka(options.client)
    this.#consumer = this.#createConsumer()
  }

  /** Whether the group was joined. */
  get hasJoined(): boolean {
    return this.#generation > 0
  }

  /** Resolves with what ended the membership: an error, or null after `leave` or `abandon`. */
  async run(): Promise<unknown> {
    this.#startup = this.#start()
    const error = await this.#end.promise
    this.#isOver = true
    return error
  }

  /** Takes no more batches, waits for those in work, and leaves the group. */
  async leave(): Promise<void> {
    this.#takesBatches = false
    // Disconnecting while the group is being joined would leave a consumer that nobody can reach.
    await this.#startup
    await this.#disconnect()
    this.#end.resolve(null)
  }

  /** As `leave`, but nothing is committed any more, and a batch that does not end is not waited for. */
  async abandon(waitMs: number): Promise<void> {
    this.#isOver = true
    const hasLeft = this.leave().then(() => true)
    if (!(await Promise.race([hasLeft, sleep(waitMs, false)]))) cutConnections(this.#kafka)
    this.#end.resolve(null)
  }

  holds(generation: number): boolean {
    return !this.#isOver && this.#generation === generation
  }

  mayBegin(generation: number): boolean {
    if (!this.holds(generation)) return false
    return this.#interruption === null || performance.now() < this.#interruption.graceUntil
  }

  interrupt(error: unknown, generation: number): void {
    // A heartbeat of an earlier generation may be answered late. One that failed otherwise is sent again.
    if (!isRejoin(error) || generation !== this.#generation) return
    if (this.#interruption !== null && !isFenced(error)) return
    const grace = isFenced(error) ? 0 : this.#options.rebalanceGraceMs
    this.#interruption = { error, graceUntil: performance.now() + grace }
  }

  advance({ batch, payload }: KafkaLease): void {
    payload.resolveOffset(payload.batch.lastOffset())
    this.positions.committed(batch.partition, batch.nextOffset)
  }

  async #start(): Promise<void> {
    const { topic, concurrency, client } = this.#options
    const eachBatch = (payload: EachBatchPayload) => this.#eachBatch(payload)
    try {
      await connectWithin(this.#kafka, this.#consumer, client)
      // From the beginning also where nothing is committed: kafkajs's default skips to the end.
      await this.#consumer.subscribe({ topics: [topic], fromBeginning: true })
      if (this.#takesBatches)
        await this.#consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: concurrency,
          eachBatch,
        })
    } catch (error) {
      await this.#disconnect()
      this.#end.resolve(error)
    }
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const { partition } = payload.batch
    // A batch that was queued when the rebalance came. The raw error, since kafkajs knows no other sign to rejoin.
    if (this.#interruption !== null) throw this.#interruption.error
    // Not resolved, so it is fetched again, here or by the next owner.
    if (!this.#takesBatches || !payload.isRunning() || !this.#owned.has(partition)) return
    const generation = this.#generation
    const lease = new KafkaLease(payload, this.#firstOffset(payload), generation, this)
    await this.#keepAlive(payload, generation, this.#host.process(lease))
    if (this.#interruption !== null) throw (this.#interruption as { error: unknown }).error
    if (lease.trouble !== null) throw lease.trouble
  }

  /**
   * Waits for the work and sends heartbeats meanwhile, which kafkajs does not do by itself. In a rebalance it
   * waits for the grace only: a store that does not answer must not keep the whole group from going on.
   */
  async #keepAlive(payload: EachBatchPayload, generation: number, work: Promise<void>): Promise<void> {
    const pulse = Math.min(heartbeatPulseMs, this.#options.heartbeatIntervalMs / 2)
    const ended = work.then(() => true)
    for (;;) {
      const rest = this.#interruption === null ? pulse : this.#interruption.graceUntil - performance.now()
      if (rest <= 0) return
      const pause = sleep(Math.min(pulse, rest), false, { ref: false })
      if (await Promise.race([ended, pause])) return
      // Not awaited: it may take as long as a request may. In a rebalance it still keeps the session alive.
      payload.heartbeat().catch(error => this.interrupt(error, generation))
    }
  }

  #firstOffset({ batch }: EachBatchPayload): number {
    // Where the fetch began; a real property, missing in kafkajs's types.
    const { fetchedOffset } = batch as typeof batch & { fetchedOffset: string }
    return this.positions.firstOffset(batch.partition, Number(fetchedOffset))
  }

  #joined(partitions: readonly number[]): void {
    this.#generation++
    this.#owned = new Set(partitions)
    this.#interruption = null
    this.positions.clear()
    if (this.#takesBatches) this.#host.assigned(partitions)
  }

  #createConsumer(): Consumer {
    const { topic, groupId, sessionTimeoutMs, ...options } = this.#options
    const consumer = this.#kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      maxWaitTimeInMs: options.flushIntervalMs,
      // With kafkajs's minimum of 1 byte the broker would not wait: a batch, and a flush, for every few records.
      minBytes: 1 << 20,
      // While there is more than this, an answer is of one partition, and few batches at once leave little alive in memory.
      // Which one it is changes: kafkajs shuffles them for each fetch.
      maxBytesPerPartition: options.maxFetchBytes,
      maxBytes: options.maxFetchBytes,
      allowAutoTopicCreation: false,
      // kafkajs sends no heartbeat while it waits between attempts.
      retry: {
        retries: 10,
        initialRetryTime: Math.min(300, sessionTimeoutMs / 3),
        maxRetryTime: Math.min(8_000, sessionTimeoutMs / 3),
        restartOnFailure: async () => false,
      },
    })
    consumer.on('consumer.group_join', ({ payload }) => this.#joined(payload.memberAssignment[topic] ?? []))
    consumer.on('consumer.start_batch_process', ({ payload }) => {
      const { partition, batchSize, firstOffset, lastOffset } = payload
      if (batchSize === 0)
        this.positions.passed(partition, Number(firstOffset ?? lastOffset), Number(lastOffset) + 1)
    })
    consumer.on('consumer.crash', ({ payload }) => this.#end.resolve(payload.error))
    return consumer
  }

  async #disconnect(): Promise<void> {
    // Leaving is a courtesy: without it the broker gives the partitions away after the session timeout.
    await this.#consumer.disconnect().catch(() => {})
  }
}
