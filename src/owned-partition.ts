import type { PartitionSessions } from './core/partition-sessions.ts'
import type { LogPlace } from './ports/session-store.ts'

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
    tail: Promise.resolve(),
  }
}
