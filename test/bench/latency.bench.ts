// npm run bench -- --only latency: from an event's way into Kafka to its session in a search, under a steady load, with
// a real worker between them, beside a document that is written to the same node directly; and how long after its
// assignment a worker writes its first document.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import { installTemplate } from '../../src/adapters/elasticsearch-template.ts'
import { KafkaEventSource } from '../../src/adapters/kafka-event-source.ts'
import { KafkaEventWriter } from '../../src/adapters/kafka-event-writer.ts'
import { ensureTopics } from '../../src/adapters/kafka-topics.ts'
import { systemClock } from '../../src/commands/finite-run.ts'
import { generateDefaults, generateEvents } from '../../src/generate.ts'
import { openLookups } from '../../src/lookups.ts'
import type { Telemetry } from '../../src/ports/telemetry.ts'
import { Worker } from '../../src/worker.ts'
import { UnavailableError } from '../support/server.ts'
import { startElasticsearch, startKafka } from '../support/services.ts'
import { storeOn, workload } from './bench-settings.ts'
import { printRow, type Row } from './rows.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    /** FLUSH_INTERVAL, ms. */
    flush: { type: 'string', default: '250' },
    json: { type: 'boolean', default: false },
  },
})
const topic = 'latency'
const prefix = 'latency'
/** Of documents that are written past the worker. */
const directIndex = 'direct'
const tickMs = 20
const probesPerSecond = 4
const pollMs = 20
/** Compiling and filling caches is the start's, not a steady state's. */
const warmUpMs = 10_000
const patienceMs = 30_000

type Client = ReturnType<typeof elasticsearchClient>

/** How long until a search has what is of this tab, ms. */
async function searchable(client: Client, index: string, tabId: string, sinceMs: number): Promise<number> {
  while (performance.now() - sinceMs < patienceMs) {
    const { hits } = await client.search({
      index,
      size: 0,
      query: { term: { tabId } },
      track_total_hits: 1,
    })
    const { total } = hits
    if (typeof total === 'object' && total.value > 0) return performance.now() - sinceMs
    await sleep(pollMs)
  }
  throw new Error(`nothing of tab ${tabId} was found for ${patienceMs / 1000} s`)
}

/** As many events a second as wanted, and now and then one of a new tab that is looked for. */
async function produce(writer: KafkaEventWriter, client: Client) {
  const events = generateEvents({ ...generateDefaults, count: Number.MAX_SAFE_INTEGER, late: 0 })[
    Symbol.iterator
  ]()
  const probes: Promise<number>[] = []
  const direct: Promise<number>[] = []
  const startedAt = performance.now()
  let sent = 0
  for (let now = 0; now < Number(values.seconds) * 1000; now = performance.now() - startedAt) {
    const due = Math.floor((now / 1000) * Number(values.rate)) - sent
    sent += due
    const chunk = Array.from({ length: due }, () => fresh(events.next().value))
    await writer.write(chunk.map(event => ({ key: event.tabId, value: JSON.stringify(event) })))
    if (now > warmUpMs && probes.length < ((now - warmUpMs) / 1000) * probesPerSecond) {
      const probe = { eventId: randomUUID(), tabId: randomUUID(), type: 'page-view', timestamp: Date.now() }
      const since = performance.now()
      probes.push(
        writer
          .write([{ key: probe.tabId, value: JSON.stringify(probe) }])
          .then(() => searchable(client, `${prefix}-*`, probe.tabId, since)),
      )
      const document = { tabId: randomUUID() }
      direct.push(
        client
          .index({ index: directIndex, document })
          .then(() => searchable(client, directIndex, document.tabId, since)),
      )
    }
    await sleep(tickMs)
  }
  const sorted = async (all: Promise<number>[]) => (await Promise.all(all)).sort((a, b) => a - b)
  return { through: await sorted(probes), direct: await sorted(direct) }
}

/** As if it happened now. */
const fresh = <E extends object>(event: E) => ({
  ...event,
  timestamp: Date.now(),
  receivedAt: undefined,
  sentAt: undefined,
})

const percentile = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number)

async function measure(broker: string, node: string): Promise<void> {
  const client = elasticsearchClient({ node })
  const { partitions, gapMs, epoch } = workload
  const kafka = { brokers: [broker], clientId: 'bench' }
  await ensureTopics(kafka, [{ topic, partitions, replicationFactor: 1 }])
  await installTemplate(client, prefix, { gapMs, epoch, topic, partitions })
  await client.indices.create({
    index: directIndex,
    settings: { refresh_interval: '1s', number_of_replicas: 0 },
    mappings: { properties: { tabId: { type: 'keyword' } } },
  })
  const writer = new KafkaEventWriter({ client: kafka, topic })
  // There before the worker is: its first batch has something to write.
  await writer.write([
    {
      key: 'first',
      value: JSON.stringify({ eventId: 'e', tabId: 'first', type: 'page-view', timestamp: Date.now() }),
    },
  ])
  const at = { assigned: 0, firstDocument: 0 }
  const telemetry: Telemetry = event => {
    if (event.kind === 'PartitionsAssigned') at.assigned ||= performance.now()
    if (event.kind === 'BatchProcessed' && event.documents > 0) at.firstDocument ||= performance.now()
  }
  const flushIntervalMs = Number(values.flush)
  const source = new KafkaEventSource({
    client: kafka,
    topic,
    groupId: 'latency',
    telemetry,
    flushIntervalMs,
  })
  const store = storeOn(node, prefix)
  const deadLetters = { send: async () => {}, close: async () => {} }
  const settings = { ...workload, topic }
  const parts = {
    source,
    store,
    deadLetters,
    lookups: openLookups(),
    clock: systemClock,
    telemetry,
    settings,
  }
  const worker = new Worker(parts)
  const run = worker.run()
  const { through, direct } = await produce(writer, client)
  worker.stop()
  await run
  await writer.close()
  await store.close()
  await client.close()
  const figures = (sorted: readonly number[]) => ({
    probes: sorted.length,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    maxMs: percentile(sorted, 1),
  })
  const [own, base] = [figures(through), figures(direct)]
  const row: Row = {
    name: 'latency',
    events: Number(values.rate) * Number(values.seconds),
    // The load is made in the same process.
    cpuSecondsPerMillion: null,
    wallSeconds: Number(values.seconds),
    eventsPerSecond: Number(values.rate),
    peakRssMb: process.resourceUsage().maxRSS / 1024,
    ...own,
    firstDocumentMs: Math.round(at.firstDocument - at.assigned),
    baseline: { name: 'written directly', cpuSecondsPerMillion: null, ...base },
    ratio: own.p50Ms / base.p50Ms,
    ratioOf: 'p50Ms',
  }
  const text = ({ p50Ms, p99Ms, maxMs }: typeof own) =>
    `median ${p50Ms} ms, 99 in 100 ${p99Ms} ms, most ${maxMs} ms`
  printRow(row, values.json, [
    `until it can be searched for: ${text(own)}; written directly: ${text(base)}`,
    `the first document ${row.firstDocumentMs} ms after the assignment`,
  ])
}

const kafka = await startKafka()
if (kafka.kind === 'none') throw new UnavailableError(kafka.reason)
try {
  const elasticsearch = await startElasticsearch()
  if (elasticsearch.kind === 'none') throw new UnavailableError(elasticsearch.reason)
  try {
    await measure(kafka.server.address, elasticsearch.server.address)
  } finally {
    await elasticsearch.server.stop()
  }
} finally {
  await kafka.server.stop()
}
