import { setTimeout as sleep } from 'node:timers/promises'
import type { EachBatchPayload } from 'kafkajs'
import type { BatchLease, Checkpoint, RecordBatch } from '../ports/event-source.ts'
import { encodeMetadata } from './kafka-checkpoint.ts'
import { endOf, isRejoin, type KafkaNames } from './kafka-errors.ts'
import type { FetchedRecord } from './kafka-record-batch.ts'

/** What a lease asks of the member that holds it. */
export type LeaseHolder = {
  readonly names: KafkaNames
  /** A commit that cannot be sent for this long has lost its session, ms. */
  readonly sessionTimeoutMs: number
  /** Whether a commit of this generation may be sent. */
  holds(generation: number): boolean
  /** Whether anything may still be begun: false also once a rebalance has waited long enough. */
  mayBegin(generation: number): boolean
  /** The broker said that the group must be joined again. */
  interrupt(error: unknown, generation: number): void
  /** The batch is committed, by the generation that still holds. */
  advance(lease: KafkaLease): void
}

const commitAttempts = 6
const firstPauseMs = 100

/** One batch of kafkajs, and the right of one generation of the group to commit it. */
export class KafkaLease implements BatchLease {
  readonly batch: RecordBatch
  readonly payload: EachBatchPayload
  /** What kept the commit from reaching the broker; kafkajs shall get it, so that it connects again. */
  trouble: unknown = null
  readonly #holder: LeaseHolder
  readonly #generation: number

  constructor(payload: EachBatchPayload, firstOffset: number, generation: number, holder: LeaseHolder) {
    this.payload = payload
    this.batch = recordBatch(payload.batch, firstOffset)
    this.#holder = holder
    this.#generation = generation
  }

  isCurrent(): boolean {
    return this.#holder.mayBegin(this.#generation)
  }

  async commit(checkpoint: Checkpoint): Promise<'committed' | 'fenced'> {
    const offsets = this.#offsets(checkpoint)
    const since = performance.now()
    for (let attempt = 1; ; attempt++) {
      if (!this.#holder.holds(this.#generation)) return 'fenced'
      try {
        // In the same tick as the check: kafkajs stamps a commit with the generation of the moment, and the
        // broker does not ask who owns the partition. Not `consumer.commitOffsets`: its retries outlive the
        // generation, and what it throws in a rebalance ends the consumer for good.
        await this.payload.commitOffsetsIfNecessary(offsets)
        if (this.#holder.holds(this.#generation)) this.#holder.advance(this)
        return 'committed'
      } catch (error) {
        if (!this.#mayRetry(error, attempt, performance.now() - since)) return 'fenced'
      }
      await sleep(firstPauseMs * 2 ** attempt)
    }
  }

  #offsets({ offset, metadata }: Checkpoint) {
    const { topic, partition } = this.payload.batch
    const partitions = [{ partition, offset: String(offset), metadata: encodeMetadata(metadata) }]
    return { topics: [{ topic, partitions }] }
  }

  /** An unsent commit loses nothing: the batch is read again. Throws for what no retry can heal. */
  #mayRetry(error: unknown, attempt: number, elapsedMs: number): boolean {
    if (isRejoin(error)) {
      this.#holder.interrupt(error, this.#generation)
      return false
    }
    const end = endOf(error, this.#holder.names)
    if (end !== null) throw end
    if (attempt < commitAttempts && elapsedMs < this.#holder.sessionTimeoutMs) return true
    this.trouble = error
    return false
  }
}

/** Keys, values and headers are views into the whole response, of many MiB. */
function recordBatch(batch: EachBatchPayload['batch'], firstOffset: number): RecordBatch {
  return {
    partition: batch.partition,
    // What `readRecords` gave to kafkajs.
    records: batch.messages as unknown as readonly FetchedRecord[],
    firstOffset,
    nextOffset: Number(batch.lastOffset()) + 1,
  }
}
