import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkerMessage } from '../../src/live/page-messages.ts'
import { elasticsearchUnderTest } from '../support/elasticsearch-under-test.ts'
import { withoutKafka } from '../support/kafka-fixture.ts'
import { mergingPiece } from '../support/merging-events.ts'
import { workersOn } from '../support/worker-fixture.ts'
import type { WorkerProcess } from '../support/worker-process.ts'

const { node, skip } = elasticsearchUnderTest('worker-page.test.ts')

describe('the page of a real worker', { skip: withoutKafka || skip }, () => {
  const { fresh, send, start, caughtUp } = workersOn(node)

  test('is there when PAGE is on: its partitions, their lag, watermarks and open sessions', async () => {
    const place = await fresh()
    const worker = start({ ...place, env: { ...place.env, PAGE: 'on' } })
    await send(place, mergingPiece(0))
    await caughtUp(place)
    const address = await addressOf(worker)
    assert.match(await (await fetch(address)).text(), /<script type="module" src="main.js">/)
    const message = await told(address, ({ totals }) => totals.records === place.written.length)
    assert.deepEqual(message.partitions.map(({ partition }) => partition).sort(), [0, 1])
    assert.ok(
      message.partitions.every(({ watermark, openSessions }) => (watermark ?? 0) > 0 && openSessions > 0),
    )
    assert.deepEqual(message.notReady, [])
    assert.ok(message.totals.documents > 0)
    // Figures alone: nothing that an event said.
    const text = JSON.stringify(message)
    for (const key of new Set(place.written.map(({ key }) => String(key))))
      assert.ok(!text.includes(`"${key}"`), key)
    assert.equal(
      (await fetch(`${address}/speed/60`, { method: 'POST', headers: { origin: address } })).status,
      405,
    )
    assert.equal((await fetch(`${address}/livez`)).status, 200)
  })

  test('is not there when PAGE is off, as by default', async () => {
    const place = await fresh()
    const worker = start(place)
    const address = await addressOf(worker)
    for (const path of ['/', '/events', '/main.js'])
      assert.equal((await fetch(address + path)).status, 404, path)
    assert.equal((await fetch(`${address}/livez`)).status, 200)
  })
})

/** Where it serves, as it logs it. */
async function addressOf(worker: WorkerProcess): Promise<string> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const address = /"address":"([^"]+)"/.exec(worker.output())?.[1]
    if (address !== undefined) return address
    assert.equal(worker.child.exitCode, null, worker.output())
    assert.ok(performance.now() < deadline, worker.output())
    await sleep(50)
  }
}

/** The first message of the page's stream that says this. */
async function told(address: string, isMeant: (message: WorkerMessage) => boolean): Promise<WorkerMessage> {
  const { body } = await fetch(`${address}/events`, { signal: AbortSignal.timeout(20_000) })
  let text = ''
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    const whole = text.split('\n\n')
    text = whole.pop() ?? ''
    for (const line of whole) {
      if (!line.startsWith('data: ')) continue
      const message = JSON.parse(line.slice(6))
      if (message.kind === 'worker' && isMeant(message)) return message
    }
  }
  throw new Error('the stream ended before')
}
