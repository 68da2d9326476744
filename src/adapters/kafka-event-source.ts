import { setTimeout as sleep } from 'node:timers/promises'
import { WorkerError, type WorkerErrorCode } from '../core/worker-error.ts'
import type { Committed, EventSource, SourceHandler } from '../ports/event-source.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { KafkaClientSettings } from './kafka-client.ts'
import { endOf, type KafkaNames, reasonOf } from './kafka-errors.ts'
import type { KafkaLease } from './kafka-lease.ts'
import { KafkaLogReader } from './kafka-log-reader.ts'
import { KafkaMember, type MemberOptions } from './kafka-member.ts'

export type KafkaEventSourceOptions = {
  readonly client: KafkaClientSettings
  readonly topic: string
  readonly groupId: string
  readonly telemetry: Telemetry
  /** The longest wait of a fetch, ms: batches, and what is written of them, are this far apart at most. */
  readonly flushIntervalMs?: number
  /**
   * The most that a fetch brings, as it is stored. A large batch writes a session once where small ones write it each
   * time: gzipped, 8 MiB of one partition cost a fifth less than 1 MiB of each of four. Inflated it may be more, up to
   * another limit (`kafka-record-batch.ts`).
   */
  readonly maxFetchBytes?: number
  /** How many partitions are in work at once. */
  readonly concurrency?: number
  /** Without a heartbeat for this long a member has lost its partitions, ms. */
  readonly sessionTimeoutMs?: number
  readonly heartbeatIntervalMs?: number
  /** How long the broker waits for all members to join again, ms. */
  readonly rebalanceTimeoutMs?: number
  /** How long a batch in work may hold up a rebalance before it is left to the next owner, ms. */
  readonly rebalanceGraceMs?: number
  /** A batch in work for longer, not counting what its handler is known to wait for, is taken to be hung, ms. */
  readonly batchDeadlineMs?: number
}

type Timing = Omit<MemberOptions, 'client' | 'topic' | 'groupId'> & { readonly batchDeadlineMs: number }

const longestPauseMs = 8_000
const watchdogPulseMs = 1_000
/** After a failure, how long batches in work may take to end before they are left alone. */
const failureWaitMs = 5_000

/**
 * A Kafka topic, read as a member of a consumer group. A batch's records are views into kafkajs's buffers.
 * Offsets are committed only by `lease.commit`.
 */
export class KafkaEventSource implements EventSource {
  readonly #options: KafkaEventSourceOptions
  readonly #timing: Timing
  readonly #names: KafkaNames
  readonly #reader: KafkaLogReader
  readonly #ending = new AbortController()
  readonly #ended = Promise.withResolvers<void>()
  readonly #failed = Promise.withResolvers<void>()
  /** Batches in work, by partition: one may outlive the membership that fetched it. */
  readonly #inWork = new Map<number, Promise<void>>()
  #handler: SourceHandler | null = null
  #member: KafkaMember | null = null
  #failure: { readonly error: unknown } | null = null

  constructor(options: KafkaEventSourceOptions) {
    const { client, topic, groupId, telemetry } = options
    this.#options = options
    this.#timing = timingOf(options)
    this.#names = { brokers: client.brokers, topic, groupId }
    const interrupted = (reason: string) => telemetry({ kind: 'SourceInterrupted', reason })
    this.#reader = new KafkaLogReader({ client, topic, groupId, interrupted })
  }

