// All that a chaos run consists of: a broker, a node behind a proxy, workers, a workload, and the log as it was
// before something was destroyed.
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@elastic/elasticsearch'
import type { Admin } from 'kafkajs'
import { createKafka, type KafkaClientSettings } from '../../src/adapters/kafka-client.ts'
import { ensureTopics } from '../../src/adapters/kafka-topics.ts'
import { parseDuration } from '../../src/setting-values.ts'
import { sessionloom } from '../support/command.ts'
import { type LogState, lagOf, logStateOf } from '../support/group-lag.ts'
import { type Server, UnavailableError } from '../support/server.ts'
import { startElasticsearch, startKafka } from '../support/services.ts'
import { type LogRecord, readTopic } from '../support/topic-log.ts'
import { RecoveryWatch } from './recovery.ts'
import { StoreProxy } from './store-proxy.ts'
import { type ChaosWorker, type Exit, WorkerPool } from './worker-pool.ts'
import { Workload } from './workload.ts'

export const partitions = 6
export const workerCount = { least: 3, most: 5 }
/** What is shorter or less than a worker's default, so that a run holds many faults. */
export const shortened = {
  KAFKA_SESSION_TIMEOUT: '4s',
  FLUSH_INTERVAL: '200ms',
  SESSION_GAP: '1m',
  ALLOWED_LATENESS: '30s',
  CLOSED_SESSIONS_KEPT: '20',
}
export const gapMs = parseDuration(shortened.SESSION_GAP) as number
export const sessionTimeoutMs = parseDuration(shortened.KAFKA_SESSION_TIMEOUT) as number
export const prefix = 'chaos'

const eventsPerSecond = 200
const catchUpTimeoutMs = 240_000

export type WorldOptions = {
  readonly seed: number
  readonly minutes: number
  /** A folder for all that the workers write. */
  readonly logs: string | null
}

export class World {
  readonly kafka: Server
  readonly node: Server
  readonly proxy: StoreProxy
  readonly client: KafkaClientSettings
  readonly admin: Admin
  readonly elasticsearch: Client
  readonly workers: WorkerPool
  readonly workload: Workload
  readonly recovery: RecoveryWatch
  readonly deadLetterTopic = 'events.dead-letters'
  topic = 'events-0'
  epoch = 0
  group = 'chaos-0'
  /** Records that were in the log, by topic, partition and offset; without those that were lost unread. */
  readonly log = new Map<string, LogRecord & { readonly topic: string }>()
  /** How many records were destroyed before anybody could read them. */
  lost = 0
  /** How many of them a worker must have reported as expired. */
  expired = 0
  #groups = 1
  #restarts: Promise<void> = Promise.resolve()

  private constructor(kafka: Server, node: Server, proxy: StoreProxy, options: WorldOptions) {
    const { seed, minutes, logs } = options
    this.kafka = kafka
    this.node = node
    this.proxy = proxy
    this.client = { brokers: [kafka.address], clientId: 'chaos' }
    this.admin = createKafka(this.client).admin()
    this.elasticsearch = new Client({ node: node.address })
    this.workers = new WorkerPool(() => this.env, logs)
    // Event time passes fifty times as fast, and ends before now: brokers refuse records of the future.
    const startMs = Date.now() - (minutes + 15) * 60_000 * 60 - 12 * 3_600_000
    this.workload = new Workload({ client: this.client, seed, startMs, rate: eventsPerSecond })
    this.recovery = new RecoveryWatch(() => this.logState())
  }

  static async start(options: WorldOptions): Promise<World> {
    const [kafka, node] = await Promise.all([startKafka(), startElasticsearch()])
    if (kafka.kind === 'none') throw new UnavailableError(kafka.reason)
    if (node.kind === 'none') throw new UnavailableError(node.reason)
    const proxy = await StoreProxy.start(node.server.address)
    const world = new World(kafka.server, node.server, proxy, options)
    await world.admin.connect()
    await world.begin(world.topic, 0)
    return world
  }

