import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { KafkaDeadLetterSink } from '../../src/adapters/kafka-dead-letter-sink.ts'
import { KafkaEventSource } from '../../src/adapters/kafka-event-source.ts'
import { ensureTopics } from '../../src/adapters/kafka-topics.ts'
import type { WorkerEvent } from '../../src/ports/telemetry.ts'
import { withoutKafka } from '../support/kafka-fixture.ts'
import { startKafka } from '../support/services.ts'

const metadata = { watermark: 0, epoch: 0, partitions: 1 }
const letter = {
  kind: 'record',
  reason: 'invalid-json',
  message: 'no JSON',
  topic: 'events',
  partition: 0,
  record: { offset: 0, timestamp: 0, key: null, value: Buffer.from('x'), headers: {} },
} as const

async function until(condition: () => boolean, ms: number): Promise<void> {
  const end = performance.now() + ms
  while (!condition()) {
    assert(performance.now() < end, 'waited in vain')
    await sleep(50)
  }
}

describe('a Kafka broker that is killed and comes back', { skip: withoutKafka }, () => {
  it('costs a reader and a dead-letter sink time, and no record', { timeout: 180_000 }, async t => {
    const own = await startKafka()
    if (own.kind === 'none') return t.skip(own.reason)
    t.after(() => own.server.stop())
    const client = { brokers: [own.server.address], clientId: 'sessionloom-tests' }
    const topics = ['events', 'letters'].map(topic => ({ topic, partitions: 1, replicationFactor: 1 }))
    await ensureTopics(client, topics)
    const produce = async (count: number) => {
      const producer = createKafka(client).producer()
      await producer.connect()
      await producer.send({ topic: 'events', messages: Array(count).fill({ value: 'x' }) })
      await producer.disconnect()
    }
    const events: WorkerEvent[] = []
    const telemetry = (event: WorkerEvent) => events.push(event)
    const source = new KafkaEventSource({
      client,
      topic: 'events',
      groupId: 'workers',
      telemetry,
      flushIntervalMs: 100,
      sessionTimeoutMs: 6_000,
    })
    const sink = new KafkaDeadLetterSink({ client, topic: 'letters', telemetry })
    t.after(() => sink.close())
    let next = 0
    const gaps: string[] = []
    const run = source.run({
      assigned: () => {},
      process: async lease => {
        const { firstOffset, nextOffset } = lease.batch
        await sink.send([letter])
        const outcome = await lease.commit({ offset: nextOffset, metadata })
        if (firstOffset > next) gaps.push(`${firstOffset} after ${next}`)
        if (outcome === 'committed') next = nextOffset
      },
    })
    run.catch(() => {})
    await produce(10)
    await until(() => next === 10, 20_000)
    await own.server.kill()
    const bounds = source.bounds(0)
    const sent = sink.send([letter])
    await sleep(4_000)
    await own.server.restart()
    await produce(10)
    await until(() => next === 20, 60_000)
    await sent
    assert.deepEqual(await bounds.then(({ start }) => start), 0, 'a question waits for its answer')
    assert.deepEqual(gaps, [])
    await source.stop()
    await run
    assert.deepEqual(await source.committed(0), { offset: 20, metadata })
    assert(events.some(({ kind }) => kind === 'SourceInterrupted'))
  })

  it('does not hold up a stop', { timeout: 120_000 }, async t => {
    const own = await startKafka()
    if (own.kind === 'none') return t.skip(own.reason)
    t.after(() => own.server.stop())
    const client = { brokers: [own.server.address], clientId: 'sessionloom-tests' }
    await ensureTopics(client, [{ topic: 'events', partitions: 1, replicationFactor: 1 }])
    const source = new KafkaEventSource({ client, topic: 'events', groupId: 'workers', telemetry: () => {} })
    const joined = Promise.withResolvers<void>()
    const run = source.run({ assigned: () => joined.resolve(), process: async () => {} })
    await joined.promise
    await own.server.kill()
    await sleep(1_000)
    const since = performance.now()
    await source.stop()
    await run
    assert(performance.now() - since < 30_000)
    console.log(`stopped in ${performance.now() - since} ms`)
  })
})
