import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createServer } from 'node:tls'
import { connectElasticsearch } from '../../src/adapters/elasticsearch-client.ts'
import { sessionloom } from '../support/command.ts'
import { documentedRole } from '../support/documented-rights.ts'
import { kafkaClient, withoutKafka } from '../support/kafka-fixture.ts'
import { administrator, secureElasticsearchUnderTest } from '../support/secure-elasticsearch.ts'
import { makeCertificates } from '../support/secure-kafka.ts'

type Secured = NonNullable<ReturnType<ReturnType<typeof secureElasticsearchUnderTest>>>
type Env = Record<string, string>

const user = {
  ELASTICSEARCH_USERNAME: administrator.username,
  ELASTICSEARCH_PASSWORD: administrator.password,
}
const secrets = /correct horse|battery staple|\n {4}at /

/** `setup` on a fresh prefix: it reads and writes, and ends by itself. */
async function setup(secured: Secured, settings: Env, prefix = fresh()) {
  const topic = `secure-${prefix}`
  const env = {
    KAFKA_BROKERS: kafkaClient.brokers.join(','),
    KAFKA_TOPIC: topic,
    KAFKA_DEAD_LETTER_TOPIC: `${topic}.dead-letters`,
    ELASTICSEARCH_NODE: secured.node,
    INDEX_PREFIX: prefix,
    ...settings,
  }
  const finished = await sessionloom(['setup'], { env })
  const isInstalled = await secured.client.indices.existsIndexTemplate({ name: prefix })
  assert.doesNotMatch(finished.stdout + finished.stderr, secrets)
  return { ...finished, isInstalled }
}

const fresh = () => `t${randomBytes(5).toString('hex')}`

describe('a node with security on', { skip: withoutKafka }, () => {
  const under = secureElasticsearchUnderTest('elasticsearch-security.test.ts')
  const ca = ({ certificates }: Secured): Env => ({ ELASTICSEARCH_CA_FILE: certificates.ca })
  const fingerprint = ({ certificates }: Secured): Env => ({
    ELASTICSEARCH_CA_FINGERPRINT: certificates.caFingerprint,
  })

  const accepted: [string, (secured: Secured, prefix: string) => Promise<Env>][] = [
    ['a user, by the authority', async secured => ({ ...ca(secured), ...user })],
    ['a user, by its fingerprint', async secured => ({ ...fingerprint(secured), ...user })],
    [
      'a fingerprint in lower case, without colons',
      async secured => ({
        ELASTICSEARCH_CA_FINGERPRINT: secured.certificates.caFingerprint.replaceAll(':', '').toLowerCase(),
        ...user,
      }),
    ],
    [
      'an API key',
      async (secured, prefix) => ({
        ...ca(secured),
        ELASTICSEARCH_API_KEY: await secured.apiKey(prefix, documentedRole('setup')),
      }),
    ],
    [
      'an API key from a file',
      async (secured, prefix) => {
        const file = join(secured.certificates.directory, 'api-key')
        writeFileSync(file, `${await secured.apiKey(prefix, documentedRole('setup'))}\n`)
        return { ...fingerprint(secured), ELASTICSEARCH_API_KEY_FILE: file }
      },
    ],
  ]
  for (const [what, settings] of accepted)
    test(`accepts ${what}`, async t => {
      const secured = under(t)
      if (!secured) return
      const prefix = fresh()
      const { exitCode, stderr, isInstalled } = await setup(secured, await settings(secured, prefix), prefix)
      assert.equal(exitCode, 0, stderr)
      assert.ok(isInstalled)
    })

  const refused: [string, (secured: Secured) => Promise<Env>, RegExp][] = [
    [
      'a wrong password',
      async secured => ({ ...ca(secured), ...user, ELASTICSEARCH_PASSWORD: 'battery staple' }),
      /does not know these credentials.*Check them/,
    ],
    [
      'an API key that does not exist',
      async secured => ({ ...ca(secured), ELASTICSEARCH_API_KEY: btoa('nobody:battery staple') }),
      /does not know these credentials/,
    ],
    ['nobody', async secured => ca(secured), /does not know these credentials/],
    ['to be trusted unseen', async () => user, /not trusted.*Set ELASTICSEARCH_CA_FILE/],
    [
      'to be trusted by another authority',
      async secured => ({ ELASTICSEARCH_CA_FILE: secured.certificates.clientCert, ...user }),
      /not trusted.*Set ELASTICSEARCH_CA_FILE/,
    ],
    [
      'to be trusted by another fingerprint',
      async () => ({ ELASTICSEARCH_CA_FINGERPRINT: 'AB'.repeat(32), ...user }),
      /no certificate that the node sends has the fingerprint/,
    ],
    [
      'a fingerprint without TLS',
      async secured => ({
        ...fingerprint(secured),
        ELASTICSEARCH_NODE: secured.node.replace('https', 'http'),
      }),
      /needs an ELASTICSEARCH_NODE with https/,
    ],
  ]
  for (const [what, settings, message] of refused)
    test(`refuses ${what}, says what to do, and shows no secret`, async t => {
      const secured = under(t)
      if (!secured) return
      const { exitCode, stderr, isInstalled } = await setup(secured, await settings(secured))
      assert.notEqual(exitCode, 0)
      assert.match(stderr, message)
      assert.ok(!isInstalled)
    })

  test('an impostor that sends the right authority along is refused by its fingerprint', async t => {
    const secured = under(t)
    if (!secured) return
    const impostor = await makeCertificates()
    t.after(() => impostor.remove())
    const read = (path: string) => readFileSync(path, 'utf8')
    // Names match: only the signature tells that the authority has not signed this certificate.
    const cert = read(impostor.serverCert) + read(secured.certificates.ca)
    const server = createServer({ key: read(impostor.serverKey), cert })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const connecting = connectElasticsearch({
      node: `https://localhost:${(server.address() as { port: number }).port}`,
      caFingerprint: secured.certificates.caFingerprint,
      auth: administrator,
    })
    await assert.rejects(connecting, { code: 'unauthorized', message: /certificate/ })
  })
})
