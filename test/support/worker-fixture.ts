// Workers on topics, groups and prefixes of a test's own, and what must hold of everything that they leave behind.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before } from 'node:test'
import type { Admin } from 'kafkajs'
import { installTemplate } from '../../src/adapters/elasticsearch-template.ts'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { KafkaEventWriter, type WrittenEvent } from '../../src/adapters/kafka-event-writer.ts'
import { letterHeaders } from '../../src/adapters/kafka-letter.ts'
import { openLookups } from '../../src/lookups.ts'
import { parseDuration } from '../../src/settings.ts'
import { prefixesOn } from './elasticsearch-under-test.ts'
import { createTopic, kafkaClient, type TestTopic } from './kafka-fixture.ts'
import { readAll } from './kafka-source.ts'
import { isBroken } from './merging-events.ts'
import { defaultOracleOptions, differences, oracle } from './oracle.ts'
import { liveDocuments, redirectTargets } from './stored-documents.ts'
import {
  lagOf,
  startWorker,
  untilCaughtUp,
  type WorkerOptions,
  type WorkerProcess,
} from './worker-process.ts'

const partitions = 2
const lookups = openLookups('')

/** The settings of a worker, and what was written for it. */
export type Place = {
  readonly env: Readonly<Record<string, string>>
  readonly topic: string
  readonly written: WrittenEvent[]
}

export function workersOn(node: string) {
  const { client, freshPrefix } = prefixesOn(node)
  const workers: WorkerProcess[] = []
  const topics: TestTopic[] = []
  const writers = new Map<string, KafkaEventWriter>()
  let admin: Admin

  before(async () => {
    admin = createKafka(kafkaClient).admin()
    await admin.connect()
  })
  after(async () => {
    for (const { child } of workers) child.kill('SIGKILL')
    await Promise.all(workers.map(worker => worker.exit))
    for (const writer of writers.values()) await writer.close()
    for (const topic of topics) await topic.close()
    await admin.disconnect()
  })

  /** As after `setup`. */
  async function fresh(changes: Readonly<Record<string, string>> = {}): Promise<Place> {
    const topic = `e2e-${randomBytes(4).toString('hex')}`
    const env = {
      KAFKA_BROKERS: kafkaClient.brokers.join(','),
      KAFKA_TOPIC: topic,
      KAFKA_DEAD_LETTER_TOPIC: `${topic}.dead-letters`,
      KAFKA_GROUP_ID: topic,
      // The broker's least: a killed member holds its partitions for as long.
      KAFKA_SESSION_TIMEOUT: '6s',
      ELASTICSEARCH_NODE: node,
      INDEX_PREFIX: freshPrefix(),
      FLUSH_INTERVAL: '100ms',
      LOG_LEVEL: 'debug',
      ...changes,
    }
    const gapMs = gapOf(env)
    topics.push(
      await createTopic(partitions, {}, topic),
      await createTopic(1, {}, env.KAFKA_DEAD_LETTER_TOPIC),
    )
    await installTemplate(client, env.INDEX_PREFIX, { gapMs, epoch: 0, topic, partitions })
    writers.set(topic, new KafkaEventWriter({ client: kafkaClient, topic }))
    return { env, topic, written: [] }
  }

  async function send({ topic, written }: Place, records: readonly WrittenEvent[]): Promise<void> {
    await writers.get(topic)!.write(records)
    written.push(...records)
  }

  function start({ env }: Place, options: WorkerOptions = {}): WorkerProcess {
    const worker = startWorker(env, options)
    workers.push(worker)
    return worker
  }

  const lag = ({ topic }: Place) => lagOf(admin, topic, topic)
  const caughtUp = ({ topic }: Place) => untilCaughtUp(admin, topic, topic)

  /** Documents are the oracle's, redirects lead to their survivors, and every broken record is a dead letter. */
  async function assertExact({ env, written }: Place, { ignoreStatus = true } = {}): Promise<void> {
    const prefix = env.INDEX_PREFIX as string
    const records = written.map(({ value }) => ({ value, timestamp: null }))
    const expected = oracle(records, {
      ...defaultOracleOptions,
      gapMs: gapOf(env),
      lookups,
    })
    const live = await liveDocuments(client, prefix)
    assert.deepEqual(differences(expected, live, ignoreStatus).slice(0, 5), [])
    const targets = await redirectTargets(client, prefix)
    const lost = live.flatMap(({ id, operation }) =>
      operation.merge.filter(absorbed => survivorOf(absorbed, targets) !== id),
    )
    assert.deepEqual(lost, [], 'absorbed ids that do not lead to their survivor')
    const ids = new Set(live.map(({ id }) => id))
    const astray = [...targets.keys()].filter(id => !ids.has(survivorOf(id, targets)))
    assert.deepEqual(astray, [], 'redirects that lead to no session')
    await assertLettersAreComplete(env.KAFKA_DEAD_LETTER_TOPIC as string, written)
  }

  const topicOf = (name: string) => topics.find(topic => topic.name === name)!

  /** A letter may be there again after a crash, but from no other place. */
  async function assertLettersAreComplete(name: string, written: readonly WrittenEvent[]): Promise<void> {
    const topic = topicOf(name)
    const [end] = await admin.fetchTopicOffsets(name)
    const letters = end?.high === '0' ? [] : await readAll(topic)
    const origins = new Map<string, Set<string>>()
    for (const { value, headers } of letters) {
      const origin = `${headers[letterHeaders.partition]}-${headers[letterHeaders.offset]}`
      origins.set(String(value), (origins.get(String(value)) ?? new Set()).add(origin))
    }
    const broken = written.map(({ value }) => String(value)).filter(isBroken)
    assert.deepEqual([...origins.keys()].sort(), broken.sort())
    const places = [...origins.values()].map(set => [...set].join(' and '))
    assert.equal(new Set(places).size, broken.length, `one place each: ${places}`)
    assert.doesNotMatch(places.join(), /and/)
  }

  return {
    client,
    fresh,
    send,
    start,
    lag,
    caughtUp,
    assertExact,
    topicOf,
    admin: () => admin,
  }
}

const gapOf = (env: Readonly<Record<string, string | undefined>>): number =>
  parseDuration(env.SESSION_GAP ?? '10m') as number

function survivorOf(id: string, targets: ReadonlyMap<string, string>): string {
  const seen = new Set<string>()
  let at = id
  for (let next = targets.get(at); next !== undefined && !seen.has(next); next = targets.get(at)) {
    seen.add(next)
    at = next
  }
  return at
}