  get env(): Record<string, string> {
    return {
      ...shortened,
      KAFKA_BROKERS: this.kafka.address,
      KAFKA_TOPIC: this.topic,
      KAFKA_PARTITIONS: String(partitions),
      KAFKA_DEAD_LETTER_TOPIC: this.deadLetterTopic,
      KAFKA_GROUP_ID: this.group,
      ELASTICSEARCH_NODE: this.proxy.address,
      INDEX_PREFIX: prefix,
      SOURCE_EPOCH: String(this.epoch),
      LOG_LEVEL: 'debug',
    }
  }

  /** Sets a topic up as the log of an epoch, and lets the workload write into it. */
  async begin(topic: string, epoch: number): Promise<void> {
    this.topic = topic
    this.epoch = epoch
    const env = { ...this.env, ELASTICSEARCH_NODE: this.node.address }
    const { exitCode, stderr } = await sessionloom(['setup'], { env })
    if (exitCode !== 0) throw new Error(`setup: ${stderr}`)
    await this.workload.into(topic)
  }

  /** The same name, and none of its records. */
  async recreateTopic(): Promise<void> {
    // A client of its own: one that knows the topic fails in every request while it is gone.
    const admin = createKafka(this.client).admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [this.topic] })
    while ((await admin.listTopics()).includes(this.topic)) await sleep(250)
    await admin.disconnect()
    await ensureTopics(this.client, [{ topic: this.topic, partitions, replicationFactor: 1 }])
  }

  nextEpoch(): Promise<void> {
    return this.begin(`events-${this.epoch + 1}`, this.epoch + 1)
  }

  newGroup(): void {
    this.group = `chaos-${this.#groups++}`
  }

  logState(): Promise<LogState> {
    return logStateOf(this.admin, this.group, this.topic)
  }

  /** Until every record is committed. */
  async drained(): Promise<void> {
    const deadline = performance.now() + catchUpTimeoutMs
    for (;;) {
      // A broker that is down cannot tell.
      const lag = await lagOf(this.admin, this.group, this.topic).catch(() => null)
      if (lag === 0) return
      if (performance.now() > deadline)
        throw new Error(
          `${lag ?? 'unknown'} records are still not committed\n${await this.workers.describe()}`,
        )
      await sleep(500)
    }
  }

  /** One at a time: a server that is killed while it starts is the machine's trouble, not the workers'. */
  async restart(server: Server, stop: () => Promise<void> = async () => {}): Promise<void> {
    const turn = this.#restarts.then(async () => {
      await stop()
      await server.restart()
    })
    this.#restarts = turn.catch(() => {})
    await turn
  }

  startWorkers(count: number): void {
    for (let i = 0; i < count; i++) this.workers.start()
  }

  /** Before something of the topic is destroyed, and at its end. */
  async capture(): Promise<void> {
    for (const record of await readTopic(this.admin, this.client, this.topic))
      this.log.set(`${this.topic}-${record.partition}-${record.offset}`, { ...record, topic: this.topic })
  }

  /** These were destroyed before anybody could read them. */
  lose(partition: number, from: number, to: number): void {
    for (let offset = from; offset < to; offset++)
      if (this.log.delete(`${this.topic}-${partition}-${offset}`)) this.lost++
  }

  /** A worker that must refuse to go on, with such a message. */
  async refused(message: RegExp, worker: ChaosWorker = this.workers.startDoomed()): Promise<void> {
    const timeout = sleep(60_000, null, { ref: false })
    const exit: Exit | null = await Promise.race([worker.exit, timeout])
    if (exit === null) {
      await this.workers.kill(worker)
      throw new Error(`a worker went on that should have refused: ${message}\n${worker.lastLines.join('\n')}`)
    }
    const text = worker.lastLines.join('\n')
    if (exit.code !== 1 || !message.test(text))
      throw new Error(`a worker ended with ${exit.code}, and not with ${message}:\n${text}`)
  }

  async stop(): Promise<void> {
    this.recovery.end()
    await this.workers.destroy()
    await this.workload.end()
    await this.admin.disconnect()
    await this.elasticsearch.close()
    await this.proxy.close()
    await Promise.all([this.kafka.stop(), this.node.stop()])
  }
}
