// Workers on topics, groups and prefixes of a test's own, and what must hold of everything that they leave behind.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { installTemplate } from '../../src/adapters/elasticsearch-template.ts'
import { KafkaEventWriter, type WrittenEvent } from '../../src/adapters/kafka-event-writer.ts'
import { letterHeaders } from '../../src/adapters/kafka-letter.ts'
import { isReplayMark } from '../../src/adapters/kafka-stored-letter.ts'
import { openLookups } from '../../src/lookups.ts'
import { parseDuration } from '../../src/setting-values.ts'
import { prefixesOn } from './elasticsearch-under-test.ts'
import { lagOf } from './group-lag.ts'
import { createTopic, kafkaClient, type TestTopic } from './kafka-fixture.ts'
import { readAll } from './kafka-source.ts'
import { isBroken } from './merging-events.ts'
import { defaultOracleOptions, differences, oracle } from './oracle.ts'
import { liveDocuments, redirectTargets, survivorOf } from './stored-documents.ts'
import { untilCaughtUp, type WorkerOptions, type WorkerProcess, workerEnv } from './worker-process.ts'
import { workerSuite } from './worker-suite.ts'

const partitions = 2
const lookups = openLookups()

/** The settings of a worker, and what was written for it. */
export type Place = {
  readonly env: Readonly<Record<string, string>>
  readonly topic: string
  readonly written: WrittenEvent[]
}

export function workersOn(node: string) {
  const { client, freshPrefix } = prefixesOn(node)
  const topics: TestTopic[] = []
  const writers = new Map<string, KafkaEventWriter>()
  const suite = workerSuite(async () => {
    for (const writer of writers.values()) await writer.close()
    for (const topic of topics) await topic.close()
  })
  const { admin } = suite

  /** As after `setup`. */
  async function fresh(changes: Readonly<Record<string, string>> = {}): Promise<Place> {
    const topic = `e2e-${randomBytes(4).toString('hex')}`
    const env = {
      ...workerEnv(kafkaClient.brokers, topic, node),
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

  const start = ({ env }: Place, options: WorkerOptions = {}): WorkerProcess => suite.start(env, options)

  const lag = ({ topic, env }: Place) => lagOf(admin, env.KAFKA_GROUP_ID as string, topic)
  const caughtUp = ({ topic, env }: Place) => untilCaughtUp(admin, env.KAFKA_GROUP_ID as string, topic)

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
    const letters = (await readAll(topicOf(name))).filter(letter => !isReplayMark(letter))
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

  return { fresh, send, start, lag, caughtUp, assertExact }
}

const gapOf = (env: Readonly<Record<string, string | undefined>>): number =>
  parseDuration(env.SESSION_GAP ?? '10m') as number
