import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WrittenEvent } from '../../src/adapters/kafka-event-writer.ts'
import { elasticsearchUnderTest, isPage, pass } from '../support/elasticsearch-under-test.ts'
import { type Decide, type FaultRequest, startFaultServer } from '../support/fault-server.ts'
import { withoutKafka } from '../support/kafka-fixture.ts'
import { type Place, workersOn } from '../support/worker-fixture.ts'
import type { WorkerProcess } from '../support/worker-process.ts'

const { node, skip } = elasticsearchUnderTest('shutdown.test.ts')
const hang = { kind: 'hang' } as const
const isBulk = ({ path }: FaultRequest) => path.startsWith('/_bulk')

describe('a signal to a worker', { skip: withoutKafka || skip, concurrency: 4 }, () => {
  const { fresh, send, start, lag, caughtUp, assertExact } = workersOn(node)

  /** A worker whose requests to the store are decided here, and when the first of them is met that `isMet` knows. */
  async function startBehind(t: TestContext, place: Place, decide: Decide, isMet: Meets, env = {}) {
    const met = Promise.withResolvers<void>()
    const proxy = await startFaultServer((request, count) => {
      if (isMet(request)) met.resolve()
      return decide(request, count)
    }, node)
    t.after(() => proxy.close())
    const worker = start({ ...place, env: { ...place.env, ELASTICSEARCH_NODE: proxy.address, ...env } })
    await Promise.race([met.promise, worker.exit.then(() => assert.fail(worker.output()))])
    return worker
  }

  test('lets a batch in work be written and committed, and ends it well', async t => {
    const place = await fresh()
    await send(place, visits(0, 200))
    const slowly: Decide = async request => {
      if (isBulk(request)) await sleep(2_000)
      return pass
    }
    const worker = await startBehind(t, place, slowly, isBulk)
    worker.child.kill('SIGTERM')
    await send(place, visits(200, 400))
    assert.equal(await worker.exit, 0, worker.output())
    const inWork = place.written.length - (await lag(place))
    assert(inWork === 200 || inWork === 400, `${inWork} records are committed`)
    assert.match(worker.output(), /"event":"BatchProcessed".*"event":"WorkerStopped"/s)
    start(place)
    await caughtUp(place)
    await assertExact(place)
  })

  test('does not wait for a store that does not answer longer than the deadline, and commits nothing', async t => {
    const place = await fresh({ SHUTDOWN_DEADLINE: '2s' })
    await send(place, visits(0, 200))
    const worker = await startBehind(t, place, request => (isBulk(request) ? hang : pass), isBulk)
    const { code, ms } = await signalled(worker, 'SIGTERM')
    assert.equal(code, 1, worker.output())
    assert(ms > 1_500 && ms < 2_000 + margin, `${ms} ms`)
    assert.match(
      worker.output(),
      /sessionloom: a batch was still in work 2 s after SIGTERM.*SHUTDOWN_DEADLINE/s,
    )
    assert.doesNotMatch(worker.output(), /\n {4}at /)
    assert.equal(await lag(place), 200)
    start(place)
    await send(place, visits(200, 400))
    await caughtUp(place)
    await assertExact(place)
  })

  for (const [second, exitCode] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)
    test(`ends it at once, when it is the second one: ${second}`, async t => {
      const place = await fresh()
      await send(place, visits(0, 10))
      const worker = await startBehind(t, place, request => (isBulk(request) ? hang : pass), isBulk)
      worker.child.kill('SIGTERM')
      await said(worker, 'WorkerStopping')
      const { code, ms } = await signalled(worker, second)
      assert.equal(code, exitCode, worker.output())
      assert(ms < margin, `${ms} ms`)
      assert.equal(await lag(place), 10)
    })

  describe('while it starts ends it soon and well:', () => {
    async function assertEndsSoon(worker: WorkerProcess, withinMs = 5_000): Promise<void> {
      const { code, ms } = await signalled(worker, 'SIGTERM')
      assert.equal(code, 0, worker.output())
      assert(ms < withinMs + margin, `${ms} ms`)
      assert.match(worker.output(), /"event":"WorkerStopped"/)
    }

    test('a broker that does not answer', async t => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const connected = once(server, 'connection')
      t.after(() => server.close())
      const { port } = server.address() as { port: number }
      const worker = start(await fresh({ KAFKA_BROKERS: `127.0.0.1:${port}` }))
      const [socket] = await connected
      t.after(() => socket.destroy())
      await assertEndsSoon(worker)
    })

    test('a store that does not answer', async t => {
      await assertEndsSoon(
        await startBehind(
          t,
          await fresh(),
          () => hang,
          () => true,
        ),
      )
    })

    test('sessions that are being restored, with records that wait for them', async t => {
      const place = await fresh()
      await send(place, visits(0, 200))
      const worker = await startBehind(t, place, request => (isPage(request) ? hang : pass), isPage)
      await sleep(1_000)
      await assertEndsSoon(worker)
      assert.equal(await lag(place), 200)
    })

    test('a group that waits for another member', async () => {
      const place = await fresh({ SHUTDOWN_DEADLINE: '2s', KAFKA_SESSION_TIMEOUT: '1m' })
      const silent = start(place)
      await said(silent, 'PartitionsAssigned')
      silent.child.kill('SIGSTOP')
      const worker = start(place)
      await said(worker, 'WorkerStarted')
      await sleep(1_000)
      await assertEndsSoon(worker, 2_000 + 5_000)
      assert.doesNotMatch(worker.output(), /PartitionsAssigned/)
    })
  })
})

type Meets = (request: FaultRequest) => boolean

/** What a loaded machine may take longer, ms. */
const margin = 4_000

async function signalled(worker: WorkerProcess, signal: NodeJS.Signals) {
  const since = performance.now()
  worker.child.kill(signal)
  return { code: await worker.exit, ms: performance.now() - since }
}

async function said(worker: WorkerProcess, word: string): Promise<void> {
  while (!worker.output().includes(word)) {
    assert.equal(worker.child.exitCode, null, worker.output())
    await sleep(20)
  }
}

/** One tab's, so that they are in one partition and in one batch. */
function visits(from: number, to: number): WrittenEvent[] {
  const start = Date.parse('2026-03-02T08:00:00Z')
  return Array.from({ length: to - from }, (_, i) => {
    const timestamp = start + (from + i) * 5 * 60_000
    const event = { eventId: `e${from + i}`, tabId: 'tab', type: 'page-view', timestamp }
    return { key: 'tab', value: JSON.stringify({ ...event, receivedAt: start + 7 * 86_400_000 }) }
  })
}
