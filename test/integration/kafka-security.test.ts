import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { sessionloom } from '../support/command.ts'
import { documentedRights } from '../support/documented-rights.ts'
import { elasticsearchUnderTest, prefixesOn } from '../support/elasticsearch-under-test.ts'
import { grant } from '../support/kafka-rights.ts'
import { mutual, principals, type SecuredKafka, sasl, secureKafkaUnderTest } from '../support/secure-kafka.ts'

const { node, skip } = elasticsearchUnderTest('kafka-security.test.ts')
const wrongPassword = 'battery staple'
type Env = Record<string, string>

describe('a broker with security on', { skip }, () => {
  const { freshPrefix } = prefixesOn(node)
  const under = secureKafkaUnderTest('kafka-security.test.ts')

  /** What `produce` says and how it ends, after the topic was made and `produce`'s rights were granted. */
  async function produce({ admin }: SecuredKafka, settings: Env, principal: string) {
    const topic = `secure-${randomBytes(4).toString('hex')}`
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
    const env = { ...settings, KAFKA_TOPIC: topic }
    await grant(admin, principal, documentedRights('produce', env))
    const event = { eventId: 'e', tabId: 't', type: 'click', timestamp: 1_700_000_000_000 }
    const finished = await sessionloom(['produce', '-'], { env, input: `${JSON.stringify(event)}\n` })
    const [offsets] = await admin.fetchTopicOffsets(topic)
    return { ...finished, written: Number(offsets?.high) }
  }

  const modes: [string, (at: SecuredKafka) => Env, string][] = [
    ['TLS and mTLS', mutual, principals.certificate],
    ...(['plain', 'scram-sha-256', 'scram-sha-512'] as const).flatMap(
      (mechanism): [string, (at: SecuredKafka) => Env, string][] => [
        [`SASL ${mechanism} over TLS`, at => sasl(at, mechanism, true), principals.sasl],
        [`SASL ${mechanism}`, at => sasl(at, mechanism, false), principals.sasl],
      ],
    ),
  ]
  for (const [mode, settings, principal] of modes)
    test(`accepts the right credentials: ${mode}`, async t => {
      const at = under(t)
      if (!at) return
      const { exitCode, stderr, written } = await produce(at, settings(at), principal)
      assert.equal(exitCode, 0, stderr)
      assert.equal(written, 1)
    })

  const refusals: [string, (at: SecuredKafka) => Env, RegExp][] = [
    [
      'a wrong password (plain)',
      at => ({ ...sasl(at, 'plain', true), KAFKA_PASSWORD: wrongPassword }),
      /refused this user/,
    ],
    [
      'a wrong password (scram)',
      at => ({ ...sasl(at, 'scram-sha-256', true), KAFKA_PASSWORD: wrongPassword }),
      /refused this user/,
    ],
    ['an unknown authority', at => ({ ...sasl(at, 'plain', true), KAFKA_CA_FILE: '' }), /certificate/],
    [
      'no client certificate',
      at => ({ ...mutual(at), KAFKA_CERT_FILE: '', KAFKA_KEY_FILE: '' }),
      /certificate|cannot be reached/,
    ],
    ['plain text where TLS is spoken', ({ kafka }) => ({ KAFKA_BROKERS: kafka.tls }), /cannot be reached/],
  ]
  for (const [what, settings, message] of refusals)
    test(`refuses ${what}, and shows no secret`, async t => {
      const at = under(t)
      if (!at) return
      const topic = `refused-${randomBytes(4).toString('hex')}`
      const env = {
        ...settings(at),
        KAFKA_TOPIC: topic,
        ELASTICSEARCH_NODE: node,
        INDEX_PREFIX: freshPrefix(),
      }
      const { exitCode, stdout, stderr } = await sessionloom(['setup'], { env })
      assert.equal(exitCode, 1, stderr)
      assert.match(stderr, message)
      assert.doesNotMatch(stdout + stderr, /correct horse|battery staple|\n {4}at /)
      assert.ok(!(await at.admin.listTopics()).includes(topic))
    })
})
