// All records that a topic holds, read without a trace in the consumer groups under test.
import { randomBytes } from 'node:crypto'
import type { Admin } from 'kafkajs'
import type { KafkaClientSettings } from '../../src/adapters/kafka-client.ts'
import { KafkaEventSource } from '../../src/adapters/kafka-event-source.ts'
import type { SourceRecord } from '../../src/ports/event-source.ts'

export type LogRecord = SourceRecord & { readonly partition: number }

/** In the order of each partition. */
export async function readTopic(
  admin: Admin,
  client: KafkaClientSettings,
  topic: string,
): Promise<LogRecord[]> {
  const left = new Map<number, number>()
  for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
    if (Number(high) > Number(low)) left.set(partition, Number(high))
  const records: LogRecord[] = []
  if (left.size === 0) return records
  const groupId = `reader-${randomBytes(4).toString('hex')}`
  const source = new KafkaEventSource({
    client,
    topic,
    groupId,
    telemetry: () => {},
    sessionTimeoutMs: 10_000,
  })
  await source.run({
    assigned: () => {},
    async process(lease) {
      const { partition, nextOffset, records: batch } = lease.batch
      // Copied: a view would keep the whole answer in memory.
      for (const { offset, timestamp, key, value, headers } of batch)
        records.push({ partition, offset, timestamp, key, headers, value: value && Buffer.from(value) })
      if (nextOffset >= (left.get(partition) ?? Number.POSITIVE_INFINITY)) left.delete(partition)
      await lease.commit({ offset: nextOffset, metadata: { watermark: null, epoch: 0, partitions: 1 } })
      if (left.size === 0) void source.stop()
    },
  })
  return records
}
