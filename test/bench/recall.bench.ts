// npm run bench:recall: a month of sessions in Elasticsearch, then events with and without late ones in turn, through
// the real worker. A late event is one that visits a tab of the month again, within a gap of something it did there:
// its session has left memory, and is recalled. Two ways: by a worker that is up to date, and by one that starts behind
// the log's end, which must ask after every recall whether another owner has been there.
import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import { installTemplate } from '../../src/adapters/elasticsearch-template.ts'
import { systemClock } from '../../src/commands/finite-run.ts'
import { generateDefaults, generateEvents } from '../../src/generate.ts'
import type { GeneratedEvent } from '../../src/generate-visit.ts'
import { openDemoLookups } from '../../src/lookups.ts'
import type { BatchLease, SourceHandler } from '../../src/ports/event-source.ts'
import type { SessionStore } from '../../src/ports/session-store.ts'
import type { Telemetry } from '../../src/ports/telemetry.ts'
import { Worker } from '../../src/worker.ts'
import { ArrayEventSource, ArrayTopic } from '../support/array-event-source.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { type Server, UnavailableError } from '../support/server.ts'
import { startElasticsearch } from '../support/services.ts'
import { partitionNumbers, partitionOf, storeOn, workload } from './bench-settings.ts'
import { median, medianOrNull, printRow, type Row } from './rows.ts'

const { values } = parseArgs({
  options: {
    /** Events of the stored month; some seven make a session. */
    month: { type: 'string', default: '300000' },
    /** Events of one measured round. */
    events: { type: 'string', default: '60000' },
    rounds: { type: 'string', default: '3' },
    /** Records of a batch. */
    batch: { type: 'string', default: '2000' },
    /** CLOSED_SESSIONS_KEPT. */
    'closed-kept': { type: 'string', default: String(workload.closedKept) },
    /** Share of late events. */
    'late-events': { type: 'string', default: '0.1' },
    json: { type: 'boolean', default: false },
  },
})
const settings = { ...workload, closedKept: Number(values['closed-kept']) }
const monthMs = 30 * 86_400_000
const hourMs = 3_600_000
const prefix = 'bench'
const random = seededRandom(7)
const say = (line: string) => process.stderr.write(`${line}\n`)
const lookups = openDemoLookups()

type Way = 'up to date' | 'behind'

type Cost = {
  readonly records: number
  readonly recalled: number
  readonly documents: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** Of Elasticsearch; null where the system does not tell. */
  readonly nodeCpuSeconds: number | null
}

/** Where its records seem to have come after the worker did, or to have waited for it. Reads when it may. */
class TimedSource extends ArrayEventSource {
  readonly #ends: readonly number[] | null
  readonly #mayRead: Promise<void>

  constructor(topic: ArrayTopic, way: Way, mayRead: Promise<void>) {
    super(topic, () => Number(values.batch))
    this.#mayRead = mayRead
    const ends = partitionNumbers.map(partition => topic.committed.get(partition)?.offset ?? 0)
    this.#ends = way === 'behind' ? null : ends
  }

  override run(handler: SourceHandler): Promise<void> {
    const process = async (lease: BatchLease) => {
      await this.#mayRead
      await handler.process(lease)
    }
    return super.run({ assigned: partitions => handler.assigned(partitions), process, waitsFor: null })
  }

