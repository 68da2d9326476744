import { promisify } from 'node:util'
import zlib from 'node:zlib'
import kafkajs, { type Cluster, Kafka, type KafkaConfig, logLevel, PartitionAssigners } from 'kafkajs'
import { WorkerError } from '../core/worker-error.ts'
import { endOf, reasonOf } from './kafka-errors.ts'
import { repairKafkajs } from './kafkajs-repairs.ts'

/** Where the brokers are, and who asks. */
export type KafkaClientSettings = {
  /** `host:port` of brokers to start from. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly ssl?: NonNullable<KafkaConfig['ssl']>
  readonly sasl?: NonNullable<KafkaConfig['sasl']>
  /** Gets kafkajs's own log lines. Without it they go nowhere: what matters is told by errors and telemetry. */
  readonly log?: (line: KafkaLogLine) => void
}

/** A line of kafkajs's own log. */
export type KafkaLogLine = {
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  readonly namespace: string
  readonly message: string
}

/** Longest wait for a broker when a client connects, ms. */
export const connectTimeoutMs = 10_000

/**
 * A client of repaired kafkajs. One for each consumer: two of one group from the same object share their
 * map of committed offsets.
 */
export function createKafka(settings: KafkaClientSettings): Kafka {
  repairKafkajs()
  readZstd()
  const { brokers, clientId, ssl, sasl, log } = settings
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 3_000,
    retry: { retries: 5, initialRetryTime: 300, maxRetryTime: 8_000 },
    logLevel: log === undefined ? logLevel.NOTHING : logLevel.INFO,
    logCreator: () => entry => log?.(logLine(entry)),
  })
}

/** Connects within a bounded time. Rejects with a WorkerError that names the brokers. */
export async function connectWithin(
  client: { connect(): Promise<void>; disconnect(): Promise<void> },
  settings: KafkaClientSettings,
  timeoutMs: number = connectTimeoutMs,
): Promise<void> {
  const { promise: timeout, resolve: giveUp } = Promise.withResolvers<'timeout'>()
  const timer = setTimeout(giveUp, timeoutMs, 'timeout')
  const connected = client.connect()
  try {
    if ((await Promise.race([connected, timeout])) !== 'timeout') return
  } catch (error) {
    throw endOf(error, settings) ?? unreachable(settings, error)
  } finally {
    clearTimeout(timer)
  }
  // kafkajs goes on trying for a while: a connection that still comes about would keep the process alive.
  connected.then(() => client.disconnect()).catch(() => {})
  throw unreachable(settings, new Error(`no answer within ${timeoutMs / 1000} s`))
}

/** No broker answers, or none of those that the cluster names itself. */
export function unreachable({ brokers }: KafkaClientSettings, cause: unknown): WorkerError {
  return new WorkerError(
    'unreachable',
    `Kafka cannot be reached, starting from ${brokers.join(', ')}: ${reasonOf(cause)}. Check KAFKA_BROKERS, that ` +
      'the brokers run, and that the addresses which they advertise can be reached from here.',
    { cause },
  )
}

/**
 * kafkajs's view of the cluster, for single requests that its admin client does not have. It hands this object
 * to whatever assigns partitions; the consumer that it is taken from never runs.
 */
export function clusterOf(kafka: Kafka): Cluster {
  let found: Cluster | undefined
  kafka.consumer({
    groupId: 'never-joined',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      config => {
        found = config.cluster
        return PartitionAssigners.roundRobin(config)
      },
    ],
  })
  return found!
}

/** kafkajs reads gzip only; Node brings zstd. Snappy and LZ4 would need a dependency and end the source. */
function readZstd(): void {
  const { zstdCompress, zstdDecompress } = zlib
  if (zstdDecompress === undefined) return
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: { buffer: Buffer }) => promisify(zstdCompress)(encoder.buffer),
    decompress: async (buffer: Buffer) => promisify(zstdDecompress)(buffer),
  })
}

function logLine(entry: { namespace: string; label: string; log: { message: string } }): KafkaLogLine {
  return {
    level: entry.label.toLowerCase() as KafkaLogLine['level'],
    namespace: entry.namespace,
    message: entry.log.message,
  }
}
