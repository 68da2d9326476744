// npm run bench: what the parts of the product cost, each beside a baseline of the same run, in a process of its own.
// CPU-seconds are the figures to compare: wall time depends on what else the machine does.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { ensureTopics } from '../../src/adapters/kafka-topics.ts'
import { sessionloom } from '../support/command.ts'
import { type Server, UnavailableError } from '../support/server.ts'
import { startElasticsearch, startKafka } from '../support/services.ts'
import { workload } from './bench-settings.ts'
import type { Cost } from './cost.ts'

const help = `Usage: npm run bench -- [options]

  --only NAME    decode, core, memory, session-memory, growth, kafka-null, kafka-elasticsearch, latency,
                 restore or recall
  --events N     events of the workload (300000 in memory, 1000000 from Kafka)
  --tabs N       tabs that they come from (20000)
  --rounds N     measurements of each, in turn with its baseline; the median counts (3)
  --json         one line of JSON for each

Restore and recall take minutes and gigabytes: they run only when they are named, and have options of their own
(npm run bench:restore, npm run bench:recall).`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    events: { type: 'string' },
    tabs: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const directory = mkdtempSync(join(tmpdir(), 'bench-'))
const say = (text: string) => void process.stderr.write(`${text}\n`)

type Step = (kind: string) => Promise<Cost>
type Measurement = { readonly name: string; readonly kind: string; readonly baseline: string }

const inMemory: readonly Measurement[] = [
  { name: 'decode', kind: 'decode', baseline: 'parse' },
  { name: 'core', kind: 'core', baseline: 'parse' },
  { name: 'memory', kind: 'memory', baseline: 'parse' },
  { name: 'session-memory', kind: 'session-memory', baseline: 'parse' },
  // A million open sessions beside ten thousand.
  { name: 'growth', kind: 'among-1000000', baseline: 'among-10000' },
]
const fromKafka: readonly Measurement[] = [
  { name: 'kafka-null', kind: 'null', baseline: 'bare' },
  { name: 'kafka-elasticsearch', kind: 'elasticsearch', baseline: 'bare' },
]

/** Room for a million open sessions, whatever the machine's default is. */
const flags = ['--expose-gc', '--max-old-space-size=6000']

async function step(file: string, words: readonly string[]): Promise<Cost> {
  const path = join(import.meta.dirname, file)
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, path, ...words])
  return JSON.parse(stdout) as Cost
}

async function generate(count: string, ...more: readonly string[]): Promise<void> {
  const words = ['generate', '--count', count, '--tabs', values.tabs, '--seed', '1', ...more]
  const { exitCode, stderr } = await sessionloom(words)
  if (exitCode !== 0) throw new Error(stderr)
}

const perMillion = ({ cpuSeconds, events }: Cost): number => (cpuSeconds * 1e6) / events
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[(numbers.length - 1) >> 1] as number

/** In turn with the baseline, so that the machine's other load falls on both. */
async function measure({ name, kind, baseline }: Measurement, run: Step): Promise<void> {
  const pairs: { readonly base: Cost; readonly own: Cost }[] = []
  for (let round = 0; round < Number(values.rounds); round++)
    pairs.push({ base: await run(baseline), own: await run(kind) })
  const of = (pick: (pair: (typeof pairs)[number]) => number) => median(pairs.map(pick))
  const row = {
    name,
    events: pairs[0]!.own.events,
    cpuSecondsPerMillion: of(({ own }) => perMillion(own)),
    wallSeconds: of(({ own }) => own.wallSeconds),
    eventsPerSecond: of(({ own }) => own.events / own.wallSeconds),
    peakRssMb: of(({ own }) => own.peakRssMb),
    ...(kind === 'session-memory' && {
      heapBytesPerSession: of(({ own }) => (own.heapBytes as number) / own.events),
    }),
    baseline: {
      name: baseline,
      cpuSecondsPerMillion: of(({ base }) => perMillion(base)),
      peakRssMb: of(({ base }) => base.peakRssMb),
    },
    ratio: of(({ base, own }) => perMillion(own) / perMillion(base)),
  }
  process.stdout.write(values.json ? `${JSON.stringify(row)}\n` : `${tableRow(row)}\n`)
}

