// One measured step of the restore benchmark, as a process of its own: `scan` reads the documents and parses them,
// nothing else; `restore` brings them into memory as the worker does. Reports as JSON on standard output.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import { indexPattern } from '../../src/adapters/elasticsearch-index.ts'
import type { SessionDocument } from '../../src/core/session-document.ts'
import { restore } from '../../src/stored-sessions.ts'
import { partitionNumbers, settings, storeOn } from './bench-settings.ts'

export type StepArguments = {
  readonly kind: 'scan' | 'restore'
  readonly node: string
  readonly prefix: string
  /** How many partitions at once. */
  readonly atOnce: number
  readonly ends: readonly number[]
  readonly watermark: number
}

export type StepResult = {
  readonly documents: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakRssMb: number
  readonly heapBytes: number
  readonly longestPauseMs: number
}

const step = JSON.parse(process.argv[2] as string) as StepArguments

/** The bare loop: the same query of one partition, the same page size, and only a count of what came. */
async function scanPartition(partition: number): Promise<number> {
  const client = elasticsearchClient({ node: step.node })
  const index = indexPattern(step.prefix)
  const { id } = await client.openPointInTime({ index, keep_alive: '5m' })
  const query = { term: { 'source.partition': partition } }
  let count = 0
  let after: (string | number | boolean | null)[] | undefined
  for (;;) {
    const { hits } = await client.search<SessionDocument>({
      pit: { id, keep_alive: '5m' },
      query,
      size: 2000,
      sort: '_shard_doc',
      track_total_hits: false,
      ...(after && { search_after: after }),
    })
    count += hits.hits.length
    after = hits.hits.at(-1)?.sort as typeof after
    if (hits.hits.length < 2000) break
  }
  await client.closePointInTime({ id })
  await client.close()
  return count
}

const kept: unknown[] = []
const store = storeOn(step.node, step.prefix)

async function restorePartition(partition: number): Promise<number> {
  const offset = step.ends[partition] as number
  const metadata = { watermark: step.watermark, epoch: settings.epoch, partitions: settings.partitions }
  const place = { epoch: settings.epoch, offset }
  const sessions = await restore(store, partition, { offset, metadata }, place, settings)
  kept.push(sessions)
  return sessions.openCount
}

const run = step.kind === 'scan' ? scanPartition : restorePartition
const heapBefore = collected()
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()
const cpuBefore = process.cpuUsage()
const startedAt = performance.now()
const waiting = [...partitionNumbers]
const counts: number[] = []
const inTurn = async () => {
  for (let partition = waiting.shift(); partition !== undefined; partition = waiting.shift())
    counts.push(await run(partition))
}
await Promise.all(Array.from({ length: step.atOnce }, inTurn))
const seconds = (performance.now() - startedAt) / 1000
const { user, system } = process.cpuUsage(cpuBefore)
delay.disable()
const result: StepResult = {
  documents: counts.reduce((sum, count) => sum + count, 0),
  seconds,
  cpuSeconds: (user + system) / 1e6,
  peakRssMb: process.resourceUsage().maxRSS / 1024,
  heapBytes: collected() - heapBefore,
  longestPauseMs: delay.max / 1e6,
}
console.log(JSON.stringify(result))
await store.close()

function collected(): number {
  gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
