// Which session a tab has, as services ask it of a worker and an operator of the command line.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sessionInfoFromJSON } from '@gleanwork/api-client/models/components/sessioninfo.js'
import { sessionKey } from '../../src/core/session-id.ts'
import { sessionloom } from '../support/command.ts'
import { elasticsearchUnderTest, pass } from '../support/elasticsearch-under-test.ts'
import { startFaultServer } from '../support/fault-server.ts'
import { withoutKafka } from '../support/kafka-fixture.ts'
import { waitUntil } from '../support/ready.ts'
import { type Place, workersOn } from '../support/worker-fixture.ts'
import type { WorkerProcess } from '../support/worker-process.ts'

const { node, skip } = elasticsearchUnderTest('session-lookup.test.ts')
const start = Date.parse('2026-11-24T10:00:00Z')
const odd = 'a/b ü%?'

describe('the session of a tab', { skip: withoutKafka || skip }, () => {
  const { fresh, send, start: startWorker, caughtUp } = workersOn(node)

  const events = (
    ...list: readonly (readonly [tab: string, minute: number, query?: string, profile?: string])[]
  ) =>
    list.map(([tabId, minute, query = null, profile = null]) => ({
      key: tabId,
      value: JSON.stringify({
        eventId: `${tabId}-${minute}`,
        tabId,
        type: 'search',
        timestamp: start + minute * 60_000,
        receivedAt: start + 24 * 3_600_000,
        query,
        ...(profile !== null && { profile: { id: profile } }),
      }),
    }))

  async function addressOf(worker: WorkerProcess): Promise<string> {
    const served = () => /"address":"(http:[^"]+)"/.exec(worker.output())?.[1]
    assert(await waitUntil(async () => served() !== undefined, 60_000), worker.output())
    return served() as string
  }
  const ask = async (address: string, tabId: string) => {
    const answer = await fetch(`${address}/tabs/${encodeURIComponent(tabId)}/session`)
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  }
  /** What is acknowledged is found a second later. */
  const found = async (address: string, tabId: string, wanted: (text: string, status: number) => boolean) => {
    let last = await ask(address, tabId)
    const isFound = async () => {
      last = await ask(address, tabId)
      return wanted(last.text, last.status)
    }
    assert(await waitUntil(isFound, 20_000), `${last.status} ${last.text}`)
    return last.text
  }
  const run = (place: Place, ...words: string[]) => sessionloom(words, { env: { ...place.env } })

  test('is the one seen last, under the id that a merge has left, and none once it is erased', async t => {
    let isDown = false
    const proxy = await startFaultServer(
      ({ path }) => (isDown && path.includes('_search') ? { kind: 'hang' } : pass),
      node,
      {
        keepsRequests: false,
      },
    )
    t.after(() => proxy.close())
    const place = await fresh({ SESSION_LOOKUP: 'on', ELASTICSEARCH_NODE: proxy.address })
    await send(
      place,
      events([odd, 0, 'old'], [odd, 60, 'shoes'], [odd, 71, 'boots'], [odd, 72], ['anna', 0, 'x', 'p']),
    )
    const worker = startWorker(place)
    await caughtUp(place)
    const address = await addressOf(worker)

    const text = await found(address, odd, (_, status) => status === 200)
    const read = sessionInfoFromJSON(text)
    assert(read.ok, String(read.error))
    assert.equal(read.value.tabId, odd)
    assert.equal(read.value.lastQuery, 'boots')
    assert.deepEqual(read.value.lastSeen, new Date(start + 72 * 60_000))
    assert.equal((await ask(address, 'nobody')).status, 404)
    const shown = await run(place, 'session', '--tab', odd)
    assert.deepEqual([shown.exitCode, shown.stdout], [0, text])
    const none = await run(place, 'session', '--tab', 'nobody')
    assert.deepEqual([none.exitCode, none.stdout], [1, ''])

    // A late event makes one session of the last two: what was the latest leads to the earlier one.
    await send(place, events([odd, 65, 'socks']))
    await caughtUp(place)
    const merged = await found(address, odd, other => other !== text)
    const survivor = JSON.parse(merged)
    assert.notEqual(survivor.sessionTrackingToken, read.value.sessionTrackingToken)
    assert.equal(survivor.sessionTrackingToken, sessionKey(odd, start + 60 * 60_000, 600_000).id)
    assert.deepEqual(
      [survivor.lastSeen, survivor.lastQuery],
      [new Date(start + 72 * 60_000).toISOString(), 'boots'],
    )

    await found(address, 'anna', (_, status) => status === 200)
    assert.equal((await run(place, 'erase', 'p')).exitCode, 0)
    await caughtUp(place)
    await found(address, 'anna', (_, status) => status === 404)
    assert.equal((await run(place, 'session', '--tab', 'anna')).exitCode, 1)

    isDown = true
    const answer = await ask(address, odd)
    assert.equal(answer.status, 503)
    assert.equal(answer.headers.get('retry-after'), '5')
    isDown = false
    assert.equal((await ask(address, odd)).text, merged)
    worker.child.kill('SIGTERM')
    assert.equal(await worker.exit, 0, worker.output())
  })

  test('is told to nobody unless SESSION_LOOKUP is on, and a wrong command is told what is missing', async () => {
    const place = await fresh()
    const worker = startWorker(place)
    assert.equal((await ask(await addressOf(worker), 'tab')).status, 404)
    worker.child.kill('SIGTERM')
    await worker.exit
    const { exitCode, stderr } = await run(place, 'session')
    assert.equal(exitCode, 2)
    assert.match(stderr, /--tab: is missing/)
  })
})
