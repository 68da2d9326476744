import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import kafkajs from 'kafkajs'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { sessionloom } from '../support/command.ts'
import { elasticsearchUnderTest, prefixesOn } from '../support/elasticsearch-under-test.ts'
import { kafkaClient, withoutKafka } from '../support/kafka-fixture.ts'

const { node, skip } = elasticsearchUnderTest('setup.test.ts')

describe('setup', { skip: withoutKafka || skip }, () => {
  const { freshPrefix } = prefixesOn(node)

  /** Runs it for topics that are not there; gives how long the broker keeps the letters. */
  async function retentionOf(t: TestContext, settings: Record<string, string>): Promise<string | undefined> {
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
      ...settings,
    }
    const { exitCode, stderr } = await sessionloom(['setup'], { env })
    assert.equal(exitCode, 0, stderr)
    const name = 'retention.ms'
    const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: letters, configNames: [name] }]
    const described = await admin.describeConfigs({ resources, includeSynonyms: false })
    return described.resources[0]?.configEntries[0]?.configValue
  }

  it('lets dead letters be kept for two weeks, or as long as it is told', async t => {
    assert.equal(await retentionOf(t, {}), String(14 * 86_400_000))
    assert.equal(await retentionOf(t, { DEAD_LETTER_RETENTION: '2d' }), String(2 * 86_400_000))
    assert.equal(await retentionOf(t, { DEAD_LETTER_RETENTION: 'unlimited' }), '-1')
  })
})
