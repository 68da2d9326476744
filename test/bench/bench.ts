// npm run bench: what the parts of the product cost, each beside a baseline of the same run, in a process of its own.
// CPU-seconds are the figures to compare: wall time depends on what else the machine does.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { UnavailableError } from '../support/server.ts'
import type { Cost } from './cost.ts'
import { type KafkaName, kafkaNames, measureFromKafka } from './kafka-measurements.ts'
import { type Measurement, measure } from './measure.ts'
import { exitOnSignals, runProgram, runStep, step } from './steps.ts'

const inMemory: readonly Measurement[] = [
  { name: 'decode', kind: 'decode', baseline: 'parse' },
  { name: 'core', kind: 'core', baseline: 'parse' },
  { name: 'memory', kind: 'memory', baseline: 'parse' },
  { name: 'session-memory', kind: 'session-memory', baseline: 'parse' },
  // A million open sessions beside ten thousand.
  { name: 'growth', kind: 'among-1000000', baseline: 'among-10000' },
]

/** Measurements that are programs of their own. */
const programs: Readonly<Record<string, string>> = {
  latency: 'latency.bench.ts',
  restore: 'restore.bench.ts',
  recall: 'recall.bench.ts',
}

const onlyNamed = ['kafka-steady', 'restore', 'recall']
const names = [...inMemory.map(({ name }) => name), ...kafkaNames, ...Object.keys(programs)]

const help = `Usage: npm run bench -- [options]

  --only NAME    one of these:
                 ${names.slice(0, 8).join(', ')},
                 ${names.slice(8).join(', ')}
  --events N     events of the workload (300000 in memory, 1000000 from Kafka, 3000000 for kafka-steady)
  --tabs N       tabs that they come from (20000)
  --rounds N     measurements of each, in turn with its baseline; the median counts (3)
  --json         one line of JSON for each

${onlyNamed.join(', ')} take minutes and gigabytes: they run only when they are named. Restore and recall have
options of their own (npm run bench:restore, npm run bench:recall), and latency has (test/bench/latency.bench.ts).`

class UsageError extends Error {}

type Options = {
  readonly only: string | undefined
  readonly events: number | undefined
  readonly tabs: number
  readonly rounds: number
  readonly json: boolean
  readonly help: boolean
}

function options(): Options {
  const { values } = parsed()
  if (values.only !== undefined && !names.includes(values.only))
    throw new UsageError(`there is no measurement ${values.only}: ${names.join(', ')}`)
  const count = (name: 'events' | 'tabs' | 'rounds') => {
    const text = values[name] as string
    if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--${name} ${text}: a whole number above 0`)
    return Number(text)
  }
  return {
    only: values.only,
    events: values.events === undefined ? undefined : count('events'),
    tabs: count('tabs'),
    rounds: count('rounds'),
    json: values.json,
    help: values.help,
  }
}

function parsed() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        events: { type: 'string' },
        tabs: { type: 'string', default: '20000' },
        rounds: { type: 'string', default: '3' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function measureInMemory(wanted: readonly Measurement[], given: Options): Promise<void> {
  if (wanted.length === 0) return
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  process.once('exit', () => rmSync(directory, { recursive: true }))
  const file = join(directory, 'events.ndjson')
  await generate(given.events ?? 300_000, given.tabs, '--out', file)
  for (const measurement of wanted)
    await measure(measurement, kind => step<Cost>('memory-step.ts', [kind, file]), given)
}

async function generate(count: number, tabs: number, ...more: readonly string[]): Promise<void> {
  const words = ['generate', '--count', String(count), '--tabs', String(tabs), '--seed', '1', ...more]
  await runStep('../../src/main.ts', words)
}

async function main(): Promise<void> {
  const given = options()
  if (given.help) return void process.stdout.write(`${help}\n`)
  const isWanted = (name: string) =>
    given.only === undefined ? !onlyNamed.includes(name) : given.only === name
  await measureInMemory(
    inMemory.filter(({ name }) => isWanted(name)),
    given,
  )
  const { tabs, rounds, json } = given
  await measureFromKafka(kafkaNames.filter(isWanted) as KafkaName[], {
    events: given.events ?? (given.only === 'kafka-steady' ? 3_000_000 : 1_000_000),
    rounds,
    json,
    fill: (count, broker, topic) =>
      generate(count, tabs, '--kafka', '--kafka-brokers', broker, '--kafka-topic', topic),
  })
  for (const [name, file] of Object.entries(programs))
    if (isWanted(name)) await runProgram(file, json ? ['--json'] : [])
}

exitOnSignals()
try {
  await main()
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${help}\n`)
    process.exitCode = 2
  } else if (error instanceof UnavailableError)
    process.stderr.write(
      `!!! SKIPPED: start Docker, or install Java 17 or newer and Maven (${error.message})\n`,
    )
  else throw error
}
