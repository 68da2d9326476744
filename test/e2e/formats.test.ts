// One behaviour written in every format, each from Kafka through a worker of its own into Elasticsearch.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { decode } from '../../src/core/decode.ts'
import { eventFormats } from '../../src/core/formats/event-formats.ts'
import { openLookups } from '../../src/lookups.ts'
import { behaviour } from '../support/behaviour.ts'
import { sessionloom } from '../support/command.ts'
import { elasticsearchUnderTest, prefixesOn } from '../support/elasticsearch-under-test.ts'
import { formatWriters } from '../support/format-writers.ts'
import { kafkaClient, useTopic, withoutKafka } from '../support/kafka-fixture.ts'
import { readAll } from '../support/kafka-source.ts'
import { defaultOracleOptions, describeDiff, diff, oracle } from '../support/oracle.ts'
import { liveDocuments } from '../support/stored-documents.ts'
import { untilCaughtUp, workerEnv } from '../support/worker-process.ts'
import { workerSuite } from '../support/worker-suite.ts'

const { node, skip } = elasticsearchUnderTest('formats.test.ts')
describe('the same behaviour from Kafka into Elasticsearch', { skip: withoutKafka || skip }, () => {
  const { client, freshPrefix } = prefixesOn(node)
  const topics: string[] = []
  const { admin, start } = workerSuite(admin => admin.deleteTopics({ topics }).catch(() => {}))
  const deeds = behaviour()
  const native = formatWriters[0]!
  const expected = oracle(
    deeds.map(deed => ({ value: native.write(deed), timestamp: null })),
    { ...defaultOracleOptions, lookups: openLookups() },
  )

  for (const { name, format, tabIdFrom, write } of formatWriters)
    test(`in ${name} gives the sessions of the oracle`, async () => {
      const topic = `formats-${randomBytes(4).toString('hex')}`
      topics.push(topic, `${topic}.dead-letters`)
      const prefix = freshPrefix()
      const env = {
        ...workerEnv(kafkaClient.brokers, topic, node),
        INDEX_PREFIX: prefix,
        EVENT_FORMAT: format,
      }
      const run = async (words: readonly string[], input = '') => {
        const { exitCode, stderr } = await sessionloom(words, { env, input })
        assert.equal(exitCode, 0, stderr)
        return stderr
      }
      await run(['setup'])
      const worker = start(env)
      const said = await run(['produce', '-'], `${deeds.map(write).join('\n')}\n`)
      assert.match(said, /^2,000 records read in [\d.]+ s: 2,000 events written to formats-\w+$/m)
      await untilCaughtUp(admin, topic, topic)
      const documents = await liveDocuments(client, prefix)
      // What is the format's own: which site it was.
      const comparable = documents.map(document => ({ ...document, site: null }))
      assert.deepEqual(describeDiff(diff(expected, comparable, { ignoreStatus: true })).slice(0, 5), [])
      for (const { source } of documents)
        assert.deepEqual([source.format, source.tab_id_from], [name, tabIdFrom])
      worker.child.kill('SIGTERM')
      assert.equal(await worker.exit, 0, worker.output())
    })

  test('a line that says nothing of its arrival was received when a replay of the file would say', async t => {
    const topic = await useTopic(t, 2)
    const call = {
      type: 'page',
      messageId: 'm',
      anonymousId: 'visitor',
      timestamp: '2026-11-24T10:00:00.000Z',
    }
    const env = {
      KAFKA_BROKERS: kafkaClient.brokers.join(','),
      KAFKA_TOPIC: topic.name,
      EVENT_FORMAT: 'segment',
    }
    const input = `${JSON.stringify(call)}\n`
    const { exitCode, stderr } = await sessionloom(['produce', '-'], { env, input })
    assert.equal(exitCode, 0, stderr)
    const [record, ...others] = await readAll(topic)
    assert.equal(others.length, 0)
    assert.equal(String(record?.key), 'visitor')
    assert.equal(String(record?.value), input.trimEnd())
    const outcome = decode(record!, Number.POSITIVE_INFINITY, eventFormats.segment)
    assert(outcome.kind === 'ok')
    assert.equal(outcome.value.received, Date.parse(call.timestamp))
  })
})
