import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { sessionInfoFromJSON } from '@gleanwork/api-client/models/components/sessioninfo.js'
import { type SessionLookUp, sessionAnswers } from '../../../src/adapters/http-session.ts'
import { serveStatus } from '../../../src/adapters/http-status.ts'
import { sessionInfoOf } from '../../../src/core/session-info.ts'
import { waitUntil } from '../../support/ready.ts'

const info = sessionInfoOf({
  sessionTrackingToken: '6f1e4a51-8a4b-5d9c-9a0e-0d1b2c3d4e5f',
  tabId: 'tab',
  lastSeen: '2026-11-24T10:00:00.123Z',
  lastQuery: 'shoes',
})

async function serve(t: TestContext, lookUp: Partial<SessionLookUp> | null) {
  const asked: string[] = []
  const find = async (tabId: string) => {
    asked.push(tabId)
    return tabId === 'none' ? null : { ...info, tabId }
  }
  const server = await serveStatus(
    { host: '127.0.0.1', port: 0 },
    {
      notReady: () => [],
      metrics: async () => '',
      metricsType: 'text/plain',
      sessions: lookUp === null ? undefined : sessionAnswers({ find, perSecond: 50, ...lookUp }),
    },
  )
  t.after(() => server.close())
  const get = (path: string, init: RequestInit = {}) => fetch(`${server.address}${path}`, init)
  return { get, asked }
}

describe('GET /tabs/{tabId}/session', () => {
  it("gives what Glean's own client reads as a SessionInfo, with nothing left over", async t => {
    const { get } = await serve(t, {})
    const answer = await get('/tabs/tab/session')
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const text = await answer.text()
    const read = sessionInfoFromJSON(text)
    assert(read.ok, String(read.error))
    assert.deepEqual(read.value, { ...info, lastSeen: new Date(info.lastSeen) })
    assert.deepEqual(Object.keys(JSON.parse(text)), Object.keys(read.value))
  })

  it('leaves a query out that nobody has made: their type has no null', () => {
    const plain = sessionInfoOf({ ...info, lastQuery: null })
    assert.deepEqual(Object.keys(plain), ['sessionTrackingToken', 'tabId', 'lastSeen'])
    assert.ok(sessionInfoFromJSON(JSON.stringify(plain)).ok)
    assert.equal(sessionInfoFromJSON(JSON.stringify({ ...plain, lastQuery: null })).ok, false)
  })

  it('decodes the id of the tab once, whatever is in it', async t => {
    const { get, asked } = await serve(t, {})
    const ids = ['a/b', 'ü ?#', '100%25', '💧'.repeat(256), `'"<>`, '\u0000']
    for (const id of ids) assert.equal((await get(`/tabs/${encodeURIComponent(id)}/session?x=1`)).status, 200)
    assert.deepEqual(asked, ids)
  })

  it('says 404 without a session, 400 for what no tab can be called, and 404 beside the path', async t => {
    const { get, asked } = await serve(t, {})
    assert.equal((await get('/tabs/none/session')).status, 404)
    assert.deepEqual(asked, ['none'])
    for (const path of ['/tabs/%/session', '/tabs/%ff/session', `/tabs/${'a'.repeat(257)}/session`])
      assert.equal((await get(path)).status, 400, path)
    for (const path of ['/tabs//session', '/tabs/a/b/session', '/tabs/a', '/tabs/a/session/', '/tabs'])
      assert.equal((await get(path)).status, 404, path)
    assert.equal((await get('/tabs/a/session', { method: 'POST' })).status, 405)
    assert.deepEqual(asked, ['none'])
  })

  it('is not there unless it is wanted', async t => {
    const { get } = await serve(t, null)
    assert.equal((await get('/tabs/a/session')).status, 404)
  })

  it('answers so many a second, and tells the others when to come again', async t => {
    let now = 0
    const { get, asked } = await serve(t, { perSecond: 3, now: () => now })
    const statuses = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => get('/tabs/a/session')))
      return answers.map(({ status }) => status).sort()
    }
    assert.deepEqual(await statuses(5), [200, 200, 200, 429, 429])
    const refused = await get('/tabs/a/session')
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('retry-after'), '1')
    now += 400
    assert.deepEqual(await statuses(2), [200, 429])
    now += 60_000
    assert.deepEqual(await statuses(4), [200, 200, 200, 429])
    assert.equal(asked.length, 7)
  })

  it('asks the store no more than sixteen questions at once', async t => {
    const gate = Promise.withResolvers<null>()
    const { get } = await serve(t, { perSecond: 100, find: () => gate.promise })
    const answers = Array.from({ length: 20 }, () => get('/tabs/a/session'))
    let refused = 0
    for (const answer of answers) answer.then(({ status }) => status === 429 && refused++)
    assert(await waitUntil(async () => refused === 4, 5_000))
    gate.resolve(null)
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    assert.equal(statuses.filter(status => status === 404).length, 16)
  })

  it('says 503 while the store cannot be asked, and nothing of why', async t => {
    const { get } = await serve(t, {
      find: async () => {
        throw new Error('connect ECONNREFUSED elasticsearch.internal:9200')
      },
    })
    const answer = await get('/tabs/a/session')
    assert.equal(answer.status, 503)
    assert.equal(answer.headers.get('retry-after'), '5')
    assert.doesNotMatch(await answer.text(), /internal/)
  })
})