  override async bounds(partition: number) {
    const { start, end } = await super.bounds(partition)
    return { start, end: this.#ends?.[partition] ?? end }
  }
}

/** Runs a worker until it has read them all. What it does before it has its sessions back is not counted. */
async function run(node: Server, store: SessionStore, topic: ArrayTopic, way: Way): Promise<Cost> {
  const counts = { records: 0, recalled: 0, documents: 0 }
  let restoring = settings.partitions
  const restored = Promise.withResolvers<void>()
  const mayRead = Promise.withResolvers<void>()
  const telemetry: Telemetry = event => {
    if (event.kind === 'PartitionRestored' && --restoring === 0) restored.resolve()
    if (event.kind === 'SessionsRecalled') counts.recalled += event.documents
    if (event.kind !== 'BatchProcessed') return
    counts.records += event.records
    counts.documents += event.documents
  }
  const source = new TimedSource(topic, way, mayRead.promise)
  const deadLetters = { send: async () => {}, close: async () => {} }
  const worker = new Worker({ source, store, deadLetters, lookups, clock: systemClock, telemetry, settings })
  const running = worker.run()
  await Promise.race([restored.promise, running])
  const before = process.cpuUsage()
  const nodeBefore = await node.cpuSeconds()
  const startedAt = performance.now()
  mayRead.resolve()
  await running
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(before)
  const nodeAfter = await node.cpuSeconds()
  return {
    ...counts,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    nodeCpuSeconds: nodeBefore === null || nodeAfter === null ? null : nodeAfter - nodeBefore,
  }
}

function append(topic: ArrayTopic, events: Iterable<GeneratedEvent>): void {
  for (const event of events) topic.append(partitionOf(event.tabId), JSON.stringify(event), event.receivedAt)
}

/** As many events, of which some are replaced by late ones. */
function withLate(events: readonly GeneratedEvent[], month: readonly GeneratedEvent[], share: number) {
  return events.map((event): GeneratedEvent => {
    if (!random.chance(share)) return event
    const { sentAt: _, ...old } = random.pick(month)
    const timestamp = new Date(old.timestamp).getTime() + random.below(600_000) - 300_000
    return { ...(old as GeneratedEvent), eventId: randomUUID(), timestamp, receivedAt: event.receivedAt }
  })
}

type Turn = { readonly onTime: Cost; readonly late: Cost }

function print(way: Way, turns: readonly Turn[]): void {
  const figures = (kind: keyof Turn) => {
    const of = (pick: (cost: Cost) => number) => median(turns.map(turn => pick(turn[kind])))
    return {
      cpuSecondsPerMillion: of(({ cpuSeconds, records }) => (cpuSeconds * 1e6) / records),
      wallSeconds: of(({ seconds }) => seconds),
      eventsPerSecond: of(({ records, seconds }) => records / seconds),
      recalledPerSecond: of(({ recalled, seconds }) => recalled / seconds),
      documentsPerEvent: of(({ documents, records }) => documents / records),
      workerCores: of(({ cpuSeconds, seconds }) => cpuSeconds / seconds),
      nodeCpuSecondsPerMillion: medianOrNull(
        turns.map(({ [kind]: cost }) => cost.nodeCpuSeconds && (cost.nodeCpuSeconds * 1e6) / cost.records),
      ),
      nodeCores: medianOrNull(
        turns.map(({ [kind]: cost }) => cost.nodeCpuSeconds && cost.nodeCpuSeconds / cost.seconds),
      ),
    }
  }
  const [onTime, late] = [figures('onTime'), figures('late')]
  const ratioOf = (pick: (cost: Cost) => number | null) =>
    medianOrNull(
      turns.map(turn => {
        const [own, base] = [pick(turn.late), pick(turn.onTime)]
        return own === null || base === null ? null : own / turn.late.records / (base / turn.onTime.records)
      }),
    )
  const row: Row = {
    name: way === 'behind' ? 'recall-behind' : 'recall',
    events: turns[0]!.late.records,
    ...late,
    peakRssMb: process.resourceUsage().maxRSS / 1024,
    month: Number(values.month),
    lateShare: Number(values['late-events']),
    baseline: { name: 'none late', ...onTime },
    ratio: ratioOf(({ cpuSeconds }) => cpuSeconds) as number,
    ratioOf: 'cpuSecondsPerMillion',
    nodeRatio: ratioOf(({ nodeCpuSeconds }) => nodeCpuSeconds),
    bothRatio: ratioOf(({ cpuSeconds, nodeCpuSeconds }) => nodeCpuSeconds && cpuSeconds + nodeCpuSeconds),
    machineCores: availableParallelism(),
  }
  const text = (name: string, of: typeof late) =>
    `${name}: ${of.eventsPerSecond.toFixed(0)} events/s, ${of.recalledPerSecond.toFixed(0)} sessions recalled/s, ` +
    `${of.documentsPerEvent.toFixed(2)} documents an event; Elasticsearch ` +
    `${of.nodeCpuSecondsPerMillion?.toFixed(1) ?? '?'} CPU-s per million; of ${row.machineCores} cores ` +
    `${of.workerCores.toFixed(2)} worker, ${of.nodeCores?.toFixed(2) ?? '?'} Elasticsearch`
  const ratio = (of: unknown) => (of as number | null)?.toFixed(2) ?? '?'
  printRow(row, values.json, [
    text('none late', onTime),
    text(`${(Number(values['late-events']) * 100).toFixed(0)} % late`, late),
    `CPU an event: Elasticsearch ${ratio(row.nodeRatio)} times, both ${ratio(row.bothRatio)} times as much`,
  ])
}

async function measure(node: Server): Promise<void> {
  const client = elasticsearchClient({ node: node.address })
  const { gapMs, epoch, partitions } = settings
  await installTemplate(client, prefix, { gapMs, epoch, topic: settings.topic as string, partitions })
  await client.close()
  const store = storeOn(node.address, prefix)
  const topic = new ArrayTopic(partitions)
  const count = Number(values.month)
  const start = generateDefaults.startMs
  const rate = (count / monthMs) * 1000
  const month = [...generateEvents({ ...generateDefaults, count, startMs: start - monthMs, rate })]
  append(topic, month)
  say(`month: ${JSON.stringify(await run(node, store, topic, 'up to date'))}`)
  const turns = { 'up to date': [] as Turn[], behind: [] as Turn[] }
  let hour = 0
  const round = async (way: Way, share: number): Promise<Cost> => {
    const options = { ...generateDefaults, count: Number(values.events), late: 0 }
    const events = [...generateEvents({ ...options, seed: 100 + hour, startMs: start + hour * hourMs })]
    append(topic, withLate(events, month, share))
    hour++
    const cost = await run(node, store, topic, way)
    say(`${way}, ${share} late: ${JSON.stringify(cost)}`)
    return cost
  }
  for (let i = 0; i <= Number(values.rounds); i++)
    for (const way of ['up to date', 'behind'] as const) {
      const onTime = await round(way, 0)
      const turn = { onTime, late: await round(way, Number(values['late-events'])) }
      // The first warms up.
      if (i > 0) turns[way].push(turn)
    }
  await store.close()
  print('up to date', turns['up to date'])
  print('behind', turns.behind)
}

const started = await startElasticsearch()
if (started.kind === 'none') throw new UnavailableError(started.reason)
try {
  await measure(started.server)
} finally {
  await started.server.stop()
}
