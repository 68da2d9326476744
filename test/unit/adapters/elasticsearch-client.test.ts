import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { errors } from '@elastic/elasticsearch'
import {
  connectElasticsearch,
  elasticsearchClient,
  nodeName,
} from '../../../src/adapters/elasticsearch-client.ts'
import { type Decide, refusing, startFaultServer } from '../../support/fault-server.ts'
import { freePort } from '../../support/free-port.ts'

const healthy = { kind: 'answer', body: { status: 'green' } } as const

describe('the name of a node', () => {
  const names = {
    'http://localhost:9200': 'http://localhost:9200',
    'https://user:secret@search.example/': 'https://search.example',
    'https://user:secret@search.example/path?key=secret#secret': 'https://search.example/path',
  }
  for (const [node, name] of Object.entries(names))
    it(`is without secrets: ${name}`, () => assert.equal(nodeName(node), name))

  it('is asked for when the setting is no URL, and the setting is not shown', () => {
    for (const node of ['secret', 'user:secret@localhost:9200', 'ftp://secret/', '', 'http://'])
      assert.throws(
        () => elasticsearchClient({ node }),
        error => {
          assert.equal((error as { code?: string }).code, 'configuration')
          assert.doesNotMatch((error as Error).message, /secret/)
          return true
        },
      )
  })
})

describe('the error of a request', () => {
  it('holds neither secrets nor a clone of what was sent, which stopped a worker for seconds in an outage', async () => {
    const node = `http://user:secret@127.0.0.1:${await freePort()}`
    const client = elasticsearchClient({ node })
    const bulkBody = Buffer.alloc(1_000)
    const request = client.transport.request({ method: 'POST', path: '/_bulk', bulkBody })
    await assert.rejects(request, error => {
      assert(error instanceof errors.ConnectionError)
      assert.equal(error.meta?.meta.request.params.body, bulkBody)
      assert.doesNotMatch(inspect(error, { depth: 20 }), /secret|dXNlcjpzZWNyZXQ/)
      return true
    })
    await client.close()
  })
})

describe('compression', () => {
  it('is of requests, and asked for in answers, where it is on', async t => {
    const received: {
      readonly encoding: string | undefined
      readonly accepts: unknown
      readonly body: string
    }[] = []
    const server = createServer(async (incoming, outgoing) => {
      const { 'content-encoding': encoding, 'accept-encoding': accepts } = incoming.headers
      const bytes = await buffer(incoming)
      received.push({ encoding, accepts, body: String(encoding === 'gzip' ? gunzipSync(bytes) : bytes) })
      outgoing.setHeader('x-elastic-product', 'Elasticsearch').end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.after(() => server.close())
    const node = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const compression of [false, true]) {
      const client = elasticsearchClient({ node, compression })
      await client.transport.request({ method: 'POST', path: '/_bulk', bulkBody: Buffer.from('{}\n') })
      await client.close()
    }
    assert.deepEqual(received, [
      { encoding: undefined, accepts: undefined, body: '{}\n' },
      { encoding: 'gzip', accepts: 'gzip,deflate', body: '{}\n' },
    ])
  })
})

describe('connecting', () => {
  it('waits for a node that is not up yet', async t => {
    const server = await withServer(t, (_, count) =>
      count < 2 ? refusing(503, 'master_not_discovered_exception') : healthy,
    )
    const told: string[] = []
    const onWait = (reason: string) => void told.push(reason)
    const client = await connectElasticsearch({ node: server.address, reachableWithinMs: 5_000, onWait })
    await client.close()
    assert.equal(server.requests.length, 3)
    assert.equal(told.length, 1, 'and what is waited for is told once')
    assert.match(told[0] as string, /master_not_discovered_exception/)
    // Nothing is asked of `/`.
    assert(server.requests.every(({ path }) => path.startsWith('/_cluster/health')))
  })

  it('gives up when nobody listens, and names the node without its credentials', async () => {
    const port = await freePort()
    const connecting = connectElasticsearch({
      node: `http://user:secret@127.0.0.1:${port}`,
      reachableWithinMs: 700,
    })
    await assert.rejects(connecting, error => {
      assert.equal((error as { code?: string }).code, 'unreachable')
      assert.match(
        (error as Error).message,
        new RegExp(`http://127.0.0.1:${port} .*ECONNREFUSED.*ELASTICSEARCH_NODE`),
      )
      assert.doesNotMatch(String((error as Error).stack), /secret/)
      return true
    })
  })

  it('gives up when the node does not answer', async t => {
    const server = await withServer(t, () => ({ kind: 'hang' }))
    const connecting = connectElasticsearch({ node: server.address, reachableWithinMs: 700 })
    await assert.rejects(connecting, { code: 'unreachable' })
  })

  it('ends at once when the credentials are refused', async t => {
    const server = await withServer(t, () => refusing(401, 'security_exception'))
    await assert.rejects(connectElasticsearch({ node: server.address }), { code: 'unauthorized' })
    assert.equal(server.requests.length, 1)
  })

  it('ends at once when what answers is something else', async t => {
    const { createServer } = await import('node:http')
    const server = createServer((_, response) => response.end('{}'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const { port } = server.address() as { port: number }
    const connecting = connectElasticsearch({ node: `http://127.0.0.1:${port}` })
    await assert.rejects(connecting, { code: 'configuration' })
  })

  it('ends when the signal comes', async t => {
    const server = await withServer(t, () => refusing(503, 'x'))
    const signal = AbortSignal.timeout(50)
    await assert.rejects(connectElasticsearch({ node: server.address, signal }), {
      name: /TimeoutError|AbortError/,
    })
  })
})

async function withServer(t: { after(done: () => Promise<void>): void }, decide: Decide) {
  const server = await startFaultServer(decide)
  t.after(server.close)
  return server
}
