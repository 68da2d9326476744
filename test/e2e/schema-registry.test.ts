// Events in Avro, JSON Schema and Protobuf, from Kafka through workers into Elasticsearch, with a real registry that
// comes and goes.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openLookups } from '../../src/lookups.ts'
import { behaviour } from '../support/behaviour.ts'
import { sessionloom } from '../support/command.ts'
import { elasticsearchUnderTest, prefixesOn } from '../support/elasticsearch-under-test.ts'
import {
  type Encoding,
  encodedFieldMap,
  type PlainEvent,
  registerEncodings,
  wire,
} from '../support/event-encodings.ts'
import { type FaultServer, startFaultServer } from '../support/fault-server.ts'
import { formatWriters } from '../support/format-writers.ts'
import { createTopic, kafkaClient, type TestTopic, withoutKafka } from '../support/kafka-fixture.ts'
import { readAll } from '../support/kafka-source.ts'
import { defaultOracleOptions, describeDiff, diff, oracle } from '../support/oracle.ts'
import { waitUntil } from '../support/ready.ts'
import { schemaRegistryUnderTest } from '../support/schema-registry.ts'
import { liveDocuments } from '../support/stored-documents.ts'
import { untilCaughtUp, type WorkerProcess, workerEnv } from '../support/worker-process.ts'
import { workerSuite } from '../support/worker-suite.ts'

const { node, skip } = elasticsearchUnderTest('schema-registry.test.ts')
const under = withoutKafka || skip ? null : await schemaRegistryUnderTest('schema-registry.test.ts')
const registry = under?.registry ?? null

