import type { PartitionSessions } from './core/partition-sessions.ts'
import type { CheckedLog } from './log-checks.ts'
import type { RecordBatch } from './ports/event-source.ts'
import type { LogPlace } from './ports/session-store.ts'
import type { Telemetry } from './ports/telemetry.ts'

/** A partition of ours. */
export type Partition = {
  readonly number: number
  /** Good only for a batch that starts at `next`; null `next`: good for none. */
  sessions: PartitionSessions | null
  next: number | null
  /** The next offset as the group has it, also while a batch is in work; null before the restore. */
  committed: number | null
  /** Timestamp of the latest record that was committed here, epoch ms; null where there is none. */
  newestRecordAt: number | null
  place: LogPlace
  /** One past the last record when the partition was restored: another owner may have read those before. */
  readBefore: number
  /** Whether sessions left memory since the store was last asked to show every write. */
  hasForgotten: boolean
  /** Since when the partition is read to its end (monotonic ms), and its watermark then. */
  quiet: { readonly since: number; readonly watermark: number } | null
  /** Whether it was told that records here are not keyed by tab id. */
  hasToldOfKeys: boolean
  /** Settles when all that was begun on this partition has ended: one thing at a time. */
  tail: Promise<unknown>
}

export function newPartition(number: number, epoch: number): Partition {
  return {
    number,
    sessions: null,
    next: null,
    committed: null,
    newestRecordAt: null,
    place: { epoch, offset: 0 },
    readBefore: 0,
    hasForgotten: false,
    quiet: null,
    hasToldOfKeys: false,
    tail: Promise.resolve(),
  }
}

/** Once while the partition is ours: it is the same mistake each time, and the metrics count it. */
export function tellOfKeysAstray(partition: Partition, records: number, telemetry: Telemetry): void {
  if (records === 0 || partition.hasToldOfKeys) return
  partition.hasToldOfKeys = true
  telemetry({ kind: 'KeysAstray', partition: partition.number, records })
}

/** All of the batch is durable and committed. */
export function advance(partition: Partition, { records, nextOffset }: RecordBatch): void {
  partition.next = nextOffset
  partition.committed = nextOffset
  for (const { timestamp } of records)
    if (timestamp !== null && timestamp >= (partition.newestRecordAt ?? 0))
      partition.newestRecordAt = timestamp
}

/** Memory is what the log says at its committed offset. Gives the offset from which it goes on. */
export function resume(partition: Partition, { place, expired, end }: CheckedLog): number {
  const offset = place.offset + expired
  partition.place = place
  partition.readBefore = end
  partition.next = offset
  partition.committed = offset
  partition.hasForgotten = false
  return offset
}
