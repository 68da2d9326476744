import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { documentMapping } from '../../src/adapters/elasticsearch-mapping.ts'
import { ElasticsearchSessionStore } from '../../src/adapters/elasticsearch-session-store.ts'
import { checkTemplate, installTemplate } from '../../src/adapters/elasticsearch-template.ts'
import type { StoredDocument } from '../../src/core/session-document.ts'
import type { DocumentWrite } from '../../src/ports/session-store.ts'
import { upgrading } from '../../src/upgrading-store.ts'
import { asVersion0, fromVersion0 } from '../support/earlier-schema.ts'
import { elasticsearchUnderTest, identity, prefixesOn } from '../support/elasticsearch-under-test.ts'
import { changed, sampleRedirect, sampleSession } from '../support/sample-documents.ts'

const { node, skip } = elasticsearchUnderTest('elasticsearch-template.test.ts')

describe('the index template on a real node', { skip }, () => {
  const { client, freshPrefix } = prefixesOn(node)
  const stored = (prefix: string) => client.indices.getIndexTemplate({ name: prefix })

  /** The store that writes through the template; closing it would close the client of all tests. */
  const storeOf = (prefix: string) => new ElasticsearchSessionStore({ client, prefix, telemetry: () => {} })

  it('is missing until setup, and is then what setup says it is', async () => {
    const prefix = freshPrefix()
    await assert.rejects(checkTemplate(client, prefix, identity), { code: 'template-missing' })
    const created = await installTemplate(client, prefix, identity)
    // This node has no lifecycle management.
    const lifecycle = { policy: 'absent', adopted: [] }
    assert.deepEqual(created, { template: 'created', isNewEpoch: true, updatedIndices: [], lifecycle })
    await checkTemplate(client, prefix, identity)
    const again = await installTemplate(client, prefix, identity)
    assert.deepEqual(again, { template: 'unchanged', isNewEpoch: false, updatedIndices: [], lifecycle })
    const next = { ...identity, epoch: 1, topic: 'raw-events-2' }
    await assert.rejects(checkTemplate(client, prefix, next), { code: 'epoch-mismatch' })
    const updated = await installTemplate(client, prefix, next)
    assert.deepEqual(updated, { template: 'updated', isNewEpoch: true, updatedIndices: [], lifecycle })
    await checkTemplate(client, prefix, next)
    await checkTemplate(client, prefix, identity)
  })

  it('is not touched by a setup that is refused', async () => {
    const prefix = freshPrefix()
    await installTemplate(client, prefix, identity)
    const before = await stored(prefix)
    for (const other of [{ gapMs: 1 }, { topic: 'other' }, { partitions: 1 }])
      await assert.rejects(installTemplate(client, prefix, { ...identity, ...other }), {
        name: 'WorkerError',
      })
    assert.deepEqual(await stored(prefix), before)
  })

  it('of somebody else is refused by name, and so is a rival of the same or a higher priority', async () => {
    const prefix = freshPrefix()
    await client.indices.putIndexTemplate({ name: prefix, index_patterns: [`${prefix}-*`] })
    for (const ask of [installTemplate, checkTemplate])
      await assert.rejects(ask(client, prefix, identity), {
        code: 'template-mismatch',
        message: /is not ours/,
      })

    const other = freshPrefix()
    const rival = { name: `${other}-rival`, index_patterns: [`${other}*`], priority: 300 }
    await client.indices.putIndexTemplate(rival)
    await assert.rejects(installTemplate(client, other, identity), {
      code: 'template-mismatch',
      message: new RegExp(`${other}-rival.*priority 300`),
    })
    await client.indices.putIndexTemplate({ ...rival, priority: 299 })
    await installTemplate(client, other, identity)
    await client.indices.putIndexTemplate({ ...rival, priority: 301 })
    await assert.rejects(checkTemplate(client, other, identity), {
      code: 'template-mismatch',
      message: /-rival/,
    })
  })

  it('has a home: neither an index of the alias name nor a foreign one of the prefix is there', async () => {
    const named = freshPrefix()
    await client.indices.create({ index: named })
    await assert.rejects(installTemplate(client, named, identity), {
      code: 'template-mismatch',
      message: /alias/,
    })
    await client.indices.delete({ index: named })

    const foreign = freshPrefix()
    await installTemplate(client, foreign, identity)
    await client.indices.create({ index: `${foreign}-other-2026.11.01` })
    for (const ask of [installTemplate, checkTemplate])
      await assert.rejects(ask(client, foreign, identity), {
        code: 'template-mismatch',
        message: /is not ours/,
      })
  })

  it('made every index, or run refuses, closed ones included', async () => {
    for (const body of [{}, { mappings: { properties: { id: { type: 'keyword' } } } }] as object[]) {
      const prefix = freshPrefix()
      const index = `${prefix}-2026.10.01`
      await client.indices.create({ index, ...body })
      await assert.rejects(installTemplate(client, prefix, identity), {
        message: /without our index template/,
      })
      await client.indices.delete({ index })
      await installTemplate(client, prefix, identity)
      await client.indices.create({ index })
      await checkTemplate(client, prefix, identity)
      await client.indices.putMapping({ index, _meta: {} })
      await client.indices.close({ index })
      await assert.rejects(checkTemplate(client, prefix, identity), { message: /without our index template/ })
    }
  })

  it('of an earlier release, which had neither components nor all fields, is brought to this one', async () => {
    const prefix = freshPrefix()
    const index = `${prefix}-2026.10.01`
    const { gapMs, topic, partitions } = identity
    await client.indices.putIndexTemplate({
      name: prefix,
      index_patterns: [`${prefix}-*`],
      priority: 300,
      version: 0,
      _meta: { schema_version: 0, gap_ms: gapMs, epochs: { 0: { topic, partitions } } },
      template: {
        settings: { index: { refresh_interval: '5s', number_of_shards: 1 } },
        mappings: { _meta: { schema_version: 0 }, dynamic: false, properties: { id: { type: 'keyword' } } },
        aliases: { [prefix]: {} },
      },
    })
    await client.indices.create({ index })
    await assert.rejects(checkTemplate(client, prefix, identity), { message: /schema version 0/ })
    const { template, isNewEpoch, updatedIndices } = await installTemplate(client, prefix, identity)
    assert.deepEqual(
      { template, isNewEpoch, updatedIndices },
      {
        template: 'updated',
        isNewEpoch: false,
        updatedIndices: [index],
      },
    )
    await checkTemplate(client, prefix, identity)
    const october = sampleSession({ from: '2026-10-24T10:00:00Z' })
    assert.deepEqual(await storeOf(prefix).write([october]), [{ kind: 'written' }])
    assert.equal((await installTemplate(client, prefix, identity)).template, 'unchanged')
  })

  it('leaves room for settings and fields of the user, and none for another mapping of ours', async () => {
    const prefix = freshPrefix()
    await client.cluster.putComponentTemplate({
      name: `${prefix}@custom`,
      template: {
        settings: { index: { refresh_interval: '7s', number_of_replicas: 0 } },
        mappings: { properties: { tenant: { type: 'keyword' }, tabId: { type: 'text' } } },
      },
    })
    await installTemplate(client, prefix, identity)
    const index = `${prefix}-2026.11.01`
    await storeOf(prefix).write([sampleSession()])
    const settings = (await client.indices.getSettings({ index }))[index]?.settings?.index
    assert.deepEqual([settings?.refresh_interval, settings?.number_of_replicas], ['7s', '0'])
    const { properties } = (await client.indices.getMapping({ index }))[index]!.mappings
    assert.deepEqual([properties?.tenant?.type, properties?.tabId?.type], ['keyword', 'keyword'])
    await checkTemplate(client, prefix, identity)
    assert.equal((await installTemplate(client, prefix, identity)).template, 'unchanged')
  })

  it('needs a settings component that is ours, and mends one that was changed', async () => {
    const prefix = freshPrefix()
    const name = `${prefix}@settings`
    await client.cluster.putComponentTemplate({ name, template: {} })
    await assert.rejects(installTemplate(client, prefix, identity), {
      code: 'template-mismatch',
      message: new RegExp(`${name} exists and is not ours`),
    })
    assert.deepEqual(
      await client.indices
        .getIndexTemplate({ name: prefix }, { ignore: [404] })
        .then(({ index_templates = [] }) => index_templates),
      [],
    )
    await client.cluster.deleteComponentTemplate({ name })
    await installTemplate(client, prefix, identity)
    const [ours] = (await client.cluster.getComponentTemplate({ name })).component_templates
    const changed = { settings: { index: { refresh_interval: '30s' } } }
    await client.cluster.putComponentTemplate({ name, ...ours!.component_template, template: changed })
    assert.equal((await installTemplate(client, prefix, identity)).template, 'updated')
    assert.deepEqual((await client.cluster.getComponentTemplate({ name })).component_templates, [ours])
  })

  it('gives an index of an earlier schema the fields of this one', async () => {
    const prefix = freshPrefix()
    await client.indices.create({
      index: `${prefix}-2026.11.01`,
      mappings: { _meta: { schema_version: 0 }, dynamic: false, properties: { id: { type: 'keyword' } } },
    })
    const { updatedIndices } = await installTemplate(client, prefix, identity)
    assert.deepEqual(updatedIndices, [`${prefix}-2026.11.01`])
    await checkTemplate(client, prefix, identity)
    await storeOf(prefix).write([sampleSession()])
  })

  it('lets documents of an earlier schema be found, upgraded and written', async () => {
    const prefix = freshPrefix()
    const index = `${prefix}-2026.11.01`
    const { activity, ...properties } = documentMapping().properties ?? {}
    await client.indices.create({
      index,
      mappings: {
        ...documentMapping(),
        _meta: { schema_version: 0 },
        properties: { ...properties, counts: { type: 'object', enabled: false } },
      },
    })
    const { key, version, document } = sampleSession()
    await client.index({
      index,
      id: key.id,
      document: asVersion0(document),
      version,
      version_type: 'external_gte',
    })
    await installTemplate(client, prefix, identity)
    const store = upgrading(storeOf(prefix), fromVersion0)
    const ranges = [{ tabId: document.tabId, from: 0, to: Date.parse('2030-01-01') }]
    const [found] = await store.recall({ ranges, redirectsAfter: { epoch: 1023, offset: 0 }, fresh: true })
    assert.deepEqual(found, JSON.parse(JSON.stringify(document)))
    await store.write([{ key, version, document: found as StoredDocument }])
    await client.indices.refresh({ index })
    const query = { range: { 'activity.events': { gte: 1 } } }
    const { hits } = await client.search<StoredDocument>({ index, query })
    assert.deepEqual(
      hits.hits.map(({ _id, _source }) => [_id, _source?.schema_version]),
      [[key.id, 1]],
    )
  })

  it('takes a full document, and shows a session under the alias but no redirect', async () => {
    const prefix = freshPrefix()
    await installTemplate(client, prefix, identity)
    const session = sampleSession({
      raw: { context: { ip: '81.2.69.160' }, properties: { a: { b: [1, null] } } },
    })
    const redirect = sampleRedirect({ from: '2026-10-24T10:00:00Z', to: '2026-11-24T10:00:00Z' })
    const store = storeOf(prefix)
    assert.deepEqual(await store.write([session, redirect]), Array(2).fill({ kind: 'written' }))
    await client.indices.refresh({ index: prefix })
    const found = await client.search({
      index: prefix,
      query: { range: { '@timestamp': { gte: '2026-10-01' } } },
    })
    assert.deepEqual(
      found.hits.hits.map(({ _id, _index }) => [_id, _index]),
      [[session.key.id, `${prefix}-2026.11.01`]],
    )
    const settings = await client.indices.getSettings({ index: `${prefix}-2026.10.01` })
    assert.equal(settings[`${prefix}-2026.10.01`]?.settings?.index?.refresh_interval, '1s')
    const [read] = await store.get([session.key])
    assert.deepEqual(read, JSON.parse(JSON.stringify(session.document)))
  })

  it('takes whatever a raw event may hold, or its reduced form', async () => {
    const prefix = freshPrefix()
    await installTemplate(client, prefix, identity)
    const deep = (levels: number): object => (levels === 0 ? {} : { ['k'.repeat(256)]: deep(levels - 1) })
    const accepted: DocumentWrite[] = [
      {
        properties: {
          long: 'x'.repeat(100_000),
          ['k'.repeat(256)]: 1,
          'a..b': 1,
          ' ': 1,
          constructor: { prototype: 1 },
        },
      },
      { traits: JSON.parse('{"__proto__":{"x":1},"\\ud800":"\\udfff","n":1e308,"mixed":[[1,[2]],{},null]}') },
      { aux: deep(17) as { [key: string]: never } },
      {
        query: '€'.repeat(2048),
        context: { ip: '999.1.1.1', page: { url: `https://x.example/${'ü'.repeat(8000)}` } },
      },
      { context: { geo: { latitude: 'NaN', longitude: 95 }, locale: '\0', timeZone: 'Mars/Crater' } },
      { profile: { id: 'p', metadata: { deep: deep(16) } } } as object,
    ].map((raw, i) => sampleSession({ tab: `tab${i}`, raw: raw as object }))
    const results = await storeOf(prefix).write(accepted)
    assert.deepEqual(
      results,
      accepted.map(() => ({ kind: 'written' })),
    )

    const refused = [
      changed(sampleSession({ tab: 'scalar' }), { properties: 'secret' }),
      changed(sampleSession({ tab: 'deep' }), { aux: deep(30) }),
      changed(sampleSession({ tab: 'key' }), { traits: { ['secret'.repeat(6000)]: 1 } }),
      changed(sampleSession({ tab: 'nul' }), { traits: { 'a\0secret': 1 } }),
    ]
    for (const result of await storeOf(prefix).write(refused)) {
      assert.equal(result.kind, 'reduced')
      assert.doesNotMatch(JSON.stringify(result), /secret/)
    }
    const read = await storeOf(prefix).get([...accepted, ...refused].map(({ key }) => key))
    assert(read.every(document => document !== null))
    assert.deepEqual(read[1], JSON.parse(JSON.stringify(accepted[1]?.document)))
  })

  it('ends the process for a field that it does not know', async () => {
    const prefix = freshPrefix()
    await installTemplate(client, prefix, identity)
    const { document, ...write } = sampleSession()
    const unknown = changed({ ...write, document }, { source: { ...document.source, tomorrow: 1 } })
    await assert.rejects(storeOf(prefix).write([unknown]), { code: 'template-mismatch', message: /setup/ })
    // At the root it is taken, for the time between a worker's upgrade and the next setup.
    const atRoot = changed(sampleSession(), { tomorrow: 1 })
    assert.deepEqual(await storeOf(prefix).write([atRoot]), [{ kind: 'written' }])
  })
})