type Row = {
  readonly name: string
  readonly cpuSecondsPerMillion: number
  readonly eventsPerSecond: number
  readonly peakRssMb: number
  readonly heapBytesPerSession?: number
  readonly baseline: { readonly name: string; readonly cpuSecondsPerMillion: number }
  readonly ratio: number
}

const heading =
  'measurement           CPU-s per million   events per s    peak MB   baseline, CPU-s per million    ratio'

function tableRow({ name, baseline, ratio, heapBytesPerSession: bytes, ...row }: Row): string {
  const heap = bytes === undefined ? '' : `   ${bytes.toFixed(0)} bytes of heap per session`
  return [
    name.padEnd(20),
    row.cpuSecondsPerMillion.toFixed(2).padStart(18),
    row.eventsPerSecond.toFixed(0).padStart(14),
    row.peakRssMb.toFixed(0).padStart(10),
    `${baseline.name} ${baseline.cpuSecondsPerMillion.toFixed(2)}`.padStart(30),
    `${ratio.toFixed(2)}${heap}`,
  ].join(' ')
}

async function measureInMemory(wanted: readonly Measurement[]): Promise<void> {
  if (wanted.length === 0) return
  const file = join(directory, 'events.ndjson')
  await generate(values.events ?? '300000', '--out', file)
  for (const measurement of wanted) await measure(measurement, kind => step('memory-step.ts', [kind, file]))
}

async function measureFromKafka(wanted: readonly Measurement[]): Promise<void> {
  if (wanted.length === 0) return
  const kafka = await startKafka()
  if (kafka.kind === 'none') throw new UnavailableError(kafka.reason)
  const broker = kafka.server.address
  const topic = 'bench'
  const count = values.events ?? '1000000'
  let node: Server | null = null
  try {
    node = wanted.some(({ kind }) => kind === 'elasticsearch') ? await startNode() : null
    const { partitions } = workload
    await ensureTopics({ brokers: [broker], clientId: 'bench' }, [
      { topic, partitions, replicationFactor: 1 },
    ])
    await generate(count, '--kafka', '--kafka-brokers', broker, '--kafka-topic', topic)
    const words = [broker, topic, count, ...(node === null ? [] : [node.address])]
    for (const measurement of wanted)
      await measure(measurement, kind => step('kafka-step.ts', [kind, ...words]))
  } finally {
    await node?.stop()
    await kafka.server.stop()
  }
}

/** Measurements that are programs of their own, and print a line of JSON. */
const apart: Readonly<Record<string, string>> = {
  latency: 'latency.bench.ts',
  restore: 'restore.bench.ts',
  recall: 'recall.bench.ts',
}

async function runApart(file: string): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file)], { stdio: 'inherit' })
  const [exitCode] = (await once(child, 'exit')) as [number | null]
  if (exitCode !== 0) throw new Error(`${file} ended with exit code ${exitCode}`)
}

async function startNode(): Promise<Server> {
  const started = await startElasticsearch()
  if (started.kind === 'none') throw new UnavailableError(started.reason)
  return started.server
}

async function main(): Promise<number> {
  const all = [...inMemory, ...fromKafka]
  const isWanted = ({ name }: Measurement) => values.only === undefined || values.only === name
  const alone = values.only === undefined ? undefined : apart[values.only]
  if (alone !== undefined && !values.help) {
    await runApart(alone)
    return 0
  }
  if (values.help || !all.some(isWanted)) {
    process.stdout.write(`${help}\n`)
    return values.help ? 0 : 2
  }
  if (!values.json) process.stdout.write(`${heading}\n`)
  await measureInMemory(inMemory.filter(isWanted))
  await measureFromKafka(fromKafka.filter(isWanted))
  if (values.only === undefined) await runApart('latency.bench.ts')
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UnavailableError)) throw error
  say(`!!! SKIPPED: start Docker, or install Java 17 or newer and Maven (${error.message})`)
} finally {
  rmSync(directory, { recursive: true })
}
