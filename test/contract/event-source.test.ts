import { Readable } from 'node:stream'
import { NdjsonEventSource } from '../../src/adapters/ndjson-event-source.ts'
import { ArrayEventSource, ArrayTopic } from '../support/array-event-source.ts'
import { eventSourceContract } from './event-source.contract.ts'

const nothing = async () => {}

eventSourceContract('NDJSON', { partitions: 1, keepsCommits: false }, async ([values = []]) => {
  // Chunks that end anywhere, as those of a file or a pipe do.
  const bytes = Buffer.concat(values.flatMap(value => [value, Buffer.from('\n')]))
  const chunks = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, i) =>
    bytes.subarray(i * 1000, (i + 1) * 1000),
  )
  return { source: new NdjsonEventSource(Readable.from(chunks), { batchBytes: 300_000 }), close: nothing }
})

eventSourceContract('an array', { partitions: 2, keepsCommits: true }, async partitions => {
  const topic = new ArrayTopic(partitions.length)
  for (const [partition, values] of partitions.entries())
    for (const value of values) topic.append(partition, value, 1)
  return { source: new ArrayEventSource(topic, () => 7), close: nothing }
})
