import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLookups } from '../../src/lookups.ts'
import { sessionloom } from '../support/command.ts'
import { elasticsearchUnderTest, prefixesOn } from '../support/elasticsearch-under-test.ts'
import { lagOf } from '../support/group-lag.ts'
import { kafkaClient, withoutKafka } from '../support/kafka-fixture.ts'
import { defaultOracleOptions, describeDiff, diff, oracle } from '../support/oracle.ts'
import { liveDocuments } from '../support/stored-documents.ts'
import { untilCaughtUp, workerEnv } from '../support/worker-process.ts'
import { workerSuite } from '../support/worker-suite.ts'

const { node, skip } = elasticsearchUnderTest('kafka-to-elasticsearch.test.ts')
const log = 'test/data/access-log.events.ndjson'
const lines = readFileSync(log, 'utf8').trimEnd().split('\n')

describe('a real log through real Kafka into real Elasticsearch', { skip: withoutKafka || skip }, () => {
  const { client, freshPrefix } = prefixesOn(node)
  const topics: string[] = []
  const { admin, start } = workerSuite(admin => admin.deleteTopics({ topics }).catch(() => {}))

  /** The settings of a topic, group and prefix of the test's own. */
  function fresh(): Record<string, string> & { topic: string } {
    const name = `e2e-${randomBytes(4).toString('hex')}`
    topics.push(name, `${name}.dead-letters`)
    return {
      topic: name,
      ...workerEnv(kafkaClient.brokers, name, node),
      INDEX_PREFIX: freshPrefix(),
    }
  }

  async function succeed(words: readonly string[], env: Record<string, string>) {
    const { exitCode, stdout, stderr } = await sessionloom(words, { env })
    assert.equal(exitCode, 0, `${words.join(' ')}: ${stderr}`)
    return stdout
  }

  test('two workers, one of them killed in the middle, write exactly the sessions of the oracle', async () => {
    const env = fresh()
    await succeed(['setup'], env)
    assert.match(await succeed(['setup'], env), /unchanged/, 'setup is safe to repeat')
    const [first, second] = [start(env), start(env)]
    // In pieces, so that the kill falls between batches of a topic that grows.
    for (let at = 0; at < lines.length; at += 2_000) {
      const { exitCode, stderr } = await sessionloom(['produce', '-'], {
        env,
        input: `${lines.slice(at, at + 2_000).join('\n')}\n`,
      })
      assert.equal(exitCode, 0, stderr)
      if (at === 4_000) first.child.kill('SIGKILL')
    }
    await untilCaughtUp(admin, env.topic, env.topic)
    const expected = oracle(
      lines.map(value => ({ value, timestamp: null })),
      { ...defaultOracleOptions, lookups: openLookups() },
    )
    const found = diff(expected, await liveDocuments(client, env.INDEX_PREFIX as string), {
      ignoreStatus: true,
    })
    assert.deepEqual(describeDiff(found).slice(0, 5), [])
    second.child.kill('SIGTERM')
    assert.equal(await second.exit, 0, second.output())
  })

  test('sessions of a quiet topic end by the clock', async () => {
    const quiet = fresh()
    const env = { ...quiet, SESSION_GAP: '2s', ALLOWED_LATENESS: '0s' }
    await succeed(['setup'], env)
    const worker = start(env)
    const event = { eventId: 'e1', tabId: 't1', type: 'page-view', timestamp: Date.now() }
    await sessionloom(['produce', '-'], { env, input: `${JSON.stringify(event)}\n` })
    // An index that is just being made has no shard to search yet.
    const found = () => liveDocuments(client, quiet.INDEX_PREFIX as string).catch(() => [])
    const status = async () => (await found())[0]?.metadata.status
    for (let i = 0; i < 120 && (await status()) !== 'ended'; i++) await sleep(250)
    assert.equal(await status(), 'ended', worker.output())
    worker.child.kill('SIGTERM')
    assert.equal(await worker.exit, 0)
  })

  test('records that are no events become dead letters with their bytes, and everything adds up', async () => {
    const env = fresh()
    await succeed(['setup'], env)
    const worker = start({ ...env, LOG_LEVEL: 'debug' })
    await sessionloom(['produce', '-'], { env, input: `${lines[0]}\n{"broken"\n${lines[1]}\n` })
    await untilCaughtUp(admin, env.topic, env.topic)
    const [letters] = await admin.fetchTopicOffsets(env.KAFKA_DEAD_LETTER_TOPIC as string)
    assert.equal(letters?.high, '1')
    worker.child.kill('SIGTERM')
    assert.equal(await worker.exit, 0)
    const batches = worker
      .output()
      .split('\n')
      .filter(line => line.includes('BatchProcessed'))
      .map(line => JSON.parse(line))
    const sum = (field: string) => batches.reduce((total, batch) => total + batch[field], 0)
    assert.equal(sum('records'), 3)
    assert.equal(sum('applied') + sum('duplicates') + sum('alreadyApplied') + sum('deadLetters'), 3)
  })

  describe('what does not fit together is refused with a message, and nothing is written', () => {
    /** Ends by itself, unsuccessfully, with such a message, without a stack trace and without a document. */
    async function refused(env: Record<string, string>, message: RegExp, exitCode = 1) {
      const worker = start(env)
      assert.equal(await worker.exit, exitCode, worker.output())
      assert.match(worker.output(), message)
      assert.doesNotMatch(worker.output(), /\n {4}at /)
      assert.deepEqual(await liveDocuments(client, env.INDEX_PREFIX as string), [])
    }

    test('a topic that is not there', () => refused(fresh(), /topic e2e-\S+ .*sessionloom setup/s))

    test('a missing template', async () => {
      const env = fresh()
      await succeed(['setup'], { ...env, INDEX_PREFIX: freshPrefix() })
      await refused(env, /template.*sessionloom setup/s)
    })

    test('another gap, another topic, another partition count, another epoch', async () => {
      const env = fresh()
      const other = fresh()
      await succeed(['setup'], env)
      await succeed(['setup'], other)
      await refused({ ...env, SESSION_GAP: '30m' }, /SESSION_GAP=600000ms/)
      await refused({ ...env, KAFKA_TOPIC: other.topic }, /topic/)
      await refused({ ...env, SOURCE_EPOCH: '1' }, /epoch/i)
      await admin.createPartitions({ topicPartitions: [{ topic: env.topic, count: 5 }] })
      await refused(env, /partitions/)
    })

    test('a broker or a node that does not answer', async () => {
      const env = fresh()
      await succeed(['setup'], env)
      // Each waits for what does not answer.
      await Promise.all([
        refused({ ...env, KAFKA_BROKERS: '127.0.0.1:9' }, /127\.0\.0\.1:9/),
        refused(
          { ...env, ELASTICSEARCH_NODE: 'http://user:hunter2@127.0.0.1:9' },
          /^(?!.*hunter2).*127\.0\.0\.1:9/s,
        ),
      ])
    })

    test('wrong settings, all of them at once', () =>
      refused(
        { ...fresh(), SESSION_GAP: 'soon', SOURCE_EPOCH: '-1', ON_DATA_LOSS: 'x' },
        /SOURCE_EPOCH.*SESSION_GAP.*ON_DATA_LOSS/s,
        2,
      ))
  })

  test('a topic that was recreated under its name is refused', async () => {
    const env = fresh()
    await succeed(['setup'], env)
    const worker = start(env)
    await sessionloom(['produce', '-'], { env, input: `${lines.slice(0, 100).join('\n')}\n` })
    await untilCaughtUp(admin, env.topic, env.topic)
    worker.child.kill('SIGTERM')
    await worker.exit
    await admin.deleteGroups([env.topic])
    await admin.deleteTopics({ topics: [env.topic] })
    for (let i = 0; i < 40 && (await admin.listTopics()).includes(env.topic); i++) await sleep(250)
    await succeed(['setup'], env)
    const again = start(env)
    assert.equal(await again.exit, 1)
    assert.match(again.output(), /SOURCE_EPOCH=1/)
  })

  test('lag is what is not committed', async () => {
    const env = fresh()
    await succeed(['setup'], env)
    await sessionloom(['produce', '-'], { env, input: `${lines.slice(0, 10).join('\n')}\n` })
    assert.equal(await lagOf(admin, env.topic, env.topic), 10)
  })
})
