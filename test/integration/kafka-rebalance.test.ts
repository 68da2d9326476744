import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { KafkaEventSource, type KafkaEventSourceOptions } from '../../src/adapters/kafka-event-source.ts'
import type { BatchLease } from '../../src/ports/event-source.ts'
import { kafkaClient, type TestTopic, useTopic, withoutKafka } from '../support/kafka-fixture.ts'

const metadata = { watermark: 0, epoch: 0, partitions: 1 }

type Committed = { member: string; partition: number; from: number; to: number }

/** A member of the group with everything that happened to it. */
class Member {
  readonly source: KafkaEventSource
  readonly assigned: (readonly number[])[] = []
  readonly inWork = new Set<number>()
  readonly #name: string
  readonly #log: Committed[]
  readonly #work: (lease: BatchLease) => Promise<void>
  run: Promise<void> = Promise.resolve()
  outcomes: string[] = []

  constructor(
    name: string,
    topic: TestTopic,
    log: Committed[],
    work: (lease: BatchLease) => Promise<void>,
    options: Partial<KafkaEventSourceOptions> = {},
  ) {
    this.#name = name
    this.#log = log
    this.#work = work
    this.source = new KafkaEventSource({
      client: kafkaClient,
      topic: topic.name,
      groupId: topic.group,
      telemetry: () => {},
      flushIntervalMs: 50,
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 300,
      rebalanceTimeoutMs: 10_000,
      ...options,
    })
  }

  start(): void {
    this.run = this.source.run({
      assigned: partitions => this.assigned.push(partitions),
      process: lease => this.#process(lease),
    })
    this.run.catch(() => {})
  }

  async stop(): Promise<void> {
    await this.source.stop()
    await this.run
  }

  async #process(lease: BatchLease): Promise<void> {
    const { partition, firstOffset, nextOffset } = lease.batch
    assert(!this.inWork.has(partition), 'one batch at a time')
    this.inWork.add(partition)
    await this.#work(lease)
    const outcome = await lease.commit({ offset: nextOffset, metadata })
    this.inWork.delete(partition)
    this.outcomes.push(outcome)
    if (outcome === 'committed')
      this.#log.push({ member: this.#name, partition, from: firstOffset, to: nextOffset })
  }
}

async function until(condition: () => boolean, ms = 15_000): Promise<void> {
  const end = performance.now() + ms
  while (!condition()) {
    assert(performance.now() < end, 'waited in vain')
    await sleep(20)
  }
}

const message = (partition: number) => ({ partition, value: 'x' })

