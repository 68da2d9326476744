// Kafka's own producers, which write what kafkajs cannot: Snappy, LZ4, and batches as the Java client makes them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { kafkaClient, withoutKafka } from './kafka-fixture.ts'
import { kafkaJars } from './kafka-process.ts'
import { findJava } from './maven.ts'
import { UnavailableError } from './server.ts'

export type JavaProducer = {
  readonly topic: string
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly properties?: Readonly<Record<string, string>>
}

/** Why there are none; false if there are. With REQUIRE_SERVICES=1 that is a failure. */
export async function withoutJava(): Promise<string | false> {
  if (withoutKafka) return withoutKafka
  try {
    await kafkaJars(await findJava())
    return false
  } catch (error) {
    if (process.env.REQUIRE_SERVICES === '1' || !(error instanceof UnavailableError)) throw error
    console.error(`!!! TESTS WITH JAVA PRODUCERS SKIPPED: ${error.message}`)
    return error.message
  }
}

/** One record for each line of text. */
export async function sendLines(lines: readonly string[], producer: JavaProducer): Promise<void> {
  const args = ['--bootstrap-server', kafkaClient.brokers.join(','), '--topic', producer.topic]
  args.push('--compression-codec', producer.compression, '--max-partition-memory-bytes', '300000')
  for (const property of propertiesOf(producer)) args.push('--producer-property', property)
  await runTool('ConsoleProducer', args, lines.join('\n'))
}

/** Records with the numbers from 0, in transactions that are all committed. */
export async function sendInTransactions(count: number, producer: JavaProducer): Promise<void> {
  const args = ['--topic', producer.topic, '--num-records', String(count), '--payload-monotonic']
  args.push('--throughput', '20000', '--transaction-duration-ms', '50', '--transactional-id', producer.topic)
  const own = [
    `bootstrap.servers=${kafkaClient.brokers.join(',')}`,
    `compression.type=${producer.compression}`,
  ]
  args.push('--producer-props', ...own, ...propertiesOf(producer))
  await runTool('ProducerPerformance', args, '')
}

function propertiesOf({ properties = {} }: JavaProducer): string[] {
  return Object.entries(properties).map(([name, value]) => `${name}=${value}`)
}

async function runTool(tool: string, args: readonly string[], input: string): Promise<void> {
  const java = await findJava()
  const classPath = join(await kafkaJars(java), '*')
  const options = ['-Xmx128m', '-XX:-UsePerfData', '-XX:TieredStopAtLevel=1', '-cp', classPath]
  const child = spawn(java.executable, [...options, `org.apache.kafka.tools.${tool}`, ...args])
  child.stdin.end(input)
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  if (code !== 0) throw new Error(`${tool} ended with ${code}: ${errors}${output}`)
}
