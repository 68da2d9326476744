import { connectElasticsearch, type ElasticsearchClient } from '../adapters/elasticsearch-client.ts'
import { requirePrivileges, workerPrivileges } from '../adapters/elasticsearch-privileges.ts'
import { ElasticsearchSessionStore } from '../adapters/elasticsearch-session-store.ts'
import { checkTemplate } from '../adapters/elasticsearch-template.ts'
import { serveStatus } from '../adapters/http-status.ts'
import type { KafkaClientSettings } from '../adapters/kafka-client.ts'
import { KafkaDeadLetterSink } from '../adapters/kafka-dead-letter-sink.ts'
import { KafkaEventSource } from '../adapters/kafka-event-source.ts'
import { requireTopic } from '../adapters/kafka-topics.ts'
import type { Config } from '../config.ts'
import { WorkerError } from '../core/worker-error.ts'
import { geoFigures, watchGeo } from '../geo-watch.ts'
import { lookupsWith, openGeo } from '../lookups.ts'
import { readFigures } from '../partition-figures.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { upgrading } from '../upgrading-store.ts'
import { Worker } from '../worker.ts'
import { defineCommand } from './command.ts'
import {
  elasticsearchOf,
  elasticsearchSettings,
  kafkaClientOf,
  kafkaSettings,
  openRegistry,
  registrySettings,
} from './connections.ts'
import { formatOf } from './event-format.ts'
import { systemClock } from './finite-run.ts'
import { sessionLookUp, sessionLookupSettings } from './session-lookup.ts'
import { sessionRulesOf, sessionSettings } from './session-settings.ts'
import { runUntilSignal, unlessAborted } from './shutdown.ts'
import { type Watch, watchFor } from './watch.ts'

const closeQuietEveryMs = 1_000
const readEndsEveryMs = 5_000

const settings = [
  ...kafkaSettings,
  'kafkaTopic',
  'kafkaGroupId',
  'kafkaDeadLetterTopic',
  'kafkaSessionTimeout',
  ...elasticsearchSettings,
  'indexPrefix',
  'sourceEpoch',
  ...sessionSettings,
  ...registrySettings,
  'flushInterval',
  'closedSessionsKept',
  'onDataLoss',
  ...sessionLookupSettings,
  'httpAddress',
  'page',
  'shutdownDeadline',
  'logLevel',
  'logFormat',
] as const

export const run = defineCommand({
  about:
    'Reads raw events from KAFKA_TOPIC and keeps the Session documents in Elasticsearch exactly what a batch over ' +
    'the whole topic would compute. Start as many as there are partitions, at most. `setup` must have run once.',
  settings,
  options: [],
  async run({ config, signal }) {
    const { kafkaTopic, indexPrefix, logLevel, logFormat } = config
    const pageTitle = config.page === 'on' ? `worker: ${kafkaTopic} → ${indexPrefix}` : null
    const watch = await watchFor({ logLevel, logFormat, pageTitle })
    try {
      return await work(config, signal, watch)
    } catch (error) {
      const code = error instanceof WorkerError ? error.code : 'unexpected'
      watch.telemetry({ kind: 'WorkerFailed', code, reason: (error as Error)?.message ?? String(error) })
      throw error
    }
  },
})

type RunConfig = Config<(typeof settings)[number]>

