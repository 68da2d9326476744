import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { sessionloom } from '../support/command.ts'
import { assertFound, diagnose, doctorSuite } from '../support/doctor-fixture.ts'
import { elasticsearchUnderTest, pass } from '../support/elasticsearch-under-test.ts'
import { type Decide, startFaultServer } from '../support/fault-server.ts'
import { useTopic, withoutKafka } from '../support/kafka-fixture.ts'

const { node, skip } = elasticsearchUnderTest('doctor.test.ts')
const nobody = '127.0.0.1:1'

describe('doctor', { skip: withoutKafka || skip }, () => {
  const { client, freshPrefix, admin, afterSetup, configure } = doctorSuite(node)

  /** Requests to Elasticsearch are decided here. */
  async function behind(t: TestContext, decide: Decide): Promise<{ ELASTICSEARCH_NODE: string }> {
    const proxy = await startFaultServer(decide, node)
    t.after(() => proxy.close())
    return { ELASTICSEARCH_NODE: proxy.address }
  }

  test('finds everything well after `setup`, and leaves no trace', async () => {
    const env = await afterSetup()
    const found = await diagnose(env)
    assertFound(found, {})
    for (const check of [
      'kafka',
      'source topic',
      'retention',
      'right to write',
      'group',
      'template',
      'geo database',
    ])
      assert.equal(found.of(check).verdict, 'ok')
    for (const topic of [env.KAFKA_TOPIC, env.KAFKA_DEAD_LETTER_TOPIC as string])
      for (const { high } of await admin.fetchTopicOffsets(topic)) assert.equal(high, '0')
    const { groups } = await admin.listGroups()
    assert.ok(!groups.some(({ groupId }) => groupId === env.KAFKA_GROUP_ID))
    assert.deepEqual(await client.indices.get({ index: `${env.INDEX_PREFIX}-*` }), {})
  })

  test('says the same to people, one verdict a line', async () => {
    const { stdout, exitCode } = await sessionloom(['doctor'], { env: await afterSetup() })
    assert.equal(exitCode, 0)
    for (const line of stdout.trim().split('\n')) assert.match(line, /^ok {3}[\w .:-]+: \S/)
  })

  test('tells wrong settings all at once, with exit code 2, and asks nobody', async () => {
    const env = {
      SESSION_GAP: 'soon',
      SOURCE_EPOCH: '-1',
      KAFKA_BROKERS: nobody,
      KAFKA_CA_FILE: '/nowhere.pem',
    }
    const { exitCode, stdout, stderr } = await sessionloom(['doctor'], { env })
    assert.equal(exitCode, 2)
    assert.equal(stdout, '')
    for (const name of ['SESSION_GAP', 'SOURCE_EPOCH', 'KAFKA_CA_FILE'])
      assert.match(stderr, new RegExp(`${name}: `))
  })

  describe('Kafka', () => {
    test('one broker of two that is down', async () => {
      const env = await afterSetup()
      const found = await diagnose({ ...env, KAFKA_BROKERS: `${env.KAFKA_BROKERS},${nobody}` })
      assertFound(found, { [`broker ${nobody}`]: ['fail', /cannot be reached.*Check KAFKA_BROKERS/] })
    })

    test('no broker at all: what depends on it is not checked, all else is', async () => {
      const found = await diagnose({ ...(await afterSetup()), KAFKA_BROKERS: nobody })
      const unchecked = ['warn', /not checked, because `broker 127\.0\.0\.1:1` failed/] as const
      assertFound(found, {
        [`broker ${nobody}`]: ['fail', /cannot be reached/],
        kafka: unchecked,
        ...Object.fromEntries(
          [
            ...[
              'advertised brokers',
              'source topic',
              'cleanup policy',
              'retention',
              'dead-letter topic',
              'group',
            ],
            ...['room for dead letters', 'right to read', 'right to join', 'right to write'],
          ].map(check => [check, unchecked]),
        ),
      })
      assert.match(found.of('template').message, /but for the partition count/)
    })

    test('topics that are missing', async () => {
      const env = await afterSetup()
      const missing = ['fail', /no topic .*`sessionloom setup`/] as const
      const source = await diagnose({ ...env, KAFKA_TOPIC: `${env.KAFKA_TOPIC}-not` })
      assert.deepEqual(source.of('source topic').verdict, 'fail')
      assert.match(source.of('source topic').message, missing[1])
      assert.equal(source.exitCode, 1)
      const letters = await diagnose({ ...env, KAFKA_DEAD_LETTER_TOPIC: 'doctor-not-there' })
      const unchecked = ['warn', /not checked/] as const
      assertFound(letters, {
        'dead-letter topic': missing,
        'room for dead letters': unchecked,
        'right to write': unchecked,
      })
    })

    test('a retention that is shorter than MAX_LATENESS, in time or perhaps in bytes', async () => {
      const env = await afterSetup()
      await configure(env.KAFKA_TOPIC, { 'retention.ms': '86400000' })
      assertFound(await diagnose(env), {
        retention: ['warn', /for 1d, MAX_LATENESS is 30d: .*rebuild.*Set retention\.ms/],
      })
      assertFound(await diagnose({ ...env, MAX_LATENESS: '1d' }), {})
      await configure(env.KAFKA_TOPIC, { 'retention.ms': '-1', 'retention.bytes': '1000000' })
      assertFound(await diagnose(env), { retention: ['warn', /at most 1000000 bytes.*retention\.bytes=-1/] })
    })

    test('topics that are compacted', async () => {
      const env = await afterSetup()
      await configure(env.KAFKA_TOPIC, { 'cleanup.policy': 'compact,delete', 'retention.ms': '-1' })
      await configure(env.KAFKA_DEAD_LETTER_TOPIC as string, { 'cleanup.policy': 'compact' })
      const compacted = ['fail', /is compacted.*Set cleanup\.policy=delete/] as const
      assertFound(await diagnose(env), {
        'cleanup policy': compacted,
        'dead-letter topic': compacted,
        'room for dead letters': ['warn', /not checked/],
        'right to write': ['warn', /not checked/],
      })
    })

    test('a dead-letter topic without room for the headers', async () => {
      const env = await afterSetup()
      await configure(env.KAFKA_DEAD_LETTER_TOPIC as string, { 'max.message.bytes': '1048588' })
      assertFound(await diagnose(env), {
        'room for dead letters': ['warn', /cut and marked\. Set max\.message\.bytes=1114124/],
      })
    })

    test('a group that is behind the start of the log, beyond its end, of no checkpoint, or without a worker', async t => {
      const env = await afterSetup()
      const topic = await useTopic(t)
      await topic.send([0, 1, 2].map(i => ({ partition: 0, value: String(i) })))
      const settings = { ...env, KAFKA_TOPIC: topic.name, KAFKA_GROUP_ID: topic.group }
      const group = async () => (await diagnose(settings)).of('group')
      const checkpoint = JSON.stringify({ sessionloom: 1, watermark: 0, epoch: 0, partitions: 1 })
      await topic.commit(0, '1', checkpoint)
      assert.match((await group()).message, /lag 2: no worker runs\. Start one/)
      await topic.commit(0, '3', checkpoint)
      assert.equal((await group()).verdict, 'ok')
      await topic.commit(0, '3')
      assert.match((await group()).message, /no checkpoint of epoch 0/)
      await topic.commit(0, '9', checkpoint)
      assert.match((await group()).message, /beyond the end of partitions 0.*SOURCE_EPOCH=1/)
      await topic.commit(0, '1', checkpoint)
      await topic.expire(0, '2')
      const { verdict, message } = await group()
      assert.equal(verdict, 'fail')
      assert.match(message, /expired before they were read.*ON_DATA_LOSS=continue/)
    })
  })

  describe('Elasticsearch', () => {
    const stored = ['privileges', 'template', 'alias', 'indices', 'disks', 'clock']
    const unchecked = Object.fromEntries(stored.map(check => [check, ['warn', /not checked/] as const]))

    test('a node that is down', async () => {
      const env = { ...(await afterSetup()), ELASTICSEARCH_NODE: `http://user:hunter2@${nobody}` }
      const found = await diagnose(env)
      assertFound(found, { elasticsearch: ['fail', /did not answer.*Try again when it is up/], ...unchecked })
      assert.doesNotMatch(JSON.stringify(found.all), /hunter2/)
    })

    test('a node that never answers', async t => {
      const found = await diagnose({
        ...(await afterSetup()),
        ...(await behind(t, () => ({ kind: 'hang' }))),
      })
      assertFound(found, { elasticsearch: ['fail', /timeout|no answer within/], ...unchecked })
    })

    test('something else than Elasticsearch', async t => {
      const server = createServer((_, response) => response.end('{"hello":"world"}')).listen(0, '127.0.0.1')
      await once(server, 'listening')
      t.after(() => server.close())
      const { port } = server.address() as AddressInfo
      const env = { ...(await afterSetup()), ELASTICSEARCH_NODE: `http://127.0.0.1:${port}` }
      assertFound(await diagnose(env), { elasticsearch: ['fail', /Check ELASTICSEARCH_NODE/], ...unchecked })
    })

    test('a version that is not supported', async t => {
      const body = { cluster_name: 'old', nodes: { a: { version: '8.19.1' }, b: { version: '7.17.0' } } }
      const old = await behind(t, ({ path }) =>
        path.startsWith('/_nodes?') ? { kind: 'answer', body } : pass,
      )
      const found = await diagnose({ ...(await afterSetup()), ...old })
      assertFound(found, {
        elasticsearch: ['fail', /version 7\.17\.0 and 8\.19\.1; this release supports 8 and 9/],
        ...unchecked,
      })
    })

    test('a template that is missing, of another gap, of another epoch, of another topic', async () => {
      const env = await afterSetup()
      const other = await afterSetup()
      assertFound(await diagnose({ ...env, INDEX_PREFIX: freshPrefix() }), {
        template: ['fail', /is missing.*`sessionloom setup`/],
      })
      assertFound(await diagnose({ ...env, SESSION_GAP: '30m' }), {
        template: ['fail', /SESSION_GAP=600000ms.*Set it back/],
      })
      assertFound(await diagnose({ ...env, SOURCE_EPOCH: '1' }), {
        template: ['fail', /Epoch 1 is not known/],
      })
      assertFound(await diagnose({ ...env, INDEX_PREFIX: other.INDEX_PREFIX }), {
        template: ['fail', /is topic .*Set KAFKA_TOPIC back/],
      })
    })

    test('an index that lacks a replica, that the alias does not show, that takes no writes', async () => {
      const env = await afterSetup()
      const [prefix, index] = [env.INDEX_PREFIX, `${env.INDEX_PREFIX}-2026.11.01`]
      await client.indices.create({ index, wait_for_active_shards: 1 })
      const yellow = ['warn', /replicas are missing.*number_of_replicas=0/] as const
      assertFound(await diagnose(env), { indices: yellow })
      await client.indices.putSettings({ index, settings: { number_of_replicas: 0 } })
      assertFound(await diagnose(env), {})
      await client.indices.deleteAlias({ index, name: prefix })
      assertFound(await diagnose(env), { alias: ['fail', /does not show .*Add the alias/] })
      await client.indices.addBlock({ index, block: 'write' })
      assertFound(await diagnose(env), { alias: ['fail', /take no writes: .*: write.*remove the blocks/] })
    })

    test('privileges that are missing, and disks beyond the flood stage', async t => {
      const env = await afterSetup()
      const index = {
        [`${env.INDEX_PREFIX}-*`]: {
          index: true,
          read: true,
          auto_configure: true,
          view_index_metadata: true,
          maintenance: false,
        },
      }
      const disk = { threshold_enabled: 'true', watermark: { high: '1pb', flood_stage: '1pb' } }
      const transient = { cluster: { routing: { allocation: { disk } } } }
      const poor = await behind(t, ({ path }) => {
        if (path.includes('_has_privileges'))
          return { kind: 'answer', body: { cluster: { monitor: false }, index } }
        if (path.startsWith('/_cluster/settings')) return { kind: 'answer', body: { transient } }
        return pass
      })
      assertFound(await diagnose({ ...env, ...poor }), {
        privileges: ['fail', /maintenance.* and monitor on the cluster\. Grant that/],
        disks: ['fail', /flood stage.*GB free.*Free space/],
      })
    })

    test('a clock that is a minute off', async () => {
      const shift = join(import.meta.dirname, '../chaos/wrong-clock.ts')
      const env = { ...(await afterSetup()), NODE_OPTIONS: `--import=${shift}`, CLOCK_SHIFT_MS: '60000' }
      assertFound(await diagnose(env), { clock: ['warn', /(59|60)(\.\d)? s apart.*NTP/] })
    })
  })

  test('a geo database that is missing', async () => {
    const env = { ...(await afterSetup()), GEO_DATABASE: '/nowhere/places.mmdb' }
    assertFound(await diagnose(env), {
      'geo database': ['fail', /places\.mmdb cannot be read.*Name an existing \.mmdb file/],
    })
  })
})
