// A member of a group that reads a topic with the null store until it is killed: `member-step.ts BROKER TOPIC GROUP`.
// Says how far it is, a line of JSON for each assignment and each batch, and leaves to its parent what to make of it.
import { KafkaEventSource } from '../../src/adapters/kafka-event-source.ts'
import { nullSessionStore } from '../../src/adapters/null-session-store.ts'
import { systemClock } from '../../src/commands/finite-run.ts'
import { openLookups } from '../../src/lookups.ts'
import type { Telemetry } from '../../src/ports/telemetry.ts'
import { Worker } from '../../src/worker.ts'
import { workload } from './bench-settings.ts'

export type Progress = {
  /** Seconds, on a clock that all processes of the machine share. */
  readonly at: number
  /** How many partitions it has. */
  readonly partitions: number
  /** Read since it was started. */
  readonly records: number
  readonly cpuSeconds: number
  readonly peakRssMb: number
}

const [broker, topic, groupId] = process.argv.slice(2) as [string, string, string]
let partitions = 0
let records = 0

function say(): void {
  const { user, system } = process.cpuUsage()
  const progress: Progress = {
    at: (performance.timeOrigin + performance.now()) / 1000,
    partitions,
    records,
    cpuSeconds: (user + system) / 1e6,
    peakRssMb: process.resourceUsage().maxRSS / 1024,
  }
  process.stdout.write(`${JSON.stringify(progress)}\n`)
}

const telemetry: Telemetry = event => {
  if (event.kind === 'PartitionsAssigned') partitions = event.partitions.length
  else if (event.kind === 'BatchProcessed') records += event.records
  else return
  say()
}
const source = new KafkaEventSource({
  client: { brokers: [broker], clientId: 'bench' },
  topic,
  groupId,
  telemetry,
})
await new Worker({
  source,
  store: nullSessionStore,
  deadLetters: { send: async () => {}, close: async () => {} },
  lookups: openLookups(),
  clock: systemClock,
  telemetry,
  settings: { ...workload, topic },
}).run()
