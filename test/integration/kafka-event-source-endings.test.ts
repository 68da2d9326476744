import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { KafkaEventSource } from '../../src/adapters/kafka-event-source.ts'
import { WorkerError } from '../../src/core/worker-error.ts'
import type { WorkerEvent } from '../../src/ports/telemetry.ts'
import { kafkaClient, useTopic, withoutKafka } from '../support/kafka-fixture.ts'
import { commit, handlerOf, hasCode, numbered, sourceOf } from '../support/kafka-source.ts'

describe('a Kafka event source that cannot go on', { skip: withoutKafka }, () => {
  it('fails with what is wrong when a handler fails, and commits nothing of that batch', async t => {
    const topic = await useTopic(t, 2)
    await topic.send(numbered(0, 3), numbered(1, 3))
    const failure = new WorkerError('store-refused', 'no')
    const source = sourceOf(topic)
    const slow = Promise.withResolvers<string>()
    const run = source.run(
      handlerOf(async lease => {
        if (lease.batch.partition === 0) throw failure
        await sleep(500)
        slow.resolve(await commit(lease))
      }),
    )
    await assert.rejects(run, error => error === failure)
    assert.equal(await slow.promise, 'fenced', 'nothing is committed after a failure')
    assert.deepEqual(await topic.offsets(), ['-1', '-1'])
  })

  it('says within ten seconds that no broker answers, and which were asked', async () => {
    const since = performance.now()
    const client = { ...kafkaClient, brokers: ['127.0.0.1:1', '127.0.0.1:2'] }
    const source = new KafkaEventSource({ client, topic: 'x', groupId: 'x', telemetry: () => {} })
    const run = source.run(handlerOf(async () => {}))
    await assert.rejects(run, hasCode('unreachable', '127.0.0.1:1, 127.0.0.1:2', 'KAFKA_BROKERS'))
    assert(performance.now() - since < 12_000)
  })

  it('says which topic is missing and how to create it', async () => {
    const topic = `test-missing-${randomUUID()}`
    const source = new KafkaEventSource({ client: kafkaClient, topic, groupId: topic, telemetry: () => {} })
    await assert.rejects(
      source.run(handlerOf(async () => {})),
      hasCode('topic-missing', topic, 'sessionloom setup'),
    )
    const admin = createKafka(kafkaClient).admin()
    await admin.connect()
    assert(!(await admin.listTopics()).includes(topic), 'asking must not create it')
    await admin.disconnect()
  })

  it('stops while it starts', async t => {
    const topic = await useTopic(t)
    for (const delay of [0, 20, 60, 150, 300]) {
      const source = sourceOf(topic)
      const run = source.run(handlerOf(async () => {}))
      await sleep(delay)
      await source.stop()
      await run
    }
    const group = await topic.admin.describeGroups([topic.group])
    assert.deepEqual(group.groups[0]?.members, [], 'no member stays behind')
  })

  it('ends when a batch hangs', async t => {
    const topic = await useTopic(t)
    await topic.send(numbered(0, 2))
    const sockets = () => process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length
    const before = sockets()
    const source = sourceOf(topic, { batchDeadlineMs: 1_000 })
    const release = Promise.withResolvers<void>()
    let late: string | undefined
    const run = source.run(
      handlerOf(async lease => {
        await release.promise
        late = await commit(lease)
      }),
    )
    await assert.rejects(run, hasCode('hung', topic.name, 'partition 0', 'offsets 0 to 1'))
    await sleep(100)
    assert.equal(sockets(), before, 'no connection keeps the process alive')
    release.resolve()
    await sleep(100)
    assert.equal(late, 'fenced')
    assert.deepEqual(await topic.offsets(), ['-1'])
  })

  it('waits as long as it takes for what its handler is known to wait for', async t => {
    const topic = await useTopic(t)
    await topic.send(numbered(0, 2))
    const source = sourceOf(topic, { batchDeadlineMs: 300 })
    let waitsFor: string | null = 'the store'
    await source.run({
      get waitsFor() {
        return waitsFor
      },
      assigned: () => {},
      process: async lease => {
        await sleep(1_500)
        waitsFor = null
        await commit(lease)
        void source.stop()
      },
    })
    assert.deepEqual(await topic.offsets(), ['2'])
  })

  it('reads on at the start of the log when records expired, and leaves the commit alone', async t => {
    const topic = await useTopic(t)
    await topic.send(numbered(0, 10))
    await topic.commit(0, '2')
    await topic.expire(0, '6')
    const source = sourceOf(topic)
    let first: number | undefined
    await source.run(
      handlerOf(async ({ batch }) => {
        first = batch.firstOffset
        assert.deepEqual(await source.committed(0), { offset: 2, metadata: null }, 'the loss can be seen')
        void source.stop()
      }),
    )
    assert.equal(first, 6)
    assert.deepEqual(await topic.offsets(), ['2'])
  })

  it('ends when the committed offset lies beyond the log, and leaves the commit alone', async t => {
    const topic = await useTopic(t)
    await topic.send(numbered(0, 3))
    await topic.commit(0, '1000')
    const source = sourceOf(topic)
    const run = source.run(handlerOf(async () => assert.fail('a batch')))
    await assert.rejects(run, hasCode('epoch-mismatch', topic.name, '1000', 'SOURCE_EPOCH'))
    assert.deepEqual(await topic.offsets(), ['1000'])
  })

  it('ends when the topic is deleted', async t => {
    const topic = await useTopic(t)
    const events: WorkerEvent[] = []
    const source = sourceOf(topic, { telemetry: event => events.push(event) })
    const joined = Promise.withResolvers<void>()
    const run = source.run({ assigned: () => joined.resolve(), process: async () => {} })
    run.catch(() => {})
    await joined.promise
    await topic.admin.deleteTopics({ topics: [topic.name] })
    await assert.rejects(run, hasCode('topic-missing', topic.name))
  })
})
