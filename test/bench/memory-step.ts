// One part of the pipeline over events in memory: `memory-step.ts KIND FILE`. A process of its own, so that one part's
// compiled code and garbage are not another's.
import { readFileSync } from 'node:fs'
import { nullSessionStore } from '../../src/adapters/null-session-store.ts'
import { decode } from '../../src/core/decode.ts'
import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { openLookups } from '../../src/lookups.ts'
import { type DecodedSlice, processBatch } from '../../src/pipeline.ts'
import type { RecordBatch, SourceRecord } from '../../src/ports/event-source.ts'
import { partitionOf, workload } from './bench-settings.ts'
import { type Cost, measured, report } from './cost.ts'

const [kind, file] = process.argv.slice(2) as [string, string]
const recordsPerBatch = 2_000
const lookups = openLookups()
const nothing = () => null

function records(): SourceRecord[] {
  const lines = readFileSync(file).toString('latin1').trimEnd().split('\n')
  return lines.map((line, offset) => ({
    offset,
    timestamp: null,
    key: null,
    value: Buffer.from(line, 'latin1'),
    headers: {},
  }))
}

/** As a broker would give them: a batch for each partition in turn. */
function batches(all: readonly SourceRecord[]): RecordBatch[] {
  const held = Array.from({ length: workload.partitions }, (): SourceRecord[] => [])
  const ready: RecordBatch[] = []
  const take = (partition: number) => {
    const records = held[partition] as SourceRecord[]
    if (records.length === 0) return
    held[partition] = []
    const [firstOffset, nextOffset] = [records[0]!.offset, records.at(-1)!.offset + 1]
    ready.push({ partition, firstOffset, nextOffset, records })
  }
  for (const record of all) {
    const partition = partitionOf(tabOf(record))
    held[partition]?.push(record)
    if (held[partition]?.length === recordsPerBatch) take(partition)
  }
  for (const partition of held.keys()) take(partition)
  return ready
}

const tabOf = ({ value }: SourceRecord): string =>
  /"tabId":"([^"]*)"/.exec(Buffer.from(value!).toString('latin1'))?.[1] as string

const newPartitions = () =>
  Array.from({ length: workload.partitions }, () => new PartitionSessions(workload, Number.NEGATIVE_INFINITY))

/** However long the events last. */
const neverClosing = () =>
  new PartitionSessions({ ...workload, allowedLatenessMs: Number.MAX_SAFE_INTEGER }, Number.NEGATIVE_INFINITY)

/** What the pipeline makes of a batch. */
function pipeline(partitions = newPartitions()): (batch: RecordBatch) => Promise<void> {
  return async batch => {
    const sessions = partitions[batch.partition] as PartitionSessions
    const { documents, redirects } = await processBatch(batch, sessions, nothing, lookups, 0, workload)
    await nullSessionStore.write([...documents, ...redirects])
    sessions.settle(0)
  }
}

/** Sessions alone: what `decode` gives is there already, and no document is made. */
async function core(given: readonly RecordBatch[]): Promise<() => void> {
  const decoded: { readonly partition: number; readonly items: DecodedSlice['items'] }[] = []
  for (const batch of given)
    await processBatch(
      batch,
      new PartitionSessions(workload, Number.NEGATIVE_INFINITY),
      ({ items }) => {
        decoded.push({ partition: batch.partition, items })
        return null
      },
      lookups,
      0,
      workload,
    )
  const partitions = newPartitions()
  return () => {
    for (const { partition, items } of decoded) {
      const sessions = partitions[partition] as PartitionSessions
      for (const item of items) if ('raw' in item) sessions.apply(item)
      sessions.close()
      sessions.changes()
      sessions.settle(0)
    }
  }
}

/** As many sessions as there are events, open: each event is made its own tab's. */
async function openSessions(given: readonly SourceRecord[]) {
  const sessions = neverClosing()
  const run = pipeline([sessions])
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const cost = await measured(given.length, async () => {
    for (let from = 0; from < given.length; from += recordsPerBatch) {
      const records = given.slice(from, from + recordsPerBatch).map(record => ofTab(record, record.offset))
      await run({ partition: 0, firstOffset: from, nextOffset: from + records.length, records })
    }
  })
  globalThis.gc?.()
  const heapBytes = process.memoryUsage().heapUsed - before
  if (sessions.openCount !== given.length) throw new Error(`${sessions.openCount} sessions are open`)
  return { ...cost, heapBytes }
}

/** Events of tabs among so many open sessions, which begin before they are measured. */
async function amongOpenSessions(given: readonly SourceRecord[], open: number): Promise<Cost> {
  const run = pipeline([neverClosing()])
  let offset = 0
  const apply = async (count: number, tabOf: (i: number) => number) => {
    for (let from = 0; from < count; from += recordsPerBatch) {
      const firstOffset = offset
      const records = Array.from({ length: Math.min(recordsPerBatch, count - from) }, (_, i) =>
        ofTab({ ...(given[(from + i) % given.length] as SourceRecord), offset: offset++ }, tabOf(from + i)),
      )
      await run({ partition: 0, firstOffset, nextOffset: offset, records })
    }
  }
  await apply(open, i => i)
  // A stride that is prime to the number of tabs: neighbours in time are not neighbours in memory.
  const events = 100_000
  return measured(events, () => apply(events, i => (i * 7919) % open))
}

function ofTab(record: SourceRecord, tab: number): SourceRecord {
  const text = Buffer.from(record.value!).toString('latin1')
  const ids = text.replace(/"eventId":"[^"]*"/, `"eventId":"event-${record.offset}"`)
  return { ...record, value: Buffer.from(ids.replace(/"tabId":"[^"]*"/, `"tabId":"tab-${tab}"`), 'latin1') }
}

const all = records()
const among = /^among-(\d+)$/.exec(kind)?.[1]
if (kind === 'session-memory') report(await openSessions(all))
else if (among !== undefined) report(await amongOpenSessions(all, Number(among)))
else {
  const given = batches(all)
  const run = pipeline()
  const applied = kind === 'core' ? await core(given) : () => {}
  const works: Readonly<Record<string, () => void | Promise<void>>> = {
    parse: () => all.forEach(({ value }) => void JSON.parse(Buffer.from(value!).toString())),
    decode: () => all.forEach(record => void decode(record, Number.POSITIVE_INFINITY)),
    core: applied,
    async memory() {
      for (const batch of given) await run(batch)
    },
  }
  report(await measured(all.length, works[kind]!))
}
