// The collectors of deploy/producers, run as they are, on a real broker.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { Partitioners } from 'kafkajs'
import { decode } from '../../src/core/decode.ts'
import { kafkaClient, useTopic, withoutKafka } from '../support/kafka-fixture.ts'
import { readAll } from '../support/kafka-source.ts'

const directory = join(import.meta.dirname, '../../deploy/producers')
const python = process.env.TEST_PYTHON ?? 'python3'
const hasClient = spawnSync(python, ['-c', 'import confluent_kafka'], { stdio: 'ignore' }).status === 0
if (!hasClient)
  console.error('!!! collector.py SKIPPED: no confluent_kafka (TEST_PYTHON names a Python that has it)')

/** The words between the program and the file, as the head of the file shows them. */
const wordsFor = (path: string): readonly string[] =>
  (/ (?:node|python3?) (.*)collector\.\w+$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '')
    .split(' ')
    .filter(Boolean)

/** Starts a collector that writes to a topic, and sees it end in silence. Gives where it takes events. */
async function start(t: TestContext, command: string, file: string, topic: string): Promise<string> {
  const env = { ...process.env, KAFKA_BROKERS: kafkaClient.brokers.join(','), KAFKA_TOPIC: topic, PORT: '0' }
  const path = join(directory, file)
  const child = spawn(command, [...wordsFor(path), path], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const complaints = text(child.stderr)
  t.after(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    assert.deepEqual([await ended, await complaints], [[0, null], ''])
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return `http://127.0.0.1:${/port (\d+)/.exec(line)?.[1]}/events`
}

const place = Partitioners.DefaultPartitioner()
const partitionMetadata = [0, 1, 2].map(partitionId => ({
  partitionId,
  leader: 1,
  partitionErrorCode: 0,
  replicas: [],
  isr: [],
}))

for (const [name, command, file, skip] of [
  ['Node', process.execPath, 'collector.mjs', withoutKafka],
  ['Python', python, 'collector.py', withoutKafka || !hasClient],
] as const)
  describe(`the collector in ${name}`, { skip }, () => {
    it('puts each event on Kafka, keyed by its tab where any client would put it, with the times of both clocks', async t => {
      const topic = await useTopic(t, 3)
      const url = await start(t, command, file, topic.name)
      const at = Date.now()
      const events = Array.from({ length: 60 }, (_, i) => ({
        eventId: `e${i}`,
        tabId: `tab-ü${i % 7}`,
        type: 'page-view',
        timestamp: at - 3_600_000 - 1_000,
        context: { page: { url: 'https://shop.example/' } },
      }))
      // A client whose clock is an hour behind.
      const sentAt = at - 3_600_000
      const post = (body: string) => fetch(url, { method: 'POST', body }).then(({ status }) => status)
      const stray = [{ eventId: 'x' }, null, 7, { ...events[0], properties: { a: 'x'.repeat(70_000) } }]
      assert.equal(await post(JSON.stringify({ sentAt, events: [...events, ...stray] })), 204)
      for (const body of ['', '{', '[]', '{"events":1}', ' '.repeat(200_000), '['.repeat(100_000)])
        assert.equal(await post(body), 400)
      assert.equal((await fetch(url.replace('events', 'other'), { method: 'POST', body: '{}' })).status, 404)

      const records = await readAll(topic)
      assert.equal(records.length, events.length)
      for (const { key, value, timestamp, partition } of records) {
        const outcome = decode({ value, timestamp }, Number.POSITIVE_INFINITY)
        assert(outcome.kind === 'ok', JSON.stringify(outcome))
        const { raw, time, received, clockSkewMs } = outcome.value
        assert.equal(String(key), raw.tabId)
        const message = { key: String(key), value: null }
        assert.equal(partition, place({ topic: topic.name, partitionMetadata, message }))
        assert.equal(raw.context?.ip?.endsWith('127.0.0.1'), true)
        assert.equal(raw.context?.page?.url, 'https://shop.example/')
        assert.ok(clockSkewMs >= 3_600_000 && time === received - 1_000, `${time} ${received} ${clockSkewMs}`)
      }
    })
  })
