import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WrittenEvent } from '../../src/adapters/kafka-event-writer.ts'
import { elasticsearchUnderTest } from '../support/elasticsearch-under-test.ts'
import { withoutKafka } from '../support/kafka-fixture.ts'
import { mergingPiece } from '../support/merging-events.ts'
import { type Place, workersOn } from '../support/worker-fixture.ts'
import type { WorkerProcess } from '../support/worker-process.ts'

const { node, skip } = elasticsearchUnderTest('kill-points.test.ts')
const nodeFlags = ['--import', join(import.meta.dirname, '../support/kill-point.ts')]

/** In the order of effects. */
const steps = [
  'before documents',
  'half of documents',
  'after documents',
  'half of redirects',
  'after redirects',
  'half of letters',
  'after letters',
  'after commit',
]

describe('a worker that is killed', { skip: withoutKafka || skip, concurrency: 4 }, () => {
  const { fresh, send, start, lag, caughtUp, assertExact } = workersOn(node)

  const startDoomed = (place: Place, step: string, times: number): WorkerProcess =>
    start({ ...place, env: { ...place.env, KILL_POINT: `${step}:${times}` } }, { nodeFlags })

  async function assertKilled(worker: WorkerProcess, step: string): Promise<void> {
    assert.equal(await worker.exit, null, worker.output())
    assert.equal(worker.child.signalCode, 'SIGKILL')
    assert.match(worker.output(), new RegExp(`killed: ${step}\n`))
  }

  for (const step of steps)
    test(`${step}, leaves nothing that the next one does not make exact`, async () => {
      const place = await fresh()
      // Two partitions have a first batch, so the third is one that others came before.
      const doomed = startDoomed(place, step, 3)
      const isAlive = () => doomed.child.exitCode === null && doomed.child.signalCode === null
      let piece = 0
      while (isAlive() && piece < 20) {
        await send(place, mergingPiece(piece++))
        while (isAlive() && (await lag(place)) > 0) await sleep(100)
      }
      await assertKilled(doomed, step)
      start(place)
      await send(place, mergingPiece(piece++))
      await send(place, mergingPiece(piece++))
      await caughtUp(place)
      await assertExact(place)
    })

  test('half of closing, by the clock, or after it: what follows is exact too', async () => {
    const changes = { SESSION_GAP: '2s', ALLOWED_LATENESS: '0s' }
    const place = await fresh(changes)
    const now = Date.now()
    const events = (...seconds: number[]) =>
      ['a', 'b', 'c', 'd', 'e', 'f'].flatMap(tab =>
        seconds.map(second => clockEvent(tab, now + second * 1000)),
      )
    const half = startDoomed(place, 'half of closing', 1)
    await send(place, events(0, 3))
    await assertKilled(half, 'half of closing')
    const after = startDoomed(place, 'after closing', 1)
    await assertKilled(after, 'after closing')
    start(place)
    // Late for sessions that were ended by the clock, and were not told to be so by any commit.
    await send(place, [...events(1.5, 60), { key: 'x', value: '{"broken": "x"' }])
    await caughtUp(place)
    await assertExact(place)
  })
})

function clockEvent(tabId: string, timestamp: number): WrittenEvent {
  const eventId = `${tabId}@${timestamp}`
  const value = { eventId, tabId, type: 'page-view', timestamp, receivedAt: timestamp }
  return { key: tabId, value: JSON.stringify(value) }
}
