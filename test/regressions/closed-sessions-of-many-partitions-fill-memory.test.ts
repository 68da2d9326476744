import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nullSessionStore } from '../../src/adapters/null-session-store.ts'
import { ArrayEventSource, ArrayTopic } from '../support/array-event-source.ts'
import { testWorker } from '../support/in-process.ts'

const hour = 3_600_000
const at = Date.parse('2026-11-24T10:00:00Z')

/** In how many partitions, each of which has closed three sessions, they have left memory, where six may stay. */
async function haveForgotten(partitions: number): Promise<number> {
  const topic = new ArrayTopic(partitions)
  for (const partition of topic.partitions.keys())
    for (let i = 0; i < 4; i++) {
      const time = at + i * hour
      const raw = { eventId: `e${i}`, tabId: `t${i}`, type: 'x', timestamp: time, receivedAt: time }
      topic.append(partition, JSON.stringify(raw), time)
    }
  const source = new ArrayEventSource(topic, () => 4)
  const { worker } = testWorker(source, nullSessionStore, { partitions, closedKept: 6 })
  await worker.run()
  return [...worker.partitions].filter(({ hasForgotten }) => hasForgotten).length
}

// Each partition kept 2,000 of them: a worker that held 256, as one does while the others are replaced, some 1 GB.
test('the partitions of a worker share the closed sessions that it may keep', async () => {
  assert.deepEqual([await haveForgotten(1), await haveForgotten(2), await haveForgotten(3)], [0, 0, 3])
})