describe('with a schema registry', { skip: withoutKafka || skip || under?.skip }, () => {
  const { client, freshPrefix } = prefixesOn(node)
  const topics: TestTopic[] = []
  const { admin, start } = workerSuite(async admin => {
    await admin.deleteTopics({ topics: topics.map(({ name }) => `${name}.dead-letters`) }).catch(() => {})
    await Promise.all(topics.map(topic => topic.close()))
  })
  let directory: string
  let encodings: readonly Encoding[]
  /** Stands before the registry. */
  let gate: FaultServer
  let isDown = false

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sessionloom-registry-'))
    await writeFile(join(directory, 'map.json'), JSON.stringify(encodedFieldMap))
    assert(registry)
    encodings = await registerEncodings(registry.address)
    const { origin, pathname } = new URL(registry.address)
    gate = await startFaultServer(({ path }) => {
      assert.ok(path.startsWith(pathname))
      return { kind: isDown ? 'drop' : 'pass' }
    }, origin)
  })
  after(async () => {
    await gate.close()
    await registry?.stop()
    await rm(directory, { recursive: true })
  })

  const events = behaviour().map(deed => JSON.parse(formatWriters[0]!.write(deed)) as PlainEvent)
  const expected = oracle(
    events.map(event => ({ value: JSON.stringify(event), timestamp: null })),
    { ...defaultOracleOptions, lookups: openLookups() },
  )

  /** A topic with its dead letters and indices, and the settings of a worker on them. */
  async function setUp() {
    const topic = await createTopic(2, {}, `registry-${randomBytes(4).toString('hex')}`)
    topics.push(topic)
    const { pathname } = new URL(registry!.address)
    const env = {
      ...workerEnv(kafkaClient.brokers, topic.name, node),
      INDEX_PREFIX: freshPrefix(),
      FIELD_MAP: join(directory, 'map.json'),
      SCHEMA_REGISTRY_URL: `${gate.address}${pathname}`,
    }
    await succeed(['setup'], env)
    return { topic, env }
  }

  async function succeed(words: readonly string[], env: Record<string, string>): Promise<string> {
    const { exitCode, stdout, stderr } = await sessionloom(words, { env })
    assert.equal(exitCode, 0, stderr)
    return stdout
  }

  /** Each keyed by its tab. */
  const written = (encoding: Encoding, from = 0, to = events.length) =>
    events.slice(from, to).map(event => ({ key: String(event.tabId), value: encoding.write(event) }))

  async function assertExact(env: { INDEX_PREFIX: string }) {
    const documents = await liveDocuments(client, env.INDEX_PREFIX)
    assert.deepEqual(describeDiff(diff(expected, documents, { ignoreStatus: true })).slice(0, 5), [])
  }

  const eventsOf = (worker: WorkerProcess, kind: string): Record<string, unknown>[] =>
    worker
      .output()
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line))
      .filter(({ event }) => event === kind)

  async function readiness(worker: WorkerProcess): Promise<string> {
    const [served] = eventsOf(worker, 'StatusServed')
    if (served === undefined) return 'not served yet'
    return (await fetch(`${served.address}/readyz`)).text()
  }

  async function stop(worker: WorkerProcess): Promise<void> {
    worker.child.kill('SIGTERM')
    assert.equal(await worker.exit, 0, worker.output())
  }

  for (const [i, name] of (['Avro', 'JSON Schema', 'Protobuf'] as const).entries())
    test(`${name} gives the sessions of the oracle, and rekey the same in another topic`, async () => {
      const encoding = encodings[i]!
      const { topic, env } = await setUp()
      await topic.send(written(encoding))
      const worker = start(env)
      await untilCaughtUp(admin, env.KAFKA_GROUP_ID, topic.name)
      await assertExact(env)
      await stop(worker)

      const copy = await setUp()
      const said = await succeed(['rekey', '--from', topic.name, '--to', copy.topic.name], env)
      assert.match(said, /^2,000 records copied .* 0 of them with another key$/m)
      const bytes = async (of: TestTopic) => (await readAll(of)).map(({ value }) => String(value)).sort()
      assert.deepEqual(await bytes(copy.topic), await bytes(topic))
      const second = start(copy.env)
      await untilCaughtUp(admin, copy.env.KAFKA_GROUP_ID, copy.topic.name)
      await assertExact(copy.env)
      await stop(second)
    })

  test('ids in headers do the same, and the GUID of a schema that it does not know stops nothing', async () => {
    const { topic, env } = await setUp()
    for (const [i, encoding] of encodings.entries()) {
      const [from, to] = [i * 700, i === 2 ? events.length : (i + 1) * 700]
      const records = written(encoding, from, to).map(({ key, value }) => ({
        key,
        value: value.subarray(encoding.headLength),
        headers: { __value_schema_id: value.subarray(0, encoding.headLength) },
      }))
      await topic.send(records)
    }
    const guid = Buffer.concat([Buffer.of(1), randomBytes(16)])
    await topic.send([{ key: 'guid', value: Buffer.of(0), headers: { __value_schema_id: guid } }])
    const worker = start(env)
    await untilCaughtUp(admin, env.KAFKA_GROUP_ID, topic.name)
    await assertExact(env)
    const copy = await setUp()
    assert.match(
      await succeed(['rekey', '--from', topic.name, '--to', copy.topic.name], env),
      /^2,001 records copied /m,
    )
    const heads = async (of: TestTopic) =>
      (await readAll(of))
        .map(({ headers }) => Buffer.from(headers.__value_schema_id as Uint8Array).toString('hex'))
        .sort()
    assert.deepEqual(await heads(copy.topic), await heads(topic))
    const letters = await succeed(['dead-letters', 'list', '--json'], env)
    assert.deepEqual(
      letters
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).reason),
      ['unknown-schema'],
    )
    await stop(worker)
  })

  test('a registry that is down at the start, and again in the middle, is waited for; nothing is committed meanwhile', async () => {
    const [avro, json, protobuf] = encodings as [Encoding, Encoding, Encoding]
    const { topic, env } = await setUp()
    isDown = true
    await topic.send(written(avro, 0, 700))
    const worker = start(env)
    const waits = async () => (await readiness(worker)).includes('waiting for the schema registry')
    assert(await waitUntil(waits, 60_000), worker.output())
    assert.deepEqual(
      await topic.admin.fetchOffsets({ groupId: env.KAFKA_GROUP_ID, topics: [topic.name] }).then(committedOf),
      [],
    )
    isDown = false
    await untilCaughtUp(admin, env.KAFKA_GROUP_ID, topic.name)
    assert.equal(await readiness(worker), 'ready\n')

    isDown = true
    // What it knows is read all the same.
    await topic.send(written(avro, 700, 900))
    await untilCaughtUp(admin, env.KAFKA_GROUP_ID, topic.name)
    await topic.send([...written(json, 900, 1_400), ...written(protobuf, 1_400)])
    assert(await waitUntil(waits, 60_000), worker.output())
    isDown = false
    await untilCaughtUp(admin, env.KAFKA_GROUP_ID, topic.name)
    await assertExact(env)
    assert.equal(eventsOf(worker, 'RegistryUnavailable').length, 1, 'told once a minute')
    assert.equal(eventsOf(worker, 'PartitionsAssigned').length, 1, 'the membership was never lost')
    await stop(worker)
  })

  test('a worker that waits for the registry ends when it is told to, with nothing committed', async () => {
    const { topic, env } = await setUp()
    isDown = true
    await topic.send(written(encodings[0]!, 0, 100))
    const worker = start(env)
    assert(await waitUntil(async () => (await readiness(worker)).includes('schema registry'), 60_000))
    await stop(worker)
    assert.deepEqual(
      await topic.admin.fetchOffsets({ groupId: env.KAFKA_GROUP_ID, topics: [topic.name] }).then(committedOf),
      [],
    )
    isDown = false
  })

  test('what is in no schema, or in none that is there, is a dead letter, and goes back as it was', async () => {
    const [avro] = encodings as [Encoding]
    const { topic, env } = await setUp()
    const good = avro.write(events[0]!)
    const poison = {
      'no-schema-id': Buffer.from(JSON.stringify(events[0])),
      'unknown-schema': wire(2 ** 31 - 1, good.subarray(5)),
      'invalid-payload': good.subarray(0, 40),
    }
    const values = [good, ...Object.values(poison)]
    await topic.send(values.map(value => ({ key: String(events[0]!.tabId), value })))
    const worker = start(env)
    await untilCaughtUp(admin, env.KAFKA_GROUP_ID, topic.name)
    const letters = async () =>
      (await succeed(['dead-letters', 'list', '--json'], env))
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
    const reasons = (await letters()).map(({ reason }) => reason).sort()
    assert.deepEqual(reasons, Object.keys(poison).sort())
    assert.equal((await liveDocuments(client, env.INDEX_PREFIX)).length, 1)

    assert.match(await succeed(['dead-letters', 'replay'], env), /^3 dead letters sent to /)
    const sorted = (bytes: readonly (Uint8Array | null)[]) =>
      bytes.map(value => Buffer.from(value!).toString('hex')).sort()
    assert.deepEqual(
      sorted((await readAll(topic)).map(({ value }) => value)),
      sorted([...values, ...Object.values(poison)]),
    )
    await untilCaughtUp(admin, env.KAFKA_GROUP_ID, topic.name)
    await stop(worker)
  })

  test('`doctor` says whether it is there', async () => {
    const { env } = await setUp()
    const found = async () =>
      (await sessionloom(['doctor'], { env })).stdout
        .split('\n')
        .find(line => line.includes('schema registry'))
    assert.match((await found()) ?? '', /^ok {3}schema registry: .*: reached, it knows .*AVRO/)
    isDown = true
    assert.match((await found()) ?? '', /^fail schema registry: .* does not answer/)
    isDown = false
  })
})

/** The partitions that have a committed offset. */
function committedOf(
  topics: readonly { readonly partitions: readonly { readonly offset: string }[] }[],
): string[] {
  return topics
    .flatMap(({ partitions }) => partitions.map(({ offset }) => offset))
    .filter(offset => offset !== '-1')
}
