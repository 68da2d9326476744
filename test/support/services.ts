import type { ElasticsearchExtras } from './elasticsearch-process.ts'
import type { Java } from './maven.ts'
import { isElasticsearchReady, isKafkaReady, waitUntil } from './ready.ts'
import { messageOf, type Server, type Source, UnavailableError } from './server.ts'

/** Neither given, nor to be had on this machine. */
export interface NoServices {
  readonly kind: 'none'
  readonly reason: string
}

export interface RunningServices {
  readonly kind: 'running'
  /** Comma-separated `host:port`, without security. */
  readonly brokers: string
  /** URL of a node, without security. */
  readonly elasticsearch: string
  readonly source: Source
  stop(): Promise<void>
}

export type Services = RunningServices | NoServices

/** A server of the caller's own, which it may kill and restart. */
export type OwnServer = { readonly kind: 'running'; readonly server: Server } | NoServices

const GIVEN_TIMEOUT_MS = 30_000

/**
 * Kafka and Elasticsearch from the first of: addresses in TEST_KAFKA_BROKERS and TEST_ELASTICSEARCH_NODE,
 * Docker, plain JVM processes. TEST_SERVICES=docker or jvm admits only that way of starting them.
 */
export async function startServices(): Promise<Services> {
  const given = await givenServices()
  if (given !== undefined) return given
  return firstAvailable(async source => {
    const starts = [starters.kafka[source](), starters.elasticsearch[source]()]
    const [kafka, elasticsearch] = await allOrNone(starts)
    return {
      kind: 'running',
      brokers: kafka!.address,
      elasticsearch: elasticsearch!.address,
      source,
      stop: async () => {
        await Promise.all([kafka!.stop(), elasticsearch!.stop()])
      },
    }
  })
}

/** A broker of one's own. Addresses in the environment are not used: nobody else's broker may be killed. */
export function startKafka(): Promise<OwnServer> {
  return firstAvailable(async source => ({ kind: 'running', server: await starters.kafka[source]() }))
}

/** A node of one's own, as startKafka. */
export function startElasticsearch(): Promise<OwnServer> {
  return firstAvailable(async source => ({ kind: 'running', server: await starters.elasticsearch[source]() }))
}

// Loaded when used: testcontainers takes a second, and most test files get addresses.
const starters = {
  kafka: {
    docker: async () => (await import('./containers.ts')).startKafkaContainer(),
    jvm: async () => (await import('./kafka-process.ts')).startKafkaProcess(),
  },
  elasticsearch: {
    docker: async () => (await import('./containers.ts')).startElasticsearchContainer(),
    jvm: async () => (await import('./elasticsearch-process.ts')).startElasticsearchProcess(),
  },
}

/** A node with security on, its users and their roles in files; with a plugin where the distribution lacks a part. */
export function startSecureNode(
  extras: ElasticsearchExtras,
  complete: (home: string, java: Java) => Promise<void>,
): Promise<OwnServer> {
  return firstAvailable(async source => ({
    kind: 'running',
    server:
      source === 'docker'
        ? await (await import('./containers.ts')).startElasticsearchContainer(extras)
        : await (await import('./elasticsearch-process.ts')).startElasticsearchProcess(extras, complete),
  }))
}

async function givenServices(): Promise<RunningServices | undefined> {
  const { TEST_KAFKA_BROKERS: brokers, TEST_ELASTICSEARCH_NODE: elasticsearch } = process.env
  if (!brokers && !elasticsearch) return undefined
  if (!brokers || !elasticsearch) {
    throw new Error('set TEST_KAFKA_BROKERS and TEST_ELASTICSEARCH_NODE both, or neither')
  }
  const ready = await Promise.all([
    waitUntil(() => isKafkaReady(brokers), GIVEN_TIMEOUT_MS),
    waitUntil(() => isElasticsearchReady(elasticsearch), GIVEN_TIMEOUT_MS),
  ])
  if (!ready[0]) throw new Error(`no Kafka answers at TEST_KAFKA_BROKERS=${brokers}`)
  if (!ready[1]) throw new Error(`no Elasticsearch answers at TEST_ELASTICSEARCH_NODE=${elasticsearch}`)
  return { kind: 'running', brokers, elasticsearch, source: 'environment', stop: async () => {} }
}

async function firstAvailable<T>(start: (source: 'docker' | 'jvm') => Promise<T>): Promise<T | NoServices> {
  const reasons: string[] = []
  for (const source of admittedSources()) {
    try {
      return await start(source)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      reasons.push(`${source}: ${error.message.replaceAll(/\s+/g, ' ').trim()}`)
    }
  }
  return { kind: 'none', reason: reasons.join('; ') }
}

function admittedSources(): readonly ('docker' | 'jvm')[] {
  const wanted = process.env.TEST_SERVICES
  if (!wanted) return ['docker', 'jvm']
  if (wanted === 'docker' || wanted === 'jvm') return [wanted]
  throw new Error(`TEST_SERVICES=${wanted}: docker or jvm`)
}

async function allOrNone(starts: readonly Promise<Server>[]): Promise<Server[]> {
  const results = await Promise.allSettled(starts)
  const servers = results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  const failures = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
  if (failures.length === 0) return servers
  await Promise.all(servers.map(server => server.stop()))
  if (!failures.every(failure => failure instanceof UnavailableError)) throw failures[0]
  throw new UnavailableError([...new Set(failures.map(messageOf))].join(', '))
}
