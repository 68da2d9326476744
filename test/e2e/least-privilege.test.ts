import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Admin } from 'kafkajs'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { sessionloom } from '../support/command.ts'
import { documentedRole, withoutEach } from '../support/documented-rights.ts'
import { kafkaClient, withoutKafka } from '../support/kafka-fixture.ts'
import { secureElasticsearchUnderTest } from '../support/secure-elasticsearch.ts'
import { liveDocuments, redirectTargets } from '../support/stored-documents.ts'
import { startWorker, untilCaughtUp, workerEnv } from '../support/worker-process.ts'

const minute = 60_000
/** Nothing happens after it was received, so this lies in the past. */
const begin = Date.now() - 3 * 24 * 60 * minute

const line = (tabId: string, minutes: number, more = {}) =>
  JSON.stringify({
    eventId: `${tabId}-${minutes}`,
    tabId,
    type: 'click',
    timestamp: begin + minutes * minute,
    ...more,
  })

/** Two sessions of one tab that end; then the event that makes one of them, long after both were forgotten. */
const apart = [line('a', 0), line('a', 20), line('b', 60 * 24), line('b', 60 * 25)]
const together = [line('a', 10), line('c', 60 * 26), '{"broken"']

describe('a worker whose API key may do what the README lists, and no more', { skip: withoutKafka }, () => {
  const under = secureElasticsearchUnderTest('least-privilege.test.ts')
  const admin: Admin = createKafka(kafkaClient).admin()
  before(() => admin.connect())
  after(() => admin.disconnect())

  test('sets up, writes, restores, recalls, merges and follows redirects', async t => {
    const secured = under(t)
    if (!secured) return
    const prefix = `e${randomBytes(4).toString('hex')}`
    const topic = `least-${prefix}`
    t.after(() => admin.deleteTopics({ topics: [topic, `${topic}.dead-letters`] }))
    const place = {
      ...workerEnv(kafkaClient.brokers, topic, secured.node),
      KAFKA_PARTITIONS: '1',
      INDEX_PREFIX: prefix,
      ELASTICSEARCH_CA_FILE: secured.certificates.ca,
      LOG_LEVEL: 'debug',
    }
    const command = async (words: string[], env: Record<string, string>, lines: string[] = []) => {
      const { exitCode, stderr } = await sessionloom(words, {
        env: { ...place, ...env },
        input: lines.join('\n'),
      })
      assert.equal(exitCode, 0, stderr)
    }
    const runUntilCaughtUp = async () => {
      const worker = startWorker({ ...place, ELASTICSEARCH_API_KEY: key })
      await Promise.race([untilCaughtUp(admin, topic, topic), worker.exit])
      worker.child.kill('SIGTERM')
      assert.equal(await worker.exit, 0, worker.output())
      return worker.output()
    }
    const key = await secured.apiKey(prefix, documentedRole('run'))
    await command(['setup'], { ELASTICSEARCH_API_KEY: await secured.apiKey(prefix, documentedRole('setup')) })

    await command(['produce', '-'], {}, apart)
    await runUntilCaughtUp()
    assert.equal((await liveDocuments(secured.client, prefix)).length, 4)

    await command(['produce', '-'], {}, together)
    const output = await runUntilCaughtUp()
    assert.match(output, /"event":"PartitionRestored".*"sessions":[1-9]/)
    assert.match(output, /"event":"SessionsRecalled".*"documents":[1-9]/)
    const sessions = await liveDocuments(secured.client, prefix)
    assert.deepEqual(sessions.map(({ tabId }) => tabId).sort(), ['a', 'b', 'b', 'c'])
    const merged = sessions.find(({ tabId }) => tabId === 'a')
    const targets = await redirectTargets(secured.client, prefix)
    assert.deepEqual([...new Set(targets.values())], [merged?.id])

    // A recall that meets the redirect alone.
    await command(['produce', '-'], {}, [line('a', 25)])
    await runUntilCaughtUp()
    const again = await liveDocuments(secured.client, prefix)
    assert.equal(again.find(({ tabId }) => tabId === 'a')?.activity.events, 4)
  })

  for (const { privilege, role } of withoutEach(documentedRole('run')))
    test(`does not start without \`${privilege}\`, and says so`, async t => {
      const secured = under(t)
      if (!secured) return
      const prefix = `e${randomBytes(4).toString('hex')}`
      const topic = `least-${prefix}`
      await admin.createTopics({
        topics: [topic, `${topic}.dead-letters`].map(topic => ({ topic, numPartitions: 1 })),
      })
      t.after(() => admin.deleteTopics({ topics: [topic, `${topic}.dead-letters`] }))
      const worker = startWorker({
        ...workerEnv(kafkaClient.brokers, topic, secured.node),
        INDEX_PREFIX: prefix,
        ELASTICSEARCH_CA_FILE: secured.certificates.ca,
        ELASTICSEARCH_API_KEY: await secured.apiKey(prefix, role),
      })
      assert.equal(await worker.exit, 1, worker.output())
      assert.match(worker.output(), new RegExp(`\\b${privilege}\\b.*README`))
    })
})
