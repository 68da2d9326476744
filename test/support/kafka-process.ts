import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cached } from './download-cache.ts'
import { freePort } from './free-port.ts'
import { copyJars, findJava, type Java } from './maven.ts'
import { isKafkaReady } from './ready.ts'
import type { Server } from './server.ts'
import { startServerProcess } from './server-process.ts'

const VERSION = '4.1.0'
const run = promisify(execFile)

export interface KafkaListener {
  readonly bind: string
  readonly host: string
  readonly port: number
  readonly controllerPort: number
}

/** One broker that is its own controller, for a process and for a container alike. */
export function kafkaProperties({ bind, host, port, controllerPort }: KafkaListener): Record<string, string> {
  return {
    'node.id': '1',
    'process.roles': 'broker,controller',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://${bind}:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${host}:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    // 50 partitions each by default: seconds of file creation that no test needs.
    'offsets.topic.num.partitions': '1',
    // Where a log begins is known after a crash, too: by default, records that were deleted in the last minute are back.
    'log.flush.start.offset.checkpoint.interval.ms': '100',
    'log.initial.task.delay.ms': '100',
    'transaction.state.log.num.partitions': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A test does not wait six seconds for a dead worker's partitions.
    'group.min.session.timeout.ms': '1000',
  }
}

/** What a broker gets beyond the plain listener. */
export type KafkaExtras = {
  readonly properties: Readonly<Record<string, string>>
  readonly formatArgs: readonly string[]
}

/** A broker from the jars on Maven Central, without Docker. `extras` may write files into its directory. */
export async function startKafkaProcess(
  extras: (
    directory: string,
    plain: Readonly<Record<string, string>>,
  ) => Promise<KafkaExtras> = async () => ({
    properties: {},
    formatArgs: [],
  }),
): Promise<Server> {
  const java = await findJava()
  const classPath = ['-cp', join(await kafkaJars(java), '*')]
  const [port, controllerPort] = [await freePort(), await freePort()]
  const listener = { bind: '127.0.0.1', host: '127.0.0.1', port, controllerPort }
  const address = `127.0.0.1:${port}`
  return startServerProcess({
    name: `Kafka ${VERSION}`,
    address,
    prepare: async directory => {
      const file = join(directory, 'server.properties')
      const plain = { ...kafkaProperties(listener), 'log.dirs': join(directory, 'data') }
      const { properties, formatArgs } = await extras(directory, plain)
      await writeFile(file, lines({ ...plain, ...properties }))
      const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', file, ...formatArgs]
      await run(java.executable, [...classPath, ...format])
      const args = ['-Xmx512m', '-XX:-UsePerfData', ...classPath, 'kafka.Kafka', file]
      return { executable: java.executable, args }
    },
    isReady: () => isKafkaReady(address),
  })
}

// The tool takes an id that starts with a dash for an option: the first byte rules that out.
function clusterId(): string {
  return Buffer.concat([Buffer.of(1), randomBytes(15)]).toString('base64url')
}

/** Where the jars of the broker and its tools are. */
export function kafkaJars(java: Java): Promise<string> {
  const artifacts = [
    `org.apache.kafka:kafka_2.13:${VERSION}`,
    `org.apache.kafka:kafka-tools:${VERSION}`,
    'org.slf4j:slf4j-simple:1.7.36',
  ]
  return cached(`kafka-${VERSION}`, directory => copyJars(java, artifacts, directory))
}

function lines(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
