import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { elasticsearchClient } from '../../../src/adapters/elasticsearch-client.ts'
import { StoreRetry } from '../../../src/adapters/elasticsearch-retry.ts'
import { ElasticsearchScan } from '../../../src/adapters/elasticsearch-scan.ts'
import { type Decide, type FaultRequest, refusing, startFaultServer } from '../../support/fault-server.ts'

const query = { term: { tabId: 'tab' } }
const shards = { total: 1, failed: 0 }
const pit = { kind: 'answer', body: { id: 'context', _shards: shards } } as const

/** An answer to a search: so many hits of so many that match. */
function hits(count: number, total: number, more: object = {}) {
  const found = Array.from({ length: count }, (_, i) => ({ _source: { id: `${i}` }, sort: [i] }))
  const body = { _shards: shards, timed_out: false, hits: { total: { value: total }, hits: found }, ...more }
  return { kind: 'answer', body } as const
}

async function start(t: TestContext, decide: Decide) {
  const server = await startFaultServer(decide)
  const client = elasticsearchClient({ node: server.address })
  const controller = new AbortController()
  const pausesMs = { first: 2, longest: 8 }
  const retry = new StoreRetry({ telemetry: () => {}, signal: controller.signal, pausesMs })
  t.after(async () => {
    controller.abort()
    await client.close()
    await server.close()
  })
  return { scan: new ElasticsearchScan(client, retry, 'test'), requests: server.requests }
}

const operation = ({ method, path }: FaultRequest) => `${method} ${path.replace(/\?.*/, '')}`
const sizes = (requests: readonly FaultRequest[]) => requests.map(({ body }) => JSON.parse(body).size)
const found = async (scan: ElasticsearchScan) => (await Array.fromAsync(scan.fewPages(query))).flat()

describe('few documents', () => {
  it('are found with one request', async t => {
    const { scan, requests } = await start(t, () => hits(3, 3))
    assert.equal((await found(scan)).length, 3)
    assert.deepEqual(requests.map(operation), ['POST /test-*/_search'])
  })

  it('are read page after page where they are more than one holds', async t => {
    const { scan, requests } = await start(t, ({ method, path, body }) => {
      if (path.startsWith('/test-*/_search')) return hits(1000, 1001)
      if (method === 'DELETE') return { kind: 'answer', body: { succeeded: true } }
      if (path.includes('_pit')) return pit
      return body.includes('search_after') ? hits(1, 1001) : hits(1000, 1001)
    })
    assert.equal((await found(scan)).length, 1001)
    assert.deepEqual(requests.map(operation), [
      'POST /test-*/_search',
      'POST /test-*/_pit',
      'POST /_search',
      'POST /_search',
      'DELETE /_pit',
    ])
  })

  it('are asked for again, and fewer at a time, when a node cannot take that many', async t => {
    const { scan, requests } = await start(t, ({ body }) =>
      JSON.parse(body).size > 250 ? refusing(429, 'circuit_breaking_exception') : hits(2, 2),
    )
    assert.equal((await found(scan)).length, 2)
    assert.deepEqual(sizes(requests), [1000, 500, 250])
  })

  const partial: readonly [string, object][] = [
    ['shards failed', { _shards: { total: 1, failed: 1 } }],
    ['the search timed out', { timed_out: true }],
  ]
  for (const [what, more] of partial)
    it(`are not complete when ${what}`, async t => {
      const { scan } = await start(t, (_, count) => (count === 0 ? hits(1, 1, more) : hits(2, 2)))
      assert.equal((await found(scan)).length, 2)
    })

  it('are not taken for none by who may not see the indices', async t => {
    const { scan } = await start(t, ({ path }) =>
      path.includes('_has_privileges')
        ? { kind: 'answer', body: { cluster: {}, index: {} } }
        : hits(0, 0, { _shards: { total: 0, failed: 0 } }),
    )
    await assert.rejects(found(scan), { code: 'unauthorized' })
  })
})

describe('a refresh', () => {
  it('is shared by all who ask while another is under way, and begins after they have asked', async t => {
    const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const came = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { scan, requests } = await start(t, async (_, count) => {
      came[count]!.resolve()
      await answers[count]!.promise
      return { kind: 'answer', body: { _shards: shards } }
    })
    const done: string[] = []
    const refresh = async (name: string) => {
      await scan.refresh()
      done.push(name)
    }
    const first = refresh('a')
    await came[0]!.promise
    const later = [refresh('b'), refresh('c')]
    answers[0]!.resolve()
    await first
    // The one that was under way may have missed what b and c want to see.
    assert.deepEqual(done, ['a'])
    await came[1]!.promise
    answers[1]!.resolve()
    await Promise.all(later)
    assert.deepEqual(done, ['a', 'b', 'c'])
    assert.deepEqual(requests.map(operation), ['GET /test-*/_refresh', 'GET /test-*/_refresh'])
  })

  it('that failed for good is tried anew for who asks later', async t => {
    const { scan } = await start(t, (_, count) =>
      count === 0 ? refusing(403, 'security_exception') : { kind: 'answer', body: { _shards: shards } },
    )
    await assert.rejects(scan.refresh(), { code: 'unauthorized' })
    await scan.refresh()
  })
})