describe('a Kafka event source in a rebalance', { skip: withoutKafka }, () => {
  it('hands partitions over without a gap, a repetition or a foreign commit', async t => {
    const partitions = [0, 1, 2, 3]
    const topic = await useTopic(t, partitions.length)
    const log: Committed[] = []
    const slowly = (lease: BatchLease) => sleep(20 + 60 * (lease.batch.partition % 2))
    const [a, b, c] = ['a', 'b', 'c'].map(name => new Member(name, topic, log, slowly))
    assert(a && b && c)
    let isProducing = true
    const producing = (async () => {
      while (isProducing) {
        await topic.send(partitions.map(message))
        await sleep(5)
      }
    })()
    a.start()
    await until(() => log.length > 10)
    b.start()
    await until(() => log.filter(({ member }) => member === 'b').length > 10)
    c.start()
    await until(() => log.filter(({ member }) => member === 'c').length > 10)
    await a.stop()
    await sleep(1_000)
    isProducing = false
    await producing
    const ends = (await topic.admin.fetchTopicOffsets(topic.name)).map(({ high }) => Number(high))
    const total = ends.reduce((sum, end) => sum + end, 0)
    await until(() => log.reduce((sum, { from, to }) => sum + to - from, 0) >= total)
    await Promise.all([b.stop(), c.stop()])

    for (const partition of partitions) {
      let next = 0
      for (const { from, to } of log.filter(entry => entry.partition === partition)) {
        assert.equal(from, next, `partition ${partition} goes on where the last commit ended`)
        next = to
      }
      const found = (await topic.admin.fetchTopicOffsets(topic.name)).find(o => o.partition === partition)
      assert.equal(next, Number(found?.high), `partition ${partition} is committed to its end`)
    }
    assert.deepEqual(
      (await topic.offsets()).toSorted(),
      (await topic.admin.fetchTopicOffsets(topic.name)).map(({ high }) => high).toSorted(),
    )
  })

  it('lets a batch in work commit when another member joins', async t => {
    const topic = await useTopic(t, 1)
    await topic.send([message(0)])
    const log: Committed[] = []
    const seen: boolean[] = []
    const a = new Member('a', topic, log, async lease => {
      await sleep(2_000)
      seen.push(lease.isCurrent())
    })
    const b = new Member('b', topic, log, () => sleep(0))
    a.start()
    await until(() => a.inWork.size === 1)
    b.start()
    await until(() => a.assigned.length === 2)
    assert.deepEqual(log, [{ member: 'a', partition: 0, from: 0, to: 1 }])
    assert.deepEqual(seen, [true])
    await Promise.all([a.stop(), b.stop()])
    assert.deepEqual(await topic.offsets(), ['1'])
    assert.equal(log.length, 1)
  })

  it('keeps its partitions while a batch takes longer than the session timeout', async t => {
    const topic = await useTopic(t, 2)
    await topic.send([message(0), message(1)])
    const log: Committed[] = []
    const a = new Member('a', topic, log, () => sleep(8_000))
    a.start()
    await until(() => log.length === 2)
    assert.equal(a.assigned.length, 1)
    await a.stop()
    assert.deepEqual(await topic.offsets(), ['1', '1'])
  })

  it('is fenced by the broker when the group went on without it', async t => {
    const topic = await useTopic(t, 1)
    await topic.send([message(0)])
    const log: Committed[] = []
    // No heartbeat before the commit: only the broker knows that this member is out.
    const a = new Member('a', topic, log, () => sleep(5_000), {
      rebalanceTimeoutMs: 2_500,
      rebalanceGraceMs: 60_000,
      heartbeatIntervalMs: 5_900,
    })
    const b = new Member('b', topic, log, () => sleep(0), { rebalanceTimeoutMs: 2_500 })
    a.start()
    await until(() => a.inWork.size === 1)
    await topic.send([message(0)])
    b.start()
    await until(() => a.outcomes.length === 1)
    assert.deepEqual(a.outcomes, ['fenced'])
    assert.deepEqual(log, [{ member: 'b', partition: 0, from: 0, to: 2 }])
    await until(() => a.assigned.length === 2)
    assert.deepEqual(await topic.offsets(), ['2'])
    await Promise.all([a.stop(), b.stop()])
  })

  it('leaves a batch behind that outlasts the grace, and begins no other beside it', async t => {
    const topic = await useTopic(t, 1)
    await topic.send([message(0)])
    const log: Committed[] = []
    const release = Promise.withResolvers<void>()
    let left: BatchLease | undefined
    const a = new Member(
      'a',
      topic,
      log,
      async lease => {
        left ??= lease
        await release.promise
      },
      { rebalanceGraceMs: 500 },
    )
    const b = new Member('b', topic, log, () => sleep(0))
    a.start()
    await until(() => a.inWork.size === 1)
    const since = performance.now()
    b.start()
    await until(() => a.assigned.length === 2)
    assert(performance.now() - since < 5_000, 'the group did not wait for the batch')
    assert.equal(left?.isCurrent(), false)
    await b.stop()
    await until(() => a.assigned.length === 3)
    await sleep(500)
    assert.deepEqual([...a.inWork], [0], 'the batch that was left behind is still alone')
    release.resolve()
    await until(() => log.some(({ to }) => to === 1))
    assert.equal(a.outcomes[0], 'fenced')
    await a.stop()
    assert.deepEqual(await topic.offsets(), ['1'])
  })
})
