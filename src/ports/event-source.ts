import type { RecordHeaders } from '../core/record-headers.ts'

/**
 * One record as it came. Byte arrays may be views into a larger buffer: keep none of them. Fields may be made when they
 * are asked for, so a record is not copied by spreading it.
 */
export type SourceRecord = {
  /** Kafka's offset; it fits a double up to 2^41, which `documentVersion` needs anyway. */
  readonly offset: number
  /** The record's own timestamp, epoch ms; null where there is no broker. */
  readonly timestamp: number | null
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: RecordHeaders
}

/** A contiguous piece of one partition's log: what one fetch returned. */
export type RecordBatch = {
  readonly partition: number
  readonly records: readonly SourceRecord[]
  /** Where the fetch began: the committed offset, for the first batch after an assignment. */
  readonly firstOffset: number
  /** One past the last offset that the batch covers, control records included. */
  readonly nextOffset: number
}

/** What is committed with an offset. */
export type Checkpoint = {
  /** Next offset to read. */
  readonly offset: number
  readonly metadata: CheckpointMetadata
}

export type CheckpointMetadata = {
  /** Epoch ms; null while no event was seen. */
  readonly watermark: number | null
  readonly epoch: number
  /** How many partitions the topic has. */
  readonly partitions: number
}

/** The committed offset of a partition; metadata is null if there is none, or not ours. */
export type Committed = { readonly offset: number | null; readonly metadata: CheckpointMetadata | null }

/** A batch and the right to commit it, which ends with the assignment. */
export type BatchLease = {
  readonly batch: RecordBatch
  /** False once the partition may belong to another: nothing of the batch shall be begun any more. */
  isCurrent(): boolean
  /** Commits; `fenced` if the assignment has ended meanwhile, which loses nothing. */
  commit(checkpoint: Checkpoint): Promise<'committed' | 'fenced'>
}

/** What a source calls. None of them may throw synchronously. */
export type SourceHandler = {
  /** What the batches in work wait for although nothing is wrong with them; null or absent for nothing. */
  readonly waitsFor?: string | null
  /** These partitions are ours from now on, and no others. What is in memory of others is dropped. */
  assigned(partitions: readonly number[]): void
  /**
   * One batch at a time per partition; partitions run concurrently. The source keeps its membership alive
   * meanwhile. Rejects only with what ends the process.
   */
  process(lease: BatchLease): Promise<void>
}

/**
 * A log of raw events, cut into partitions.
 * Trouble that can heal is retried inside; what cannot is thrown as `WorkerError`.
 */
export interface EventSource {
  /** Resolves at the end of a finite input, or when `stop` was called and the last handler has ended. */
  run(handler: SourceHandler): Promise<void>
  /** Takes no more batches; those in work go on to their end. */
  stop(): Promise<void>
  /** The topic's name, null for a file, and how many partitions it has. */
  describe(): Promise<{ readonly topic: string | null; readonly partitions: number }>
  committed(partition: number): Promise<Committed>
  /** First offset that is there, and one past the last, asked of the broker now. */
  bounds(partition: number): Promise<{ readonly start: number; readonly end: number }>
  /** Timestamp (epoch ms) of the record at an offset, null if there is none. */
  timestampAt(partition: number, offset: number): Promise<number | null>
}
