// npm run bench:restore: open sessions in Elasticsearch, brought into memory as a worker does that gains their
// partitions, beside a bare scan of the same documents. All figures are of one run on one machine.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs, promisify } from 'node:util'
import type { Client } from '@elastic/elasticsearch'
import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import { installTemplate } from '../../src/adapters/elasticsearch-template.ts'
import { startElasticsearch, startKafka } from '../support/services.ts'
import { settings, storeOn } from './bench-settings.ts'
import { type Filled, fillOpenSessions } from './open-sessions.ts'
import type { StepArguments, StepResult } from './restore-step.ts'
import type { WorkerStepResult } from './worker-restore-step.ts'

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
  },
})
const prefix = 'bench'
const say = (line: string) => process.stderr.write(`${line}\n`)

const file = join(import.meta.dirname, 'restore-step.ts')
/** Of an even count, the lower of the two. */
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[(numbers.length - 1) >> 1] as number

/** Each step in a process of its own, so that one's memory and compiled code are not the other's. */
async function step(words: StepArguments): Promise<StepResult> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', file, JSON.stringify(words)])
  const result = JSON.parse(stdout) as StepResult
  if (result.documents !== Number(values.sessions)) throw new Error(`${words.kind} found ${result.documents}`)
  say(`${words.kind}, ${words.atOnce} at once: ${JSON.stringify(result)}`)
  return result
}

/** Scan and restore in turn: the machine's other load falls on both. */
async function compare(node: string, { ends, watermark, sessions }: Filled, atOnce: number) {
  const rounds: { readonly scan: StepResult; readonly restore: StepResult }[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    const words = { node, prefix, atOnce, ends, watermark }
    const scan = await step({ kind: 'scan', ...words })
    rounds.push({ scan, restore: await step({ kind: 'restore', ...words }) })
  }
  const of = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick))
  return {
    atOnce,
    scanPerSecond: Math.round(sessions / of(({ scan }) => scan.seconds)),
    restorePerSecond: Math.round(sessions / of(({ restore }) => restore.seconds)),
    ratio: of(({ scan, restore }) => scan.seconds / restore.seconds),
    ratios: rounds.map(({ scan, restore }) => scan.seconds / restore.seconds),
    scanCpuSeconds: of(({ scan }) => scan.cpuSeconds),
    restoreCpuSeconds: of(({ restore }) => restore.cpuSeconds),
    scanPeakRssMb: of(({ scan }) => scan.peakRssMb),
    restorePeakRssMb: of(({ restore }) => restore.peakRssMb),
    bytesPerSession: Math.round(of(({ restore }) => restore.heapBytes) / sessions),
    longestPauseMs: Math.max(...rounds.map(({ restore }) => restore.longestPauseMs)),
  }
}

/** The same by a worker that must keep its membership meanwhile, on a broker of its own. */
async function byWorker(node: string, { ends, watermark }: Filled): Promise<WorkerStepResult> {
  const kafka = await startKafka()
  if (kafka.kind === 'none') throw new Error(`no Kafka: ${kafka.reason}`)
  try {
    const words: StepArguments = {
      kind: 'restore',
      node,
      prefix,
      atOnce: settings.partitions,
      ends,
      watermark,
    }
    const file = join(import.meta.dirname, 'worker-restore-step.ts')
    const env = { ...process.env, TEST_KAFKA_BROKERS: kafka.server.address }
    const run = await promisify(execFile)(process.execPath, [file, JSON.stringify(words)], { env })
    say(`worker: ${run.stdout.trim()}`)
    return JSON.parse(run.stdout) as WorkerStepResult
  } finally {
    await kafka.server.stop()
  }
}

/** A node that is still merging segments would be slower for whatever comes first. */
async function untilMerged(client: Client): Promise<void> {
  for (;;) {
    const { _all: all } = await client.indices.stats({ metric: 'merge' })
    if (all.total?.merges?.current === 0) return
    await sleep(1000)
  }
}

async function fill(node: string): Promise<Filled> {
  const client = elasticsearchClient({ node })
  const { gapMs, epoch, partitions } = settings
  await installTemplate(client, prefix, { gapMs, epoch, topic: settings.topic as string, partitions })
  const store = storeOn(node, prefix)
  const filled = await fillOpenSessions(store, Number(values.sessions), done => {
    if (done % 50_000 === 0) say(`${done} sessions written`)
  })
  await store.close()
  await client.indices.refresh()
  await untilMerged(client)
  await client.close()
  return filled
}

const started = await startElasticsearch()
if (started.kind === 'none') throw new Error(`no Elasticsearch: ${started.reason}`)
try {
  const { address } = started.server
  const filled = await fill(address)
  const together = await compare(address, filled, settings.partitions)
  const inSequence = await compare(address, filled, 1)
  const worker = await byWorker(address, filled)
  console.log(
    JSON.stringify({
      name: 'restore',
      sessions: filled.sessions,
      bytesPerDocument: Math.round(filled.bytes / filled.sessions),
      together,
      inSequence,
      worker,
    }),
  )
} finally {
  await started.server.stop()
}
