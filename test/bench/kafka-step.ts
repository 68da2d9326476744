// Reads a topic to its end: `kafka-step.ts KIND BROKER TOPIC RECORDS [NODE]`. `bare` is kafkajs with JSON.parse and
// nothing else; the others are the worker, with the null store or on Elasticsearch.
import kafkajs from 'kafkajs'
import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import { installTemplate } from '../../src/adapters/elasticsearch-template.ts'
import { KafkaEventSource } from '../../src/adapters/kafka-event-source.ts'
import { nullSessionStore } from '../../src/adapters/null-session-store.ts'
import { systemClock } from '../../src/commands/finite-run.ts'
import { openLookups } from '../../src/lookups.ts'
import type { SessionStore } from '../../src/ports/session-store.ts'
import type { Telemetry } from '../../src/ports/telemetry.ts'
import { Worker } from '../../src/worker.ts'
import { storeOn, workload } from './bench-settings.ts'
import { measured, report } from './cost.ts'

const [kind, broker, topic, count, node] = process.argv.slice(2) as [string, string, string, string, string?]
const wanted = Number(count)
const groupId = `bench-${process.pid}-${Date.now()}`

async function bare(): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId, minBytes: 1 << 20, maxWaitTimeInMs: 500 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const ended = Promise.withResolvers<void>()
  let seen = 0
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: workload.partitions,
    eachBatch: async ({ batch }) => {
      for (const { value } of batch.messages) JSON.parse(value!.toString())
      seen += batch.messages.length
      if (seen >= wanted) ended.resolve()
    },
  })
  await ended.promise
  await consumer.disconnect()
}

async function worker(store: SessionStore): Promise<void> {
  let seen = 0
  const telemetry: Telemetry = event => {
    if (event.kind !== 'BatchProcessed') return
    seen += event.records
    if (seen >= wanted) void source.stop()
  }
  const source = new KafkaEventSource({
    client: { brokers: [broker], clientId: 'bench' },
    topic,
    groupId,
    telemetry,
  })
  const deadLetters = { send: async () => {}, close: async () => {} }
  const settings = { ...workload, topic }
  const lookups = openLookups()
  await new Worker({ source, store, deadLetters, lookups, clock: systemClock, telemetry, settings }).run()
  await store.close()
}

/** An index of its own, so that nothing is there before. */
async function onElasticsearch(): Promise<() => Promise<void>> {
  const client = elasticsearchClient({ node: node as string })
  const { gapMs, epoch, partitions } = workload
  await installTemplate(
    client,
    groupId,
    { gapMs, epoch, topic, partitions },
    { retentionMs: Number.POSITIVE_INFINITY },
  )
  await client.close()
  return () => worker(storeOn(node as string, groupId))
}

const works: Readonly<Record<string, () => Promise<void>>> = {
  bare,
  null: () => worker(nullSessionStore),
  elasticsearch: kind === 'elasticsearch' ? await onElasticsearch() : bare,
}
report(await measured(wanted, works[kind]!))
process.exit()
