// npm run bench:recall: a month of sessions in Elasticsearch, then batches with and without late events in turn, through
// the real worker. A late event is one that visits a tab of the month again, within a gap of something it did there.
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import { installTemplate } from '../../src/adapters/elasticsearch-template.ts'
import { systemClock } from '../../src/commands/finite-run.ts'
import { generateDefaults, generateEvents } from '../../src/generate.ts'
import type { GeneratedEvent } from '../../src/generate-visit.ts'
import { openDemoLookups } from '../../src/lookups.ts'
import type { SessionStore } from '../../src/ports/session-store.ts'
import type { Telemetry } from '../../src/ports/telemetry.ts'
import { Worker } from '../../src/worker.ts'
import { ArrayEventSource, ArrayTopic } from '../support/array-event-source.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { startElasticsearch } from '../support/services.ts'
import { partitionOf, settings as shared, storeOn } from './bench-settings.ts'

const { values } = parseArgs({
  options: {
    /** Events of the stored month; some seven make a session. */
    month: { type: 'string', default: '300000' },
    /** Events of one measured round. */
    events: { type: 'string', default: '40000' },
    rounds: { type: 'string', default: '3' },
    /** Records of a batch. */
    batch: { type: 'string', default: '2000' },
    /** Share of late events. */
    'late-events': { type: 'string', default: '0.1' },
  },
})
const monthMs = 30 * 86_400_000
const hourMs = 3_600_000
const prefix = 'bench'
const settings = { ...shared, allowedLatenessMs: 300_000 }
const random = seededRandom(7)
const say = (line: string) => process.stderr.write(`${line}\n`)
const lookups = openDemoLookups()
const topic = new ArrayTopic(settings.partitions)

type Cost = {
  readonly cpuSeconds: number
  readonly seconds: number
  readonly records: number
  readonly applied: number
  readonly recalled: number
}

/** Appends the events and runs a worker until it has read them all. */
async function run(store: SessionStore, events: readonly GeneratedEvent[]): Promise<Cost> {
  for (const event of events) topic.append(partitionOf(event.tabId), JSON.stringify(event), event.receivedAt)
  const counts = { records: 0, applied: 0, recalled: 0 }
  const telemetry: Telemetry = event => {
    if (event.kind === 'SessionsRecalled') counts.recalled += event.documents
    if (event.kind !== 'BatchProcessed') return
    counts.records += event.records
    counts.applied += event.applied
  }
  const source = new ArrayEventSource(topic, () => Number(values.batch))
  const deadLetters = { send: async () => {}, close: async () => {} }
  const worker = new Worker({ source, store, deadLetters, lookups, clock: systemClock, telemetry, settings })
  const before = process.cpuUsage()
  const startedAt = performance.now()
  await worker.run()
  const { user, system } = process.cpuUsage(before)
  return { cpuSeconds: (user + system) / 1e6, seconds: (performance.now() - startedAt) / 1000, ...counts }
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

function summary(costs: readonly Cost[]) {
  const cpu = costs.map(({ cpuSeconds, records }) => (cpuSeconds * 1e6) / records).sort((a, b) => a - b)
  const rates = costs.map(({ seconds, records }) => records / seconds).sort((a, b) => a - b)
  const middle = costs.length >> 1
  return { cpuSecondsPerMillion: cpu[middle] as number, eventsPerSecond: Math.round(rates[middle] as number) }
}

async function measure(node: string) {
  const client = elasticsearchClient({ node })
  const { gapMs, epoch, partitions } = settings
  await installTemplate(client, prefix, { gapMs, epoch, topic: settings.topic as string, partitions })
  await client.close()
  const store = storeOn(node, prefix)
  const count = Number(values.month)
  const start = generateDefaults.startMs
  const month = [
    ...generateEvents({
      ...generateDefaults,
      count,
      startMs: start - monthMs,
      rate: (count / monthMs) * 1000,
    }),
  ]
  const stored = await run(store, month)
  say(`month: ${JSON.stringify(stored)}`)
  const costs = { onTime: [] as Cost[], late: [] as Cost[] }
  for (let round = 0; round < 2 * Number(values.rounds) + 2; round++) {
    const events = [
      ...generateEvents({
        ...generateDefaults,
        seed: 100 + round,
        count: Number(values.events),
        startMs: start + round * hourMs,
        late: 0,
      }),
    ]
    const kind = round % 2 === 0 ? 'onTime' : 'late'
    const share = kind === 'late' ? Number(values['late-events']) : 0
    const cost = await run(store, withLate(events, month, share))
    say(`${kind}: ${JSON.stringify(cost)}`)
    // The first of each kind warms up.
    if (round >= 2) costs[kind].push(cost)
  }
  await store.close()
  return { onTime: summary(costs.onTime), late: summary(costs.late), recalled: costs.late.at(-1)?.recalled }
}

const started = await startElasticsearch()
if (started.kind === 'none') throw new Error(`no Elasticsearch: ${started.reason}`)
try {
  const measured = await measure(started.server.address)
  console.log(JSON.stringify({ name: 'recall', month: Number(values.month), ...measured }))
} finally {
  await started.server.stop()
}
