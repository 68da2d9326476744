import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers'
import {
  ELASTICSEARCH_SETTINGS,
  ELASTICSEARCH_VERSION,
  type ElasticsearchExtras,
} from './elasticsearch-process.ts'
import { freePort } from './free-port.ts'
import { kafkaProperties } from './kafka-process.ts'
import { isElasticsearchReady, isKafkaReady, waitUntil } from './ready.ts'
import { containerReaper, type Reaper } from './reaper.ts'
import { messageOf, type Server, UnavailableError } from './server.ts'

const KAFKA_IMAGE = process.env.TEST_KAFKA_IMAGE || 'apache/kafka:4.1.0'
const ELASTICSEARCH_IMAGE =
  process.env.TEST_ELASTICSEARCH_IMAGE ||
  `docker.elastic.co/elasticsearch/elasticsearch:${ELASTICSEARCH_VERSION}`
const START_TIMEOUT_MS = 180_000

export async function startKafkaContainer(): Promise<Server> {
  const host = await dockerHost()
  const [port, controllerPort] = [await freePort(), await freePort()]
  const properties = kafkaProperties({ bind: '0.0.0.0', host, port, controllerPort })
  const environment = Object.entries(properties).map(
    ([key, value]) => [`KAFKA_${key.toUpperCase().replaceAll('.', '_')}`, value] as const,
  )
  const container = new PublishedContainer(KAFKA_IMAGE)
    .publish(port, host)
    .withEnvironment({ ...Object.fromEntries(environment), KAFKA_HEAP_OPTS: '-Xmx512m' })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
  const address = `${host}:${port}`
  return startContainer(KAFKA_IMAGE, container, address, () => isKafkaReady(address))
}

export async function startElasticsearchContainer(extras?: ElasticsearchExtras): Promise<Server> {
  const host = await dockerHost()
  const port = await freePort()
  const container = new PublishedContainer(ELASTICSEARCH_IMAGE)
    .publish(port, host)
    .withEnvironment({
      ...ELASTICSEARCH_SETTINGS,
      ...extras?.settings,
      'http.port': String(port),
      ES_JAVA_OPTS: '-Xms512m -Xmx512m',
    })
    .withCopyContentToContainer(
      Object.entries(extras?.files ?? {}).map(([name, content]) => ({
        content,
        target: `/usr/share/elasticsearch/config/${name}`,
      })),
    )
    .withWaitStrategy(extras ? Wait.forListeningPorts() : Wait.forHttp('/_cluster/health', port))
  const address = extras?.address(port) ?? `http://${host}:${port}`
  const isReady = extras?.isReady ?? isElasticsearchReady
  return startContainer(ELASTICSEARCH_IMAGE, container, address, () => isReady(address))
}

/** The port is the same inside and outside, so that it is known before the start and kept by a restart. */
class PublishedContainer extends GenericContainer {
  reaper: Reaper | undefined

  publish(port: number, host: string): this {
    this.withExposedPorts({ container: port, host: port })
    if (host === '127.0.0.1') {
      // Docker publishes on every interface unless it is told otherwise.
      this.hostConfig.PortBindings = { [`${port}/tcp`]: [{ HostIp: host, HostPort: String(port) }] }
    }
    return this
  }

  protected override async containerCreated(id: string): Promise<void> {
    this.reaper = containerReaper(id)
  }
}

async function dockerHost(): Promise<string> {
  try {
    const { host } = (await getContainerRuntimeClient()).info.containerRuntime
    return host === 'localhost' ? '127.0.0.1' : host
  } catch (error) {
    throw new UnavailableError(messageOf(error))
  }
}

async function startContainer(
  image: string,
  container: PublishedContainer,
  address: string,
  isReady: () => Promise<boolean>,
): Promise<Server> {
  let started: StartedTestContainer
  try {
    started = await container.withStartupTimeout(START_TIMEOUT_MS).start()
  } catch (error) {
    throw new UnavailableError(`${image}: ${messageOf(error)}`)
  }
  const server = new ContainerServer(started, container.reaper, address, isReady)
  await server.untilReady()
  return server
}

class ContainerServer implements Server {
  readonly source = 'docker'
  readonly address: string
  readonly pid = undefined
  readonly #container: StartedTestContainer
  readonly #isReady: () => Promise<boolean>
  readonly #reaper: Reaper | undefined

  constructor(
    container: StartedTestContainer,
    reaper: Reaper | undefined,
    address: string,
    isReady: () => Promise<boolean>,
  ) {
    this.address = address
    this.#container = container
    this.#reaper = reaper
    this.#isReady = isReady
  }

  async untilReady(): Promise<void> {
    if (!(await waitUntil(this.#isReady, START_TIMEOUT_MS))) {
      await this.stop()
      throw new Error(`${this.#container.getName()} was not ready after ${START_TIMEOUT_MS / 1000} s`)
    }
  }

  async cpuSeconds(): Promise<number | null> {
    // Without `one-shot` it waits a second, to compare.
    const stats = await (await this.#handle()).stats({ stream: false, 'one-shot': true })
    const nanoseconds = stats.cpu_stats?.cpu_usage?.total_usage
    return nanoseconds ? nanoseconds / 1e9 : null
  }

  async kill(): Promise<void> {
    const container = await this.#handle()
    if (!(await container.inspect()).State.Running) return
    await container.kill()
    await container.wait()
  }

  async restart(): Promise<void> {
    await this.kill()
    await (await this.#handle()).start()
    await this.untilReady()
  }

  async stop(): Promise<void> {
    await this.#container.stop()
    await this.#reaper?.end()
  }

  async #handle() {
    return (await getContainerRuntimeClient()).container.getById(this.#container.getId())
  }
}
