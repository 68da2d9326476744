import { connectElasticsearch } from '../adapters/elasticsearch-client.ts'
import { checkPrivileges, workerPrivileges } from '../adapters/elasticsearch-privileges.ts'
import { ElasticsearchSessionStore } from '../adapters/elasticsearch-session-store.ts'
import { checkTemplate } from '../adapters/elasticsearch-template.ts'
import { serveStatus } from '../adapters/http-status.ts'
import type { KafkaClientSettings } from '../adapters/kafka-client.ts'
import { KafkaDeadLetterSink } from '../adapters/kafka-dead-letter-sink.ts'
import { KafkaEventSource } from '../adapters/kafka-event-source.ts'
import { requireTopic } from '../adapters/kafka-topics.ts'
import { createLogger, pinoTelemetry } from '../adapters/pino-telemetry.ts'
import { prometheusMetrics } from '../adapters/prometheus-metrics.ts'
import type { Config } from '../config.ts'
import { openLookups } from '../lookups.ts'
import { tellAll } from '../ports/telemetry.ts'
import { trackReadiness } from '../readiness.ts'
import { Worker } from '../worker.ts'
import { defineCommand } from './command.ts'
import { elasticsearchOf, elasticsearchSettings, kafkaClientOf, kafkaSettings } from './connections.ts'
import { systemClock } from './finite-run.ts'
import { runUntilSignal, unlessAborted } from './shutdown.ts'

const closeQuietEveryMs = 1_000

export const run = defineCommand({
  about:
    'Reads raw events from KAFKA_TOPIC and keeps the Session documents in Elasticsearch exactly what a batch over ' +
    'the whole topic would compute. Start as many as there are partitions, at most. `setup` must have run once.',
  settings: [
    ...kafkaSettings,
    'kafkaTopic',
    'kafkaGroupId',
    'kafkaDeadLetterTopic',
    'kafkaSessionTimeout',
    ...elasticsearchSettings,
    'indexPrefix',
    'sourceEpoch',
    'sessionGap',
    'allowedLateness',
    'maxLateness',
    'flushInterval',
    'timeZone',
    'geoDatabase',
    'conversionTypes',
    'ipPrivacy',
    'redactedParameters',
    'onDataLoss',
    'httpAddress',
    'shutdownDeadline',
    'logLevel',
  ],
  options: [],
  async run({ config, signal }) {
    const lookups = openLookups(config.geoDatabase)
    const metrics = prometheusMetrics(() => worker?.openSessions ?? 0)
    const readiness = trackReadiness(() => worker?.waitsFor ?? null)
    const log = pinoTelemetry(createLogger(config.logLevel, process.stdout.isTTY))
    const telemetry = tellAll(log, metrics.telemetry, readiness.telemetry)
    const kafka = kafkaClientOf(config, 'sessionloom')
    const topic = config.kafkaTopic

    const stopping = () => telemetry({ kind: 'WorkerStopping', signal: String(signal.reason) })
    if (signal.aborted) stopping()
    else signal.addEventListener('abort', stopping, { once: true })

    const stopped = () => {
      telemetry({ kind: 'WorkerStopped', reason: String(signal.reason) })
      return 0
    }

    let worker: Worker | null = null
    await using resources = new AsyncDisposableStack()
    if (config.httpAddress !== null) {
      const server = await serveStatus(config.httpAddress, {
        notReady: readiness.notReady,
        metrics: metrics.text,
        metricsType: metrics.contentType,
      })
      resources.defer(() => server.close())
      telemetry({ kind: 'StatusServed', address: server.address })
    }
    const reached = await unlessAborted(signal, connect(kafka, config, signal))
    if (reached === null) return stopped()
    const { client, identity } = reached
    const store = new ElasticsearchSessionStore({ client, prefix: config.indexPrefix, telemetry })
    const deadLetters = new KafkaDeadLetterSink({
      client: kafka,
      topic: config.kafkaDeadLetterTopic,
      telemetry,
    })
    resources.defer(() => deadLetters.close())
    resources.defer(() => store.close())
    const source = new KafkaEventSource({
      client: kafka,
      topic,
      groupId: config.kafkaGroupId,
      telemetry,
      flushIntervalMs: config.flushInterval,
      sessionTimeoutMs: config.kafkaSessionTimeout,
    })

    worker = new Worker({
      source,
      store,
      deadLetters,
      lookups,
      clock: systemClock,
      telemetry,
      settings: {
        ...identity,
        allowedLatenessMs: config.allowedLateness,
        maxLatenessMs: config.maxLateness,
        timeZone: config.timeZone,
        conversionTypes: new Set(config.conversionTypes),
        privacy: { ip: config.ipPrivacy, redactedParameters: new Set(config.redactedParameters) },
        onDataLoss: config.onDataLoss,
        writesOpen: true,
      },
    })
    telemetry({ kind: 'WorkerStarted', topic, partitions: identity.partitions, index: config.indexPrefix })
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
  },
})

type Connecting = Config<
  | (typeof elasticsearchSettings)[number]
  | 'kafkaTopic'
  | 'kafkaDeadLetterTopic'
  | 'indexPrefix'
  | 'sourceEpoch'
  | 'sessionGap'
>

/** A client of the store, and what the documents belong to, once all of it was found to be there and to fit. */
async function connect(kafka: KafkaClientSettings, config: Connecting, signal: AbortSignal) {
  const topic = config.kafkaTopic
  const partitions = await requireTopic(kafka, topic)
  await requireTopic(kafka, config.kafkaDeadLetterTopic)
  const client = await connectElasticsearch({ ...elasticsearchOf(config), signal })
  const identity = { gapMs: config.sessionGap, epoch: config.sourceEpoch, topic, partitions }
  await checkPrivileges(client, config.indexPrefix, workerPrivileges)
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
