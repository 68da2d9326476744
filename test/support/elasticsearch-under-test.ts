import { randomBytes } from 'node:crypto'
import { after, type TestContext } from 'node:test'
import type { Client } from '@elastic/elasticsearch'
import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import { ElasticsearchSessionStore } from '../../src/adapters/elasticsearch-session-store.ts'
import { installTemplate } from '../../src/adapters/elasticsearch-template.ts'
import type { TemplateIdentity } from '../../src/adapters/elasticsearch-template-meta.ts'
import type { StoredDocument } from '../../src/core/session-document.ts'
import type { RestoreQuery, SessionStore } from '../../src/ports/session-store.ts'
import type { WorkerEvent } from '../../src/ports/telemetry.ts'
import { type Decide, type FaultRequest, startFaultServer } from './fault-server.ts'

/** The node of the integration tests, and why they are skipped if there is none. */
export function elasticsearchUnderTest(file: string): { node: string; skip: string | false } {
  const node = process.env.TEST_ELASTICSEARCH_NODE
  if (node) return { node, skip: false }
  const reason = 'TEST_ELASTICSEARCH_NODE is not set; `npm run test:services` starts a node'
  if (process.env.REQUIRE_SERVICES === '1') throw new Error(`REQUIRE_SERVICES=1, but ${reason}`)
  console.error(`!!! SKIPPED ${file}: ${reason}`)
  return { node: 'http://127.0.0.1:1', skip: reason }
}

export const identity: TemplateIdentity = { gapMs: 600_000, epoch: 0, topic: 'raw-events', partitions: 12 }

/** A client and a way to fresh prefixes, all of whose indices and templates are removed in the end. */
export function prefixesOn(node: string): { client: Client; freshPrefix: () => string } {
  const client = elasticsearchClient({ node })
  const prefixes: string[] = []
  after(async () => {
    for (const prefix of prefixes) await remove(client, prefix)
    await client.close()
  })
  return {
    client,
    freshPrefix: () => {
      const prefix = `test${randomBytes(5).toString('hex')}`
      prefixes.push(prefix)
      return prefix
    },
  }
}

async function remove(client: Client, prefix: string): Promise<void> {
  const found = await client.indices.get({ index: [`${prefix}*`], expand_wildcards: ['open', 'closed'] })
  // A node does not let indices be deleted by a pattern.
  const index = Object.keys(found)
  if (index.length > 0) await client.indices.delete({ index })
  await client.indices.deleteIndexTemplate({ name: `${prefix}*` }, { ignore: [404] })
  await client.cluster.deleteComponentTemplate({ name: `${prefix}*` }, { ignore: [404] })
}

/** As `prefixesOn`, and a way to stores, each of a prefix of its own. */
export function storesOn(node: string) {
  const { client, freshPrefix } = prefixesOn(node)

  /** A store whose requests go through `decide`. */
  async function start(t: TestContext, decide: Decide = () => pass) {
    const prefix = freshPrefix()
    await installTemplate(client, prefix, identity)
    const proxy = await startFaultServer(decide, node)
    const events: string[] = []
    const store = new ElasticsearchSessionStore({
      client: elasticsearchClient({ node: proxy.address, requestTimeoutMs: 10_000 }),
      prefix,
      telemetry: ({ kind }: WorkerEvent) => events.push(kind),
      pausesMs: { first: 10, longest: 50 },
    })
    t.after(async () => {
      await store.close()
      await proxy.close()
    })
    return { store, prefix, requests: proxy.requests, events }
  }

  /** A store whose requests are compressed. They go straight to the node: what stands between reads texts. */
  async function startCompressed(t: TestContext): Promise<SessionStore> {
    const prefix = freshPrefix()
    await installTemplate(client, prefix, identity)
    const compressed = elasticsearchClient({ node, compression: true })
    const store = new ElasticsearchSessionStore({ client: compressed, prefix, telemetry: () => {} })
    t.after(() => store.close())
    return store
  }
  return { client, start, startCompressed }
}

export const pass = { kind: 'pass' } as const

/** Of a restore or recall, in pages or at once. */
export const isSearch = ({ path }: FaultRequest): boolean => path.includes('/_search')

/** A page of a restore, or of a recall that finds many: a search within a point in time. */
export function isPage({ path, body }: FaultRequest): boolean {
  return path.startsWith('/_search') && body.includes('"pit"')
}

/** All sessions of partition 0. */
export const everything: RestoreQuery = {
  partition: 0,
  lastSeenFrom: Number.NEGATIVE_INFINITY,
  redirectsAfter: null,
}

export async function restored(store: SessionStore, query = everything): Promise<StoredDocument[]> {
  return (await Array.fromAsync(store.restore(query))).flat()
}

export const tabs = (documents: readonly StoredDocument[]): string[] =>
  documents.map(({ tabId }) => tabId).sort()
export const json = <T>(value: T): T => JSON.parse(JSON.stringify(value))
