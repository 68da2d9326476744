import net from 'node:net'
import tls from 'node:tls'
import {
  type Cluster,
  type ISocketFactory,
  Kafka,
  type KafkaConfig,
  logLevel,
  PartitionAssigners,
} from 'kafkajs'
import { WorkerError } from '../core/worker-error.ts'
import { registerCodecs } from './kafka-codecs.ts'
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
  registerCodecs()
  const { brokers, clientId, ssl, sasl, log } = settings
  const connections: Connections = { open: new Set(), areCut: false, tell: () => {} }
  const kafka = new Kafka({
    // kafkajs tries on where it has a broker to try; an empty list is the only way to make it give up.
    brokers: () => (connections.areCut ? [] : [...brokers]),
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 3_000,
    retry: { retries: 5, initialRetryTime: 300, maxRetryTime: 8_000 },
    logLevel: log === undefined ? logLevel.NOTHING : logLevel.INFO,
    logCreator: () => entry => log?.(logLine(entry)),
    socketFactory: socketFactory(connections),
  })
  connectionsOf.set(kafka, connections)
  return kafka
}

/**
 * Ends all connections at once, and those that kafkajs still opens: it waits for requests, handlers and its
 * own attempts, which would keep the process alive for minutes, or for ever.
 */
export function cutConnections(kafka: Kafka): void {
  const connections = connectionsOf.get(kafka)!
  connections.areCut = true
  // With an error, or kafkajs does not notice.
  for (const socket of connections.open) socket.destroy(new Error('given up'))
}

/**
 * Connects within a bounded time. Otherwise rejects with a WorkerError that names the brokers, and the client
 * is of no use any more.
 */
export async function connectWithin(
  kafka: Kafka,
  client: { connect(): Promise<void> },
  settings: KafkaClientSettings,
  timeoutMs: number = connectTimeoutMs,
): Promise<void> {
  const connections = connectionsOf.get(kafka)!
  const { promise: timeout, reject: giveUp } = Promise.withResolvers<never>()
  let lastError: Error | undefined
  const timer = setTimeout(() => {
    giveUp(new Error(`no answer within ${timeoutMs / 1000} s${lastError ? `, ${lastError.message}` : ''}`))
  }, timeoutMs)
  // kafkajs would try on, and no attempt makes a certificate good.
  connections.tell = error => {
    lastError = error
    if (certificateFaults.has(error.code ?? '')) giveUp(untrusted(settings, error))
  }
  try {
    await Promise.race([client.connect(), timeout])
  } catch (error) {
    cutConnections(kafka)
    throw endOf(error, settings) ?? unreachable(settings, error)
  } finally {
    clearTimeout(timer)
  }
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

type Connections = {
  readonly open: Set<net.Socket>
  areCut: boolean
  /** Told of every connection that fails. */
  tell: (error: NodeJS.ErrnoException) => void
}

/** Codes of OpenSSL and Node for a certificate that is not to be trusted. */
const certificateFaults: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

function untrusted({ brokers }: KafkaClientSettings, cause: Error): WorkerError {
  return new WorkerError(
    'unauthorized',
    `the certificate of Kafka at ${brokers.join(', ')} is not trusted: ${cause.message}. Set KAFKA_CA_FILE to who signed ` +
      'it, and name the brokers as the certificate does.',
    { cause },
  )
}

const connectionsOf = new WeakMap<Kafka, Connections>()

/** As kafkajs's own, which keeps the sockets to itself. */
function socketFactory(connections: Connections): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    if (connections.areCut) throw new Error('given up')
    const name = net.isIP(host) ? {} : { servername: host }
    const socket = ssl
      ? tls.connect({ host, port, ...name, ...ssl }, onConnect)
      : net.connect({ host, port }, onConnect)
    socket.setKeepAlive(true, 60_000)
    connections.open.add(socket)
    socket.once('error', error => connections.tell(error))
    socket.once('close', () => connections.open.delete(socket))
    return socket
  }
}

function logLine(entry: { namespace: string; label: string; log: { message: string } }): KafkaLogLine {
  return {
    level: entry.label.toLowerCase() as KafkaLogLine['level'],
    namespace: entry.namespace,
    message: entry.log.message,
  }
}