async function work(
  config: RunConfig,
  signal: AbortSignal,
  { telemetry, status, page, follow, followGeo }: Watch,
): Promise<number> {
  const geo = openGeo(config)
  const kafka = kafkaClientOf(config, 'sessionloom')
  const stopping = () => telemetry({ kind: 'WorkerStopping', signal: String(signal.reason) })
  if (signal.aborted) stopping()
  else signal.addEventListener('abort', stopping, { once: true })
  const stopped = () => {
    telemetry({ kind: 'WorkerStopped', reason: String(signal.reason) })
    return 0
  }

  await using resources = new AsyncDisposableStack()
  const geoWatch = watchGeo(geo, telemetry, systemClock)
  resources.defer(() => geoWatch.stop())
  followGeo(() => geoFigures(geo, systemClock.now()))
  let connected: ElasticsearchClient | null = null
  status.sessions = sessionLookUp(config, () => connected)
  if (config.httpAddress !== null) {
    const server = await serveStatus(config.httpAddress, status, undefined, page)
    resources.defer(() => server.close())
    telemetry({ kind: 'StatusServed', address: server.address })
  }
  const reached = await unlessAborted(signal, connect(kafka, config, signal))
  if (reached === null) return stopped()
  const { client, identity } = reached
  connected = client
  const store = upgrading(new ElasticsearchSessionStore({ client, prefix: config.indexPrefix, telemetry }))
  const deadLetters = new KafkaDeadLetterSink({
    client: kafka,
    topic: config.kafkaDeadLetterTopic,
    telemetry,
  })
  resources.defer(() => deadLetters.close())
  resources.defer(() => store.close())
  const registry = openRegistry(config, telemetry)
  resources.defer(async () => registry?.close())
  const source = sourceOf(kafka, config, telemetry)
  const worker = new Worker({
    source,
    store,
    deadLetters,
    registry,
    lookups: lookupsWith(geo, config),
    clock: systemClock,
    telemetry,
    settings: { ...identity, ...workerSettingsOf(config) },
  })
  telemetry({
    kind: 'WorkerStarted',
    topic: config.kafkaTopic,
    partitions: identity.partitions,
    index: config.indexPrefix,
  })
  const figures = readFigures(worker, source, readEndsEveryMs)
  follow(worker, figures)
  resources.defer(() => figures.stop())
  resources.defer(closeQuietly(worker))
  await runUntilSignal(worker, {
    signal,
    deadlineMs: config.shutdownDeadline,
    // Ends what waits for the store or for a broker; that is not waited for here either.
    giveUp: () =>
      void resources
        .move()
        .disposeAsync()
        .catch(() => {}),
  })
  return stopped()
}

function sourceOf(client: KafkaClientSettings, config: RunConfig, telemetry: Telemetry): KafkaEventSource {
  return new KafkaEventSource({
    client,
    topic: config.kafkaTopic,
    groupId: config.kafkaGroupId,
    telemetry,
    flushIntervalMs: config.flushInterval,
    sessionTimeoutMs: config.kafkaSessionTimeout,
  })
}

function workerSettingsOf(config: RunConfig) {
  return {
    ...sessionRulesOf(config),
    format: formatOf(config),
    onDataLoss: config.onDataLoss,
    writesOpen: true,
    closedKept: config.closedSessionsKept,
  }
}

/** A client of the store, and what the documents belong to, once all of it was found to be there and to fit. */
async function connect(kafka: KafkaClientSettings, config: RunConfig, signal: AbortSignal) {
  const topic = config.kafkaTopic
  const partitions = await requireTopic(kafka, topic)
  await requireTopic(kafka, config.kafkaDeadLetterTopic)
  const client = await connectElasticsearch({ ...elasticsearchOf(config), signal })
  const identity = { gapMs: config.sessionGap, epoch: config.sourceEpoch, topic, partitions }
  await requirePrivileges(client, config.indexPrefix, workerPrivileges)
  await checkTemplate(client, config.indexPrefix, identity)
  return { client, identity }
}

/** Lets the worker close what the clock has closed, one round after the other. Gives what ends it. */
function closeQuietly(worker: Worker): () => void {
  let isBusy = false
  const timer = setInterval(() => {
    if (isBusy) return
    isBusy = true
    // What goes wrong ends the worker itself, by `run`.
    worker.closeQuiet().then(
      () => {
        isBusy = false
      },
      () => {},
    )
  }, closeQuietEveryMs)
  // A round that waits behind a hung batch is not waited for.
  return () => clearInterval(timer)
}
