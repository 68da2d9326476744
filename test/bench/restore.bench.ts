// npm run bench:restore: open sessions in Elasticsearch, brought into memory as a worker does that gains their
// partitions, beside a bare scan of the same documents. All figures are of one run on one machine.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Client } from '@elastic/elasticsearch'
import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import { installTemplate } from '../../src/adapters/elasticsearch-template.ts'
import { UnavailableError } from '../support/server.ts'
import { startElasticsearch, startKafka } from '../support/services.ts'
import { settings, storeOn } from './bench-settings.ts'
import { type Filled, fillOpenSessions } from './open-sessions.ts'
import type { StepArguments, StepResult } from './restore-step.ts'
import { median, printRow, type Row } from './rows.ts'
import { step } from './steps.ts'
import type { WorkerStepResult } from './worker-restore-step.ts'

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})
const prefix = 'bench'
const say = (line: string) => process.stderr.write(`${line}\n`)

/** Each step in a process of its own, so that one's memory and compiled code are not the other's. */
async function read(words: StepArguments): Promise<StepResult> {
  const result = await step<StepResult>('restore-step.ts', [JSON.stringify(words)])
  if (result.documents !== Number(values.sessions)) throw new Error(`${words.kind} found ${result.documents}`)
  say(`${words.kind}, ${words.atOnce} at once: ${JSON.stringify(result)}`)
  return result
}

/** Scan and restore in turn: the machine's other load falls on both. */
async function compare(node: string, { ends, watermark, sessions }: Filled, atOnce: number) {
  const rounds: { readonly scan: StepResult; readonly restore: StepResult }[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    const words = { node, prefix, atOnce, ends, watermark }
    const scan = await read({ kind: 'scan', ...words })
    rounds.push({ scan, restore: await read({ kind: 'restore', ...words }) })
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
  if (kafka.kind === 'none') throw new UnavailableError(kafka.reason)
  try {
    const words: StepArguments = {
      kind: 'restore',
      node,
      prefix,
      atOnce: settings.partitions,
      ends,
      watermark,
    }
    const env = { TEST_KAFKA_BROKERS: kafka.server.address }
    const result = await step<WorkerStepResult>('worker-restore-step.ts', [JSON.stringify(words)], env)
    say(`worker: ${JSON.stringify(result)}`)
    return result
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
if (started.kind === 'none') throw new UnavailableError(started.reason)
try {
  const { address } = started.server
  const filled = await fill(address)
  const together = await compare(address, filled, settings.partitions)
  const inSequence = await compare(address, filled, 1)
  const worker = await byWorker(address, filled)
  const perMillion = (cpuSeconds: number) => (cpuSeconds * 1e6) / filled.sessions
  const row: Row = {
    name: 'restore',
    // Sessions, here.
    events: filled.sessions,
    cpuSecondsPerMillion: perMillion(together.restoreCpuSeconds),
    wallSeconds: filled.sessions / together.restorePerSecond,
    eventsPerSecond: together.restorePerSecond,
    peakRssMb: together.restorePeakRssMb,
    baseline: {
      name: 'scan',
      cpuSecondsPerMillion: perMillion(together.scanCpuSeconds),
      eventsPerSecond: together.scanPerSecond,
      peakRssMb: together.scanPeakRssMb,
    },
    ratio: together.restoreCpuSeconds / together.scanCpuSeconds,
    ratioOf: 'cpuSecondsPerMillion',
    bytesPerDocument: Math.round(filled.bytes / filled.sessions),
    together,
    inSequence,
    worker,
  }
  printRow(row, values.json, [
    `sessions, not events; all partitions at once ${together.ratio.toFixed(2)} times as fast as the scan, ` +
      `one after the other ${inSequence.ratio.toFixed(2)} times; ${together.bytesPerSession} bytes of heap per session`,
    `a worker that restores all: ${worker.seconds.toFixed(1)} s, its longest pause ${worker.longestPauseMs.toFixed(0)} ms`,
  ])
} finally {
  await started.server.stop()
}
