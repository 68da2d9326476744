// What is read from a broker: the worker, alone or two of them, on Elasticsearch or with nothing stored, beside a bare
// kafkajs consumer.
import { availableParallelism } from 'node:os'
import { ensureTopics } from '../../src/adapters/kafka-topics.ts'
import { machineCpu } from '../support/process-cpu.ts'
import { type Server, UnavailableError } from '../support/server.ts'
import { startElasticsearch, startKafka } from '../support/services.ts'
import { workload } from './bench-settings.ts'
import type { Cost } from './cost.ts'
import { measureTwo } from './kafka-two.ts'
import { measure } from './measure.ts'
import { printRow } from './rows.ts'
import { step } from './steps.ts'

export const kafkaNames = ['kafka-null', 'kafka-elasticsearch', 'kafka-two', 'kafka-steady'] as const
export type KafkaName = (typeof kafkaNames)[number]

export type KafkaOptions = {
  /** Of the topic. */
  readonly events: number
  readonly rounds: number
  readonly json: boolean
  /** Writes so many events to a topic. */
  readonly fill: (count: number, broker: string, topic: string) => Promise<void>
}

const topic = 'bench'

export async function measureFromKafka(names: readonly KafkaName[], options: KafkaOptions): Promise<void> {
  if (names.length === 0) return
  const kafka = await startKafka()
  if (kafka.kind === 'none') throw new UnavailableError(kafka.reason)
  const broker = kafka.server
  let node: Server | null = null
  try {
    node = names.includes('kafka-elasticsearch') ? await startNode() : null
    const { partitions } = workload
    await ensureTopics({ brokers: [broker.address], clientId: 'bench' }, [
      { topic, partitions, replicationFactor: 1 },
    ])
    await options.fill(options.events, broker.address, topic)
    for (const name of names) await measureOne(name, { broker, node }, options)
  } finally {
    await node?.stop()
    await broker.stop()
  }
}

type Servers = { readonly broker: Server; readonly node: Server | null }

async function measureOne(name: KafkaName, servers: Servers, options: KafkaOptions): Promise<void> {
  const { events, rounds, json } = options
  const read = (kind: string, count: number) => readTopic(kind, count, servers)
  switch (name) {
    case 'kafka-null':
      return measure({ name, kind: 'null', baseline: 'bare' }, kind => read(kind, events), options)
    case 'kafka-elasticsearch':
      return measure({ name, kind: 'elasticsearch', baseline: 'bare' }, kind => read(kind, events), options)
    case 'kafka-steady':
      return measure(
        { name, kind: 'null', baseline: 'bare' },
        kind => readSteadily(kind, events, read),
        options,
      )
    case 'kafka-two': {
      const { row, notes } = await measureTwo(servers.broker, topic, events, rounds)
      return printRow(row, json, notes)
    }
  }
}

/** With what the servers used meanwhile. */
async function readTopic(kind: string, count: number, { broker, node }: Servers): Promise<Cost> {
  const used = async () => ({
    broker: await broker.cpuSeconds(),
    node: kind === 'elasticsearch' ? ((await node?.cpuSeconds()) ?? null) : null,
    machine: await machineCpu(),
  })
  const before = await used()
  const words = [kind, broker.address, topic, String(count), ...(node === null ? [] : [node.address])]
  const cost = await step<Cost>('kafka-step.ts', words)
  const after = await used()
  const busy = difference(before.machine?.busySeconds, after.machine?.busySeconds)
  const idle = difference(before.machine?.idleSeconds, after.machine?.idleSeconds)
  return {
    ...cost,
    brokerCpuSeconds: difference(before.broker, after.broker),
    nodeCpuSeconds: difference(before.node, after.node),
    busyCores: busy === null || idle === null ? null : (busy / (busy + idle)) * availableParallelism(),
  }
}

/** The first third of the topic is read twice, and taken off: compiling and filling caches is in it. */
async function readSteadily(
  kind: string,
  events: number,
  read: (kind: string, count: number) => Promise<Cost>,
): Promise<Cost> {
  const start = await read(kind, Math.round(events / 3))
  const whole = await read(kind, events)
  return {
    events: whole.events - start.events,
    cpuSeconds: whole.cpuSeconds - start.cpuSeconds,
    wallSeconds: whole.wallSeconds - start.wallSeconds,
    peakRssMb: whole.peakRssMb,
    brokerCpuSeconds: difference(start.brokerCpuSeconds, whole.brokerCpuSeconds),
    nodeCpuSeconds: null,
    busyCores: whole.busyCores ?? null,
  }
}

function difference(before: number | null | undefined, after: number | null | undefined): number | null {
  return before == null || after == null ? null : after - before
}

async function startNode(): Promise<Server> {
  const started = await startElasticsearch()
  if (started.kind === 'none') throw new UnavailableError(started.reason)
  return started.server
}
