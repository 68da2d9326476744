import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { sessionloom } from '../support/command.ts'
import { assertFound, diagnose } from '../support/doctor-fixture.ts'
import { documentedRights } from '../support/documented-rights.ts'
import { elasticsearchUnderTest, prefixesOn } from '../support/elasticsearch-under-test.ts'
import { grant } from '../support/kafka-rights.ts'
import { principals, type SecuredKafka, sasl, secureKafkaUnderTest } from '../support/secure-kafka.ts'
import { startWorker, untilCaughtUp } from '../support/worker-process.ts'

const { node, skip } = elasticsearchUnderTest('kafka-rights.test.ts')
const refusal = /refused this user.*rights on (topic|group) .*README/

describe('a broker with an authorizer', { skip }, () => {
  const { freshPrefix } = prefixesOn(node)
  const under = secureKafkaUnderTest('kafka-rights.test.ts')

  /** Settings on topics of a test's own, of the administrator and of a user without any right yet. */
  function place(at: SecuredKafka) {
    const topic = `rights-${randomBytes(4).toString('hex')}`
    const own = {
      KAFKA_TOPIC: topic,
      KAFKA_DEAD_LETTER_TOPIC: `${topic}.dead-letters`,
      KAFKA_GROUP_ID: topic,
      ELASTICSEARCH_NODE: node,
      INDEX_PREFIX: freshPrefix(),
    }
    const administrator = { ...own, KAFKA_BROKERS: at.kafka.plain }
    return { topic, administrator, user: { ...own, ...sasl(at, 'scram-sha-512', true) } }
  }

  test('a worker needs exactly the rights that the README lists', async t => {
    const at = under(t)
    if (!at) return
    const { topic, administrator, user } = place(at)
    assert.equal((await sessionloom(['setup'], { env: administrator })).exitCode, 0)
    const input = '{"eventId":"e","tabId":"t","type":"click","timestamp":1700000000000}\n{"broken"\n'
    assert.equal((await sessionloom(['produce', '-'], { env: administrator, input })).exitCode, 0)
    const rights = documentedRights('run', user)
    assert.equal(rights.length, 3)
    // One after the other: with any of them missing the worker ends and says what it may not do.
    for (const right of rights) {
      const worker = startWorker(user)
      const exitCode: number | string | null = await Promise.race([
        worker.exit,
        untilCaughtUp(at.admin, topic, topic, 30_000).then(() => 'went on'),
      ])
      assert.equal(exitCode, 1, `without ${JSON.stringify(right)}: ${worker.output()}`)
      assert.match(worker.output(), refusal)
      await grant(at.admin, principals.sasl, [right])
    }
    const worker = startWorker(user)
    await untilCaughtUp(at.admin, topic, topic)
    const [letters] = await at.admin.fetchTopicOffsets(user.KAFKA_DEAD_LETTER_TOPIC)
    assert.equal(letters?.high, '1')
    worker.child.kill('SIGTERM')
    assert.equal(await worker.exit, 0, worker.output())
  })

  test('`setup` creates the topics with exactly the rights that the README lists', async t => {
    const at = under(t)
    if (!at) return
    const { topic, user } = place(at)
    await grant(at.admin, principals.sasl, documentedRights('setup', user))
    const { exitCode, stderr } = await sessionloom(['setup'], { env: user })
    assert.equal(exitCode, 0, stderr)
    const topics = await at.admin.listTopics()
    assert.ok(topics.includes(topic) && topics.includes(user.KAFKA_DEAD_LETTER_TOPIC))
  })

  const names = { KAFKA_TOPIC: 'KAFKA_TOPIC', KAFKA_DEAD_LETTER_TOPIC: 'KAFKA_DEAD_LETTER_TOPIC' }
  for (const [i, { name, operation }] of documentedRights('setup', names).entries())
    test(`\`setup\` is refused without ${operation} on ${name}, and names the topic`, async t => {
      const at = under(t)
      if (!at) return
      const { user } = place(at)
      const rights = documentedRights('setup', user)
      await grant(at.admin, principals.sasl, rights.toSpliced(i, 1))
      const { exitCode, stderr } = await sessionloom(['setup'], { env: user })
      assert.equal(exitCode, 1, stderr)
      assert.match(stderr, refusal)
      assert.ok(stderr.includes(`rights on topic ${rights[i]?.name} (`), stderr)
    })

  test('`setup` needs no more than Describe on topics that exist', async t => {
    const at = under(t)
    if (!at) return
    const { administrator, user } = place(at)
    assert.equal((await sessionloom(['setup'], { env: administrator })).exitCode, 0)
    const describing = documentedRights('setup', user).filter(({ operation }) => operation === 'Describe')
    await grant(at.admin, principals.sasl, describing)
    const { exitCode, stderr, stdout } = await sessionloom(['setup'], { env: user })
    assert.equal(exitCode, 0, stderr)
    assert.match(stdout, /was there.*\n.*was there/)
  })

  test('doctor names each right that a worker lacks, without using it', async t => {
    const at = under(t)
    if (!at) return
    const { topic, administrator, user } = place(at)
    assert.equal((await sessionloom(['setup'], { env: administrator })).exitCode, 0)
    const deadLetters = user.KAFKA_DEAD_LETTER_TOPIC
    await grant(at.admin, principals.sasl, [
      { on: 'topic', name: topic, operation: 'Describe' },
      { on: 'topic', name: deadLetters, operation: 'Describe' },
      { on: 'group', name: topic, operation: 'Describe' },
    ])
    const config = ['warn', /may not be read\. Grant DescribeConfigs/] as const
    const unread = { 'cleanup policy': config, retention: config, 'room for dead letters': config }
    assertFound(await diagnose(user), {
      ...unread,
      'right to read': ['fail', /refused this user.*Grant Read on topic rights-/],
      'right to join': ['fail', /refused this user.*Grant Read on group rights-/],
      'right to write': ['fail', /refused this user.*Grant Write on topic rights-.*dead-letters/],
    })
    await grant(at.admin, principals.sasl, [
      ...documentedRights('run', user),
      { on: 'topic', name: topic, operation: 'DescribeConfigs' },
      { on: 'topic', name: deadLetters, operation: 'DescribeConfigs' },
    ])
    const granted = await diagnose(user)
    assertFound(granted, {})
    const broker = `broker ${at.kafka.saslTls}`
    assert.match(granted.of(broker).message, /TLS and SASL scram-sha-512 accepted/)
    const [letters] = await at.admin.fetchTopicOffsets(deadLetters)
    assert.equal(letters?.high, '0')
    const refused = await diagnose({ ...user, KAFKA_PASSWORD: 'battery staple' })
    assert.match(refused.of(broker).message, /refused this user.*Check the user name/)
    assert.equal(refused.exitCode, 1)
    assert.doesNotMatch(JSON.stringify(refused.all), /battery staple|correct horse/)
  })
})
