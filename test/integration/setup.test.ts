import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import kafkajs from 'kafkajs'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { sessionloom } from '../support/command.ts'
import { elasticsearchUnderTest, prefixesOn } from '../support/elasticsearch-under-test.ts'
import { kafkaClient, withoutKafka } from '../support/kafka-fixture.ts'
import { startKibanaStandIn, tookAll } from '../support/kibana/kibana-stand-in.ts'
import { kibanaPath } from '../support/readme-tables.ts'

const { node, skip } = elasticsearchUnderTest('setup.test.ts')

describe('setup', { skip: withoutKafka || skip }, () => {
  const { client, freshPrefix } = prefixesOn(node)

  /** Settings of topics and a prefix that are not there. */
  async function place(t: TestContext) {
    const topic = `test-${randomBytes(6).toString('hex')}`
    const letters = `${topic}.dead-letters`
    const admin = createKafka(kafkaClient).admin()
    await admin.connect()
    t.after(async () => {
      await admin.deleteTopics({ topics: [topic, letters] })
      await admin.disconnect()
    })
    const env = {
      KAFKA_BROKERS: kafkaClient.brokers.join(','),
      KAFKA_TOPIC: topic,
      KAFKA_DEAD_LETTER_TOPIC: letters,
      ELASTICSEARCH_NODE: node,
      INDEX_PREFIX: freshPrefix(),
    }
    const topicConfig = async (name: string) => {
      const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name }]
      const { resources: found } = await admin.describeConfigs({ resources, includeSynonyms: false })
      return new Map(found[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]))
    }
    return { env, topic, letters, topicConfig }
  }

  async function run(env: Record<string, string>): Promise<string> {
    const { exitCode, stdout, stderr } = await sessionloom(['setup'], { env })
    assert.equal(exitCode, 0, stderr)
    return stdout
  }

  it('lets dead letters be kept for two weeks, or as long as it is told', async t => {
    for (const [settings, kept] of [
      [{}, String(14 * 86_400_000)],
      [{ DEAD_LETTER_RETENTION: '2d' }, String(2 * 86_400_000)],
      [{ DEAD_LETTER_RETENTION: 'unlimited' }, '-1'],
    ] as const) {
      const { env, letters, topicConfig } = await place(t)
      await run({ ...env, ...settings })
      assert.equal((await topicConfig(letters)).get('retention.ms'), kept)
    }
  })

  it('changes nothing the second time, and says so', async t => {
    const { env, topic, letters, topicConfig } = await place(t)
    const prefix = env.INDEX_PREFIX
    const state = async () => ({
      template: await client.indices.getIndexTemplate({ name: prefix }),
      component: await client.cluster.getComponentTemplate({ name: `${prefix}@settings` }),
      topics: [await topicConfig(topic), await topicConfig(letters)],
    })
    assert.match(
      await run(env),
      new RegExp(`${topic}: created, 4 partitions(.|\\n)*${prefix}: created, epoch 0`),
    )
    const before = await state()
    assert.equal(before.component.component_templates.length, 1)
    const said = await run({ ...env, KAFKA_PARTITIONS: '9' })
    assert.match(said, new RegExp(`${topic}: was there, 4 partitions\\n(.|\\n)*${prefix}: unchanged\\n`))
    assert.deepEqual(await state(), before)
  })

  it('says what a server without lifecycle management does not do', async t => {
    const { env } = await place(t)
    assert.match(await run(env), /lifecycle policy: none.*nothing is deleted/)
    const said = await run({ ...env, SESSION_RETENTION: '90d' })
    assert.match(said, /SESSION_RETENTION has no effect: delete indices \w+-yyyy\.MM\.01/)
  })

  it('brings data view and dashboards into Kibana, as the file to import by hand has them', async t => {
    const { env } = await place(t)
    const kibana = await startKibanaStandIn(() => tookAll(4))
    t.after(() => kibana.close())
    const KIBANA_URL = `http://127.0.0.1:${kibana.port}`
    assert.match(await run({ ...env, KIBANA_URL }), /Kibana: .*4 objects/)
    const delivered = readFileSync(kibanaPath, 'utf8')
    const own = (text: string) => text.replaceAll(env.INDEX_PREFIX, 'sessions')
    const idsOf = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line).id)
    assert.deepEqual(idsOf(own(kibana.sent[0]!.text)), idsOf(delivered))
  })

  it('fails for a Kibana that refuses, after all else is there', async t => {
    const { env } = await place(t)
    const kibana = await startKibanaStandIn(() => ({ status: 403, body: { message: 'Forbidden' } }))
    t.after(() => kibana.close())
    const KIBANA_URL = `http://127.0.0.1:${kibana.port}`
    const { exitCode, stdout, stderr } = await sessionloom(['setup'], { env: { ...env, KIBANA_URL } })
    assert.equal(exitCode, 1)
    assert.match(stdout, new RegExp(`index template ${env.INDEX_PREFIX}: created`))
    assert.match(stderr, /^sessionloom: Kibana at .* does not let this user import/)
  })
})
