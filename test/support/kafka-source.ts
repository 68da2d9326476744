import assert from 'node:assert/strict'
import { KafkaEventSource, type KafkaEventSourceOptions } from '../../src/adapters/kafka-event-source.ts'
import { WorkerError, type WorkerErrorCode } from '../../src/core/worker-error.ts'
import type { BatchLease, SourceHandler } from '../../src/ports/event-source.ts'
import { kafkaClient, type TestTopic } from './kafka-fixture.ts'
import { type LogRecord, readTopic } from './topic-log.ts'

/** What `commit` commits with. */
export const metadata = { watermark: 1_700_000_000_000, epoch: 3, partitions: 4 }

/** A source that notices within a test what takes a worker half a minute. */
export function sourceOf(topic: TestTopic, options: Partial<KafkaEventSourceOptions> = {}): KafkaEventSource {
  return new KafkaEventSource({
    client: kafkaClient,
    topic: topic.name,
    groupId: topic.group,
    telemetry: () => {},
    flushIntervalMs: 100,
    maxFetchBytes: 1 << 20,
    // The broker's least, so that a lost member is noticed within a test.
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 500,
    rebalanceTimeoutMs: 10_000,
    ...options,
  })
}

export const commit = (lease: BatchLease) => lease.commit({ offset: lease.batch.nextOffset, metadata })

export const handlerOf = (process: (lease: BatchLease) => Promise<unknown>): SourceHandler => ({
  assigned: () => {},
  process: async lease => {
    await process(lease)
  },
})

/** For `assert.rejects`: a WorkerError whose message has these words. */
export const hasCode =
  (code: WorkerErrorCode, ...words: string[]) =>
  (error: unknown) => {
    assert(error instanceof WorkerError, String(error))
    assert.equal(error.code, code, error.message)
    for (const word of words) assert(error.message.includes(word), `${word} in: ${error.message}`)
    return true
  }

/** Messages for one partition. */
export const numbered = (partition: number, count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ partition, key: 'tab', value: `${from + i}` }))

/** Every record of a topic, in the order of each partition. */
export async function readAll(topic: TestTopic): Promise<LogRecord[]> {
  const ends = await topic.admin.fetchTopicOffsets(topic.name)
  const records = await readTopic(topic.admin, kafkaClient, topic.name)
  assert.equal(
    records.length,
    ends.reduce((sum, { high }) => sum + Number(high), 0),
  )
  return records
}
