import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import kafkajs, { type AclEntry, type Admin } from 'kafkajs'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { sessionloom } from '../support/command.ts'
import { elasticsearchUnderTest, prefixesOn } from '../support/elasticsearch-under-test.ts'
import {
  type Certificates,
  makeCertificates,
  password,
  principals,
  type SecureKafka,
  startSecureKafka,
} from '../support/secure-kafka.ts'
import { UnavailableError } from '../support/server.ts'
import { startWorker, untilCaughtUp, type WorkerProcess } from '../support/worker-process.ts'

const { node, skip } = elasticsearchUnderTest('kafka-security.test.ts')
const { AclResourceTypes, AclOperationTypes, AclPermissionTypes, ResourcePatternTypes } = kafkajs
const wrongPassword = 'battery staple'

describe('a broker with security on', { skip }, () => {
  const { freshPrefix } = prefixesOn(node)
  const names: string[] = []
  let certificates: Certificates | undefined
  let kafka: SecureKafka | undefined
  let admin: Admin
  let unavailable: string | undefined

  before(async () => {
    try {
      certificates = await makeCertificates()
      kafka = await startSecureKafka(certificates)
    } catch (error) {
      if (!(error instanceof UnavailableError) || process.env.REQUIRE_SERVICES === '1') throw error
      unavailable = error.message
      return
    }
    admin = createKafka({ brokers: [kafka.plain], clientId: 'administrator' }).admin()
    await admin.connect()
  })
  after(async () => {
    await admin?.disconnect()
    await kafka?.stop()
    await certificates?.remove()
  })

  /** What `produce` says and how it ends, after the topic was made and `produce`'s rights were granted. */
  async function produce(env: Record<string, string>, principal: string) {
    const topic = `secure-${randomBytes(4).toString('hex')}`
    names.push(topic)
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
    await grant(principal, topicRights(topic, 'WRITE'))
    const event = { eventId: 'e', tabId: 't', type: 'click', timestamp: 1_700_000_000_000 }
    const input = `${JSON.stringify(event)}\n`
    const finished = await sessionloom(['produce', '-'], { env: { ...env, KAFKA_TOPIC: topic }, input })
    const [offsets] = await admin.fetchTopicOffsets(topic)
    return { ...finished, written: Number(offsets?.high) }
  }

  const grant = (
    principal: string,
    rights: readonly Pick<AclEntry, 'resourceType' | 'resourceName' | 'operation'>[],
  ) =>
    admin.createAcls({
      acl: rights.map(right => ({
        ...right,
        principal,
        host: '*',
        permissionType: AclPermissionTypes.ALLOW,
        resourcePatternType: ResourcePatternTypes.LITERAL,
      })),
    })

  const topicRights = (topic: string, ...operations: (keyof typeof AclOperationTypes)[]) =>
    operations.map(operation => ({
      resourceType: AclResourceTypes.TOPIC,
      resourceName: topic,
      operation: AclOperationTypes[operation],
    }))

  const modes: [string, () => Record<string, string>, string][] = [
    ['TLS and mTLS', () => mutual(), principals.certificate],
    ...(['plain', 'scram-sha-256', 'scram-sha-512'] as const).flatMap(
      (mechanism): [string, () => Record<string, string>, string][] => [
        [`SASL ${mechanism} over TLS`, () => sasl(mechanism, true), principals.sasl],
        [`SASL ${mechanism}`, () => sasl(mechanism, false), principals.sasl],
      ],
    ),
  ]
  const mutual = () => ({
    KAFKA_BROKERS: kafka!.mutualTls,
    KAFKA_TLS: 'on',
    KAFKA_CA_FILE: certificates!.ca,
    KAFKA_CERT_FILE: certificates!.clientCert,
    KAFKA_KEY_FILE: certificates!.clientKey,
  })
  const sasl = (mechanism: string, tls: boolean) => ({
    KAFKA_BROKERS: tls ? kafka!.saslTls : kafka!.sasl,
    ...(tls && { KAFKA_TLS: 'on', KAFKA_CA_FILE: certificates!.ca }),
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_USERNAME: 'worker',
    KAFKA_PASSWORD: password,
  })

  for (const [mode, settings, principal] of modes)
    test(`accepts the right credentials: ${mode}`, async t => {
      if (unavailable) return t.skip(unavailable)
      const { exitCode, stderr, written } = await produce(settings(), principal)
      assert.equal(exitCode, 0, stderr)
      assert.equal(written, 1)
    })

  const refusals: [string, () => Record<string, string>, RegExp][] = [
    [
      'a wrong password (plain)',
      () => ({ ...sasl('plain', true), KAFKA_PASSWORD: wrongPassword }),
      /refused this user/,
    ],
    [
      'a wrong password (scram)',
      () => ({ ...sasl('scram-sha-256', true), KAFKA_PASSWORD: wrongPassword }),
      /refused this user/,
    ],
    ['an unknown authority', () => ({ ...sasl('plain', true), KAFKA_CA_FILE: '' }), /certificate/],
    [
      'no client certificate',
      () => ({ ...mutual(), KAFKA_CERT_FILE: '', KAFKA_KEY_FILE: '' }),
      /certificate|cannot be reached/,
    ],
    ['plain text where TLS is spoken', () => ({ KAFKA_BROKERS: kafka!.tls }), /cannot be reached/],
  ]
  for (const [what, settings, message] of refusals)
    test(`refuses ${what}, and shows no secret`, async t => {
      if (unavailable) return t.skip(unavailable)
      const topic = `refused-${randomBytes(4).toString('hex')}`
      const env = { ...settings(), KAFKA_TOPIC: topic, ELASTICSEARCH_NODE: node, INDEX_PREFIX: freshPrefix() }
      const { exitCode, stdout, stderr } = await sessionloom(['setup'], { env })
      assert.equal(exitCode, 1, stderr)
      assert.match(stderr, message)
      assert.doesNotMatch(stdout + stderr, /correct horse|battery staple|\n {4}at /)
      assert.ok(!(await admin.listTopics()).includes(topic))
    })

  test('a worker needs exactly the rights that the README lists', async t => {
    if (unavailable) return t.skip(unavailable)
    const topic = `rights-${randomBytes(4).toString('hex')}`
    const deadLetters = `${topic}.dead-letters`
    const plain = {
      KAFKA_BROKERS: kafka!.plain,
      KAFKA_TOPIC: topic,
      KAFKA_DEAD_LETTER_TOPIC: deadLetters,
      KAFKA_GROUP_ID: topic,
      ELASTICSEARCH_NODE: node,
      INDEX_PREFIX: freshPrefix(),
    }
    assert.equal((await sessionloom(['setup'], { env: plain })).exitCode, 0)
    const input = '{"eventId":"e","tabId":"t","type":"click","timestamp":1700000000000}\n{"broken"\n'
    assert.equal((await sessionloom(['produce', '-'], { env: plain, input })).exitCode, 0)
    const env = { ...plain, ...sasl('scram-sha-512', true) }
    const run = async (): Promise<WorkerProcess> => startWorker(env)
    const rights = [
      ...topicRights(topic, 'READ'),
      {
        resourceType: AclResourceTypes.GROUP,
        resourceName: topic,
        operation: AclOperationTypes.READ,
      },
      ...topicRights(deadLetters, 'WRITE'),
    ]
    // One after the other: with any of them missing the worker ends and says what it may not do.
    for (const right of rights) {
      const worker = await run()
      const exitCode = await Promise.race([
        worker.exit,
        untilCaughtUp(admin, topic, topic, 30_000).then(() => 'went on'),
      ])
      assert.equal(exitCode, 1, `without ${JSON.stringify(right)}: ${worker.output()}`)
      assert.match(worker.output(), /refused this user|no topic/)
      await grant(principals.sasl, [right])
    }
    const worker = await run()
    await untilCaughtUp(admin, topic, topic)
    const [letters] = await admin.fetchTopicOffsets(deadLetters)
    assert.equal(letters?.high, '1')
    worker.child.kill('SIGTERM')
    assert.equal(await worker.exit, 0, worker.output())
  })
})
