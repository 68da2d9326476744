// How far a consumer group has read a topic.
import type { Admin } from 'kafkajs'

export type Offsets = ReadonlyMap<number, number>
export type LogState = {
  readonly topic: string
  readonly group: string
  /** Where each partition begins: what lies before it has nobody to commit it. */
  readonly starts: Offsets
  readonly ends: Offsets
  readonly committed: Offsets
}

export async function logStateOf(admin: Admin, group: string, topic: string): Promise<LogState> {
  const [bounds, [offsets]] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId: group, topics: [topic] }),
  ])
  return {
    topic,
    group,
    starts: new Map(bounds.map(({ partition, low }) => [partition, Number(low)])),
    ends: new Map(bounds.map(({ partition, high }) => [partition, Number(high)])),
    committed: new Map(offsets?.partitions.map(({ partition, offset }) => [partition, Number(offset)])),
  }
}

/** Everything before this offset was read and committed, or is not there any more. */
export function readUpTo({ starts, committed }: LogState, partition: number): number {
  return Math.max(starts.get(partition) ?? 0, committed.get(partition) ?? 0)
}

/** How many records are there and not committed. */
export async function lagOf(admin: Admin, group: string, topic: string): Promise<number> {
  const state = await logStateOf(admin, group, topic)
  return [...state.ends].reduce(
    (lag, [partition, end]) => lag + Math.max(0, end - readUpTo(state, partition)),
    0,
  )
}
