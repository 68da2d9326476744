// The restore by a real worker, a member of a group whose broker gives it up after six seconds without a heartbeat.
// Reports as JSON on standard output: one assignment means that it was never given up.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { encodeMetadata } from '../../src/adapters/kafka-checkpoint.ts'
import { systemClock } from '../../src/commands/finite-run.ts'
import { openDemoLookups } from '../../src/lookups.ts'
import type { Telemetry } from '../../src/ports/telemetry.ts'
import { Worker } from '../../src/worker.ts'
import { createTopic, type TestTopic } from '../support/kafka-fixture.ts'
import { numbered, sourceOf } from '../support/kafka-source.ts'
import { partitionNumbers, settings, storeOn } from './bench-settings.ts'
import type { StepArguments } from './restore-step.ts'

export type WorkerStepResult = {
  readonly sessions: number
  readonly seconds: number
  readonly assignments: number
  readonly interruptions: number
  readonly peakRssMb: number
  readonly longestPauseMs: number
}

const { node, prefix, ends, watermark } = JSON.parse(process.argv[2] as string) as StepArguments
const recordsAtOnce = 10_000

/** A log as long as the stored sessions say, committed to its end. */
async function readLog(topic: TestTopic): Promise<void> {
  const { epoch, partitions } = settings
  for (const partition of partitionNumbers) {
    const end = ends[partition] as number
    for (let from = 0; from < end; from += recordsAtOnce)
      await topic.send(numbered(partition, Math.min(recordsAtOnce, end - from), from))
    await topic.commit(partition, String(end), encodeMetadata({ watermark, epoch, partitions }))
  }
}

const topic = await createTopic(settings.partitions)
await readLog(topic)
const counts = { sessions: 0, assignments: 0, interruptions: 0 }
let missing = settings.partitions
const telemetry: Telemetry = event => {
  if (event.kind === 'PartitionsAssigned') counts.assignments++
  if (event.kind === 'SourceInterrupted') counts.interruptions++
  if (event.kind !== 'PartitionRestored') return
  counts.sessions += event.sessions
  if (--missing === 0) restored.resolve()
}
const restored = Promise.withResolvers<void>()
const source = sourceOf(topic, { telemetry })
const store = storeOn(node, prefix)
const deadLetters = { send: async () => {}, close: async () => {} }
const worker = new Worker({
  source,
  store,
  deadLetters,
  lookups: openDemoLookups(),
  clock: systemClock,
  telemetry,
  settings,
})
const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()
const startedAt = performance.now()
const running = worker.run()
await Promise.race([restored.promise, running])
const seconds = (performance.now() - startedAt) / 1000
delay.disable()
await source.stop()
await running
const result: WorkerStepResult = {
  ...counts,
  seconds,
  peakRssMb: process.resourceUsage().maxRSS / 1024,
  longestPauseMs: delay.max / 1e6,
}
console.log(JSON.stringify(result))
await store.close()
await topic.close()
