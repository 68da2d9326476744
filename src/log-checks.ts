// What is checked of a partition's log before its first record is read: whether it is the log that the
// stored documents were made from, and whether anything of it was lost.
import { WorkerError } from './core/worker-error.ts'
import type { Committed, EventSource } from './ports/event-source.ts'
import type { LogPlace, SessionStore } from './ports/session-store.ts'

export type LogCheckSettings = {
  readonly topic: string | null
  readonly epoch: number
  readonly partitions: number
  /** Whether to go on when records expired before they were read. */
  readonly onDataLoss: 'stop' | 'continue'
}

export type CheckedLog = {
  readonly committed: Committed
  /** The committed offset, or where the log begins. */
  readonly place: LogPlace
  /** Records that expired unread. */
  readonly expired: number
  /** One past the last record. */
  readonly end: number
}

export async function checkLog(
  source: EventSource,
  store: SessionStore,
  partition: number,
  settings: LogCheckSettings,
): Promise<CheckedLog> {
  const { topic, epoch } = settings
  const { partitions } = await source.describe()
  if (partitions !== settings.partitions)
    throw new WorkerError(
      'epoch-mismatch',
      `topic ${topic} has ${partitions} partitions now, ${settings.partitions} when this epoch began: tabs have moved ` +
        'while their old records are unread. Partitions are not added to a live topic: set up a new topic with ' +
        'the next SOURCE_EPOCH, and copy what is unread with `sessionloom rekey`.',
    )
  const committed = await source.committed(partition)
  const bounds = await source.bounds(partition)
  const place = { epoch, offset: committed.offset ?? bounds.start }
  await refuseOtherLog(source, store, partition, committed, bounds.end, settings)
  const expired = Math.max(0, bounds.start - place.offset)
  if (expired > 0 && settings.onDataLoss === 'stop')
    throw new WorkerError(
      'data-loss',
      `${expired} records of topic ${topic}, partition ${partition}, expired before they were read (offsets ` +
        `${place.offset} to ${bounds.start - 1}). Their events are lost. Start with ON_DATA_LOSS=continue to go on ` +
        'without them, and give the topic a longer retention.',
    )
  return { committed, place, expired, end: bounds.end }
}

/** A recreated topic has the same name and other records: its offsets would be taken for ones already applied. */
async function refuseOtherLog(
  source: EventSource,
  store: SessionStore,
  partition: number,
  committed: Committed,
  end: number,
  { topic, epoch }: LogCheckSettings,
): Promise<void> {
  if (committed.offset !== null && committed.offset > end)
    throw otherLog(
      topic,
      partition,
      epoch,
      `offset ${committed.offset} is committed, but the log ends at ${end}`,
    )
  const stored = await store.latestPosition(partition, epoch)
  if (stored === null) return
  if (stored.offset > end)
    throw otherLog(topic, partition, epoch, `offset ${stored.offset} is stored, but the log ends at ${end}`)
  if (committed.metadata?.epoch === epoch) return
  const timestamp = await source.timestampAt(partition, stored.offset - 1)
  // An expired or compacted record proves nothing.
  if (timestamp !== null && timestamp !== stored.timestamp)
    throw otherLog(
      topic,
      partition,
      epoch,
      `the record at offset ${stored.offset - 1} is not the one that was applied`,
    )
}

function otherLog(topic: string | null, partition: number, epoch: number, why: string): WorkerError {
  return new WorkerError(
    'epoch-mismatch',
    `topic ${topic}, partition ${partition}, is not the log that the stored sessions of epoch ${epoch} were made ` +
      `from: ${why}. If the topic was recreated, run \`sessionloom setup\` and the workers with SOURCE_EPOCH=${epoch + 1}.`,
  )
}
