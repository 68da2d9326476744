import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import type { Client } from '@elastic/elasticsearch'
import { connectElasticsearch } from '../../src/adapters/elasticsearch-client.ts'
import {
  checkPrivileges,
  setupPrivileges,
  workerPrivileges,
} from '../../src/adapters/elasticsearch-privileges.ts'
import { ElasticsearchSessionStore } from '../../src/adapters/elasticsearch-session-store.ts'
import { checkTemplate, installTemplate } from '../../src/adapters/elasticsearch-template.ts'
import { documentedRole, withoutEach } from '../support/documented-rights.ts'
import { identity, restored } from '../support/elasticsearch-under-test.ts'
import { sampleRedirect, sampleSession } from '../support/sample-documents.ts'
import { type Role, secureElasticsearchUnderTest } from '../support/secure-elasticsearch.ts'

const may = { worker: documentedRole('run'), setup: documentedRole('setup') }
const session = sampleSession()

describe('a role of exactly the documented privileges', () => {
  const under = secureElasticsearchUnderTest('elasticsearch-privileges.test.ts')

  /** A prefix with a template and one session; clients by what they may do there. */
  async function place(t: TestContext) {
    const secured = under(t)
    if (!secured) return null
    const prefix = `p${randomBytes(5).toString('hex')}`
    await installTemplate(secured.client, prefix, identity)
    const storeOf = (client: Client) => new ElasticsearchSessionStore({ client, prefix, telemetry: () => {} })
    await storeOf(secured.client).write([session])
    const connect = async (apiKey: string) => {
      const ca = readFileSync(secured.certificates.ca, 'utf8')
      const client = await connectElasticsearch({ node: secured.node, ca, auth: { apiKey } })
      t.after(() => client.close())
      return client
    }
    const withRole = async (role: Role) => connect(await secured.apiKey(prefix, role))
    return { secured, prefix, storeOf, withRole, connect }
  }

  /** What a worker does that needs this privilege. */
  const needs: Record<string, (client: Client, prefix: string, store: ElasticsearchSessionStore) => unknown> =
    {
      auto_configure: (_, __, store) =>
        store.write([sampleSession({ tab: 'next month', from: '2026-12-24T10:00:00Z' })]),
      index: (_, __, store) => store.write([session]),
      maintenance: (_, __, store) => restored(store),
      read: (_, __, store) => store.get([session.key]),
      view_index_metadata: (client, prefix) => checkTemplate(client, prefix, identity),
      // A client is not even given out.
      monitor: () => {},
      manage_index_templates: (client, prefix) =>
        installTemplate(client, prefix, { ...identity, epoch: 1, topic: 'next' }),
      manage: (client, prefix) => installTemplate(client, prefix, identity),
    }
  /** No node here has lifecycle management: of this one is shown that it is asked for, not that it is needed. */
  const untried = 'manage_ilm'

  for (const [command, role, needed] of [
    ['run', may.worker, workerPrivileges],
    ['setup', may.setup, setupPrivileges],
  ] as const) {
    test(`\`${command}\` finds that it may do everything that it must`, async t => {
      const at = await place(t)
      if (!at) return
      const client = await at.withRole(role)
      await checkPrivileges(client, at.prefix, needed)
      for (const privilege of [...role.cluster, ...role.index])
        await needs[privilege]?.(client, at.prefix, at.storeOf(client))
    })

    for (const { privilege, role: lesser } of withoutEach(role))
      test(`\`${command}\` is refused without \`${privilege}\`, which it needs`, async t => {
        const at = await place(t)
        if (!at) return
        const refusal = { code: 'unauthorized', message: new RegExp(`\\b${privilege}\\b.*README`) }
        if (privilege === 'monitor') return assert.rejects(at.withRole(lesser), refusal)
        const client = await at.withRole(lesser)
        await assert.rejects(checkPrivileges(client, at.prefix, needed), refusal)
        if (privilege === untried) return
        const using = async () => needs[privilege]?.(client, at.prefix, at.storeOf(client))
        await assert.rejects(using, refusal)
      })
  }

  test('`setup` renews the indices of an earlier release, for which it is not enough to see them', async t => {
    const at = await place(t)
    if (!at) return
    const old = `${at.prefix}-2020.01.01`
    await at.secured.client.indices.create({ index: old, mappings: { _meta: { schema_version: 0 } } })
    const lesser = await at.withRole({ ...may.setup, index: ['view_index_metadata'] })
    const refusal = { code: 'unauthorized', message: /indices:admin\/mapping\/put.*\bmanage\b/ }
    await assert.rejects(installTemplate(lesser, at.prefix, identity), refusal)
    const client = await at.withRole(may.setup)
    const { updatedIndices } = await installTemplate(client, at.prefix, identity)
    assert.deepEqual(updatedIndices, [old])
  })

  test('a reader of the alias alone sees sessions, and neither redirects nor the indices behind it', async t => {
    const at = await place(t)
    if (!at) return
    const redirect = sampleRedirect({ from: '2026-10-24T10:00:00Z', to: '2026-11-24T10:00:00Z' })
    await at.storeOf(at.secured.client).write([redirect])
    await at.secured.client.indices.refresh({ index: `${at.prefix}-*` })
    const names = [at.prefix]
    const privileges = ['read', 'view_index_metadata']
    const key = await at.secured.client.security.createApiKey({
      name: at.prefix,
      refresh: true,
      // `monitor` is for the client of this test, which asks for the health.
      role_descriptors: { reader: { cluster: ['monitor'], indices: [{ names, privileges }] } },
    })
    const client = await at.connect(key.encoded)
    const found = async (index: string) => (await client.search({ index })).hits.hits.map(({ _id }) => _id)
    assert.deepEqual(await found(at.prefix), [session.key.id])
    assert.deepEqual(await found(`${at.prefix}-*`), [])
    assert((await client.fieldCaps({ index: at.prefix, fields: 'metadata.*' })).fields['metadata.status'])
  })

  for (const privilege of ['read', 'maintenance'])
    test(`a key with \`${privilege}\` elsewhere only is refused: it would restore nothing, without a word`, async t => {
      const at = await place(t)
      if (!at) return
      const { cluster, index } = may.worker
      const lesser = index.filter(name => name !== privilege)
      const key = await at.secured.client.security.createApiKey({
        name: at.prefix,
        refresh: true,
        role_descriptors: {
          here: {
            cluster: [...cluster],
            indices: [
              { names: [`${at.prefix}-*`], privileges: lesser },
              { names: ['elsewhere-*'], privileges: [privilege] },
            ],
          },
        },
      })
      const client = await at.connect(key.encoded)
      const refusal = { code: 'unauthorized', message: new RegExp(`\\b${privilege} on ${at.prefix}-`) }
      // What Elasticsearch itself says to that: success, over no index at all.
      const index_ = `${at.prefix}-*`
      const { _shards: shards } =
        privilege === 'read'
          ? await client.openPointInTime({ index: index_, keep_alive: '1m' })
          : await client.indices.refresh({ index: index_ })
      assert.equal(shards?.total, 0)
      await assert.rejects(checkPrivileges(client, at.prefix, workerPrivileges), refusal)
      // And so it is when a worker that runs loses it.
      await assert.rejects(restored(at.storeOf(client)), refusal)
    })
})
