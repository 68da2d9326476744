import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LiveWorker } from '../../../src/live/live-worker.ts'
import type { WorkerMessage } from '../../../src/live/page-messages.ts'
import type { PartitionFigures } from '../../../src/ports/telemetry.ts'

const batch = {
  kind: 'BatchProcessed',
  partition: 0,
  records: 100,
  applied: 95,
  duplicates: 2,
  alreadyApplied: 1,
  controls: 0,
  deadLetters: 2,
  documents: 30,
  redirects: 1,
  conflicts: 0,
  keysAstray: 0,
  reasons: { 'invalid-json': 2 },
  writeMs: 12,
  recordAgesMs: [100, 700, 300],
} as const

function watched() {
  const state = { now: 0, partitions: [] as PartitionFigures[], reasons: [] as string[] }
  const worker = new LiveWorker({
    title: 'worker',
    version: '1',
    partitions: () => state.partitions,
    notReady: () => state.reasons,
    clock: { now: () => 1_000_000 + state.now, monotonic: () => state.now },
  })
  return { worker, state }
}
const figures = (partition: number, lag: number | null): PartitionFigures => ({
  partition,
  openSessions: 5,
  lag,
  watermark: 1,
  newestRecordAt: 2,
})

describe('the page of a worker', () => {
  it('counts what batches did, and how fast', () => {
    const { worker, state } = watched()
    state.partitions = [figures(0, 7), figures(1, 3)]
    for (let i = 0; i < 4; i++) worker.telemetry(batch)
    worker.telemetry({ kind: 'SessionsClosed', partition: 0, documents: 10, redirects: 0, conflicts: 0 })
    state.now = 2_000
    worker.sample()
    const [hello, message] = worker.snapshot() as [{ kind: string; shows: string }, WorkerMessage]
    assert.deepEqual([hello.kind, hello.shows], ['hello', 'worker'])
    const { records, documents, duplicates, deadLetters, freshnessMs } = message.totals
    assert.deepEqual([records, documents, duplicates, deadLetters, freshnessMs], [400, 130, 8, 8, 700])
    assert.deepEqual(message.reasons, [['invalid-json', 8]])
    assert.deepEqual(message.samples, [[1_002_000, 200, 10, 10]])
    assert.deepEqual(message.partitions, state.partitions)
  })

  it('tells only what is new, and knows no lag while one partition knows none', () => {
    const { worker, state } = watched()
    worker.sample()
    assert.equal(worker.changes().length, 1)
    assert.deepEqual(worker.changes(), [])
    state.partitions = [figures(0, 7), figures(1, null)]
    state.reasons = ['waiting for the store']
    state.now = 2_000
    worker.sample()
    const [message] = worker.changes() as [WorkerMessage]
    assert.deepEqual([message.samples[0]?.[2], message.notReady], [null, ['waiting for the store']])
  })

  it('keeps the last ten minutes', () => {
    const { worker, state } = watched()
    for (let i = 0; i < 1_000; i++) {
      state.now += 2_000
      worker.sample()
    }
    const [, message] = worker.snapshot() as [unknown, WorkerMessage]
    assert.equal(message.samples.length, 300)
    assert.equal((worker.changes()[0] as WorkerMessage).samples.length, 300)
  })
})