  async run(handler: SourceHandler): Promise<void> {
    if (this.#handler !== null) throw new Error('a source runs once')
    this.#handler = handler
    try {
      await this.#checkTopic()
      await this.#consume()
    } catch (error) {
      // A broker that does not answer is no failure of a source that was told to stop.
      if (!this.#ending.signal.aborted || codeOf(error) !== 'unreachable') this.#fail(error)
    }
    await Promise.race([Promise.all(this.#inWork.values()), this.#failed.promise])
    await this.#reader.close()
    this.#ended.resolve()
    if (this.#failure !== null) throw (this.#failure as { error: unknown }).error
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#member?.leave()
    // Last: batches in work may ask it, and it still waits out the broker's trouble for them.
    await this.#reader.close()
    if (this.#handler !== null) await this.#ended.promise
  }

  async describe(): Promise<{ topic: string; partitions: number }> {
    return { topic: this.#options.topic, partitions: await this.#reader.partitions() }
  }

  committed(partition: number): Promise<Committed> {
    return this.#reader.committed(partition)
  }

  async bounds(partition: number): Promise<{ start: number; end: number }> {
    const { start, end } = await this.#reader.bounds(partition)
    return { start, end: Math.max(start, this.#member?.positions.end(partition, end) ?? end) }
  }

  timestampAt(partition: number, offset: number): Promise<number | null> {
    return this.#reader.timestampAt(partition, offset)
  }

  /** Before joining: what is wrong in the settings shall be said at once, and kafkajs would wait for it. */
  async #checkTopic(): Promise<void> {
    if (this.#ending.signal.aborted) return
    await this.#reader.partitions()
    await this.#reader.bounds(0)
  }

  /** One membership after the other, until the source is stopped or something ends it for good. */
  async #consume(): Promise<void> {
    const { client, topic, groupId, telemetry } = this.#options
    const host = {
      assigned: (partitions: readonly number[]) => this.#assigned(partitions),
      process: (lease: KafkaLease) => this.#process(lease),
    }
    for (let attempt = 0; !this.#ending.signal.aborted; attempt++) {
      const member = new KafkaMember({ client, topic, groupId, ...this.#timing }, host)
      this.#member = member
      const error = await member.run()
      if (this.#ending.signal.aborted) return
      const end = endOf(error, this.#names)
      if (end !== null && codeOf(end) !== 'unreachable') throw end
      telemetry({ kind: 'MembershipEnded', reason: reasonOf(error) })
      if (member.hasJoined) attempt = 0
      await this.#pause(Math.min(longestPauseMs, 300 * 2 ** attempt))
      // A topic that was deleted meanwhile ends the source here.
      if (!this.#ending.signal.aborted) await this.#reader.partitions()
    }
  }

  #assigned(partitions: readonly number[]): void {
    // kafkajs takes what its listeners throw for its own end.
    try {
      this.#handler!.assigned(partitions)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Never rejects: kafkajs would try a failed batch again, and count that for ever. */
  #process(lease: KafkaLease): Promise<void> {
    const { partition } = lease.batch
    const before = this.#inWork.get(partition)
    const work = this.#processAfter(before, lease).catch(error => this.#fail(error))
    const done = work.then(() => {
      if (this.#inWork.get(partition) === done) this.#inWork.delete(partition)
    })
    this.#inWork.set(partition, done)
    return done
  }

  /** One at a time: a batch that was left behind in a rebalance may still be in work. */
  async #processAfter(before: Promise<void> | undefined, lease: KafkaLease): Promise<void> {
    await before
    if (this.#ending.signal.aborted || !lease.isCurrent()) return
    const watchdog = this.#watch(lease)
    try {
      await this.#handler!.process(lease)
    } finally {
      clearInterval(watchdog)
    }
  }

  /** A store that is down is waited for as long as it takes; only what nobody can name ends the run. */
  #watch(lease: KafkaLease): NodeJS.Timeout {
    const { batchDeadlineMs } = this.#timing
    let aliveAt = performance.now()
    const look = () => {
      const now = performance.now()
      if (this.#handler!.waitsFor) aliveAt = now
      else if (now - aliveAt >= batchDeadlineMs) this.#fail(this.#hung(lease))
    }
    return setInterval(look, Math.min(watchdogPulseMs, batchDeadlineMs / 2))
  }

  /** The first failure ends the run. */
  #fail(error: unknown): void {
    if (this.#failure !== null) return
    this.#failure = { error }
    this.#ending.abort()
    void this.#abandon()
  }

  async #abandon(): Promise<void> {
    await this.#member?.abandon(failureWaitMs)
    await this.#reader.close()
    this.#failed.resolve()
  }

  /** The heartbeats of other batches, and of idle brokers, would keep a hung member in the group for ever. */
  #hung({ batch: { partition, firstOffset, nextOffset } }: KafkaLease): WorkerError {
    return new WorkerError(
      'hung',
      `a batch of topic ${this.#options.topic}, partition ${partition}, offsets ${firstOffset} to ${nextOffset - 1}, ` +
        `has been in work for ${this.#timing.batchDeadlineMs / 1000} s and was not committed. See in the log what it ` +
        'waits for, and start the worker again: it goes on from the last commit.',
    )
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => {})
  }
}

function codeOf(error: unknown): WorkerErrorCode | null {
  return error instanceof WorkerError ? error.code : null
}

function timingOf(options: KafkaEventSourceOptions): Timing {
  const rebalanceTimeoutMs = options.rebalanceTimeoutMs ?? 60_000
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 30_000
  return {
    flushIntervalMs: options.flushIntervalMs ?? 250,
    maxFetchBytes: options.maxFetchBytes ?? 8 << 20,
    concurrency: options.concurrency ?? 8,
    sessionTimeoutMs,
    // A third, so that two may be lost.
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? Math.min(3_000, sessionTimeoutMs / 3),
    rebalanceTimeoutMs,
    rebalanceGraceMs: options.rebalanceGraceMs ?? rebalanceTimeoutMs / 4,
    batchDeadlineMs: options.batchDeadlineMs ?? 5 * 60_000,
  }
}
