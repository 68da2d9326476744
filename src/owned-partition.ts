import type { PartitionSessions } from './core/partition-sessions.ts'
import type { LogPlace } from './ports/session-store.ts'
import type { Telemetry } from './ports/telemetry.ts'

/** A partition of ours. */
export type Partition = {
  readonly number: number
  /** Good only for a batch that starts at `next`; null `next`: good for none. */
  sessions: PartitionSessions | null
  next: number | null
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
