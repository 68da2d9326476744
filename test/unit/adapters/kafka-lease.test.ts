import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import type { EachBatchPayload } from 'kafkajs'
import { KafkaLease, type LeaseHolder } from '../../../src/adapters/kafka-lease.ts'
import { KafkaPositions } from '../../../src/adapters/kafka-positions.ts'
import { WorkerError } from '../../../src/core/worker-error.ts'

const errors = createRequire(import.meta.url)('kafkajs/src/errors')

const protocolError = (type: string, retriable = true) =>
  new errors.KafkaJSProtocolError({ type, code: 1, message: type, retriable })

type Sent = { offset: string; metadata?: string }

class Holder implements LeaseHolder {
  readonly names = { brokers: ['kafka:9092'], topic: 'topic', groupId: 'group' }
  sessionTimeoutMs = 30_000
  generation = 1
  readonly interruptions: unknown[] = []
  advanced = 0

  holds(generation: number): boolean {
    return generation === this.generation
  }
  mayBegin(generation: number): boolean {
    return this.holds(generation)
  }
  interrupt(error: unknown): void {
    this.interruptions.push(error)
  }
  advance(): void {
    this.advanced++
  }
}

/** As `readRecords` gives them to kafkajs. */
const records = [
  { offset: 10, timestamp: 1000, key: Buffer.from('k'), value: null, headers: { a: Buffer.from('x') } },
  { offset: 12, timestamp: null, key: null, value: Buffer.from('v'), headers: {} },
]

/** A lease whose commits are answered by `answers`, one after the other; undefined is success. */
function leaseWith(holder: Holder, answers: (Error | (() => void) | undefined)[]) {
  const sent: Sent[] = []
  const payload = {
    batch: {
      topic: 'topic',
      partition: 4,
      messages: records,
      // A control record follows.
      lastOffset: () => '13',
    },
    commitOffsetsIfNecessary: async (offsets: { topics: { partitions: Sent[] }[] }) => {
      sent.push(offsets.topics[0]!.partitions[0]!)
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      answer?.()
    },
  } as unknown as EachBatchPayload
  return { lease: new KafkaLease(payload, 9, holder.generation, holder), sent }
}

const checkpoint = { offset: 14, metadata: { watermark: 5, epoch: 1, partitions: 2 } }

describe('the lease of a batch', () => {
  it('covers control records, and passes records as they are', () => {
    const { lease } = leaseWith(new Holder(), [])
    assert.deepEqual(lease.batch, {
      partition: 4,
      firstOffset: 9,
      nextOffset: 14,
      records,
    })
  })

  it('commits the offset with its metadata, and moves on', async () => {
    const holder = new Holder()
    const { lease, sent } = leaseWith(holder, [])
    assert.equal(await lease.commit(checkpoint), 'committed')
    assert.deepEqual(sent, [
      { partition: 4, offset: '14', metadata: '{"sessionloom":1,"watermark":5,"epoch":1,"partitions":2}' },
    ])
    assert.equal(holder.advanced, 1)
  })

  it('sends nothing for a generation that is over', async () => {
    const holder = new Holder()
    const { lease, sent } = leaseWith(holder, [])
    holder.generation++
    assert.equal(await lease.commit(checkpoint), 'fenced')
    assert.deepEqual(sent, [])
    assert.equal(lease.isCurrent(), false)
  })

  it('does not move on when the group was joined again while the commit was under way', async () => {
    const holder = new Holder()
    const { lease } = leaseWith(holder, [() => holder.generation++])
    assert.equal(await lease.commit(checkpoint), 'committed')
    assert.equal(holder.advanced, 0)
  })

  it('is fenced by the broker, and passes on the raw error', async () => {
    const types = [
      'ILLEGAL_GENERATION',
      'UNKNOWN_MEMBER_ID',
      'REBALANCE_IN_PROGRESS',
      'NOT_COORDINATOR_FOR_GROUP',
    ]
    for (const type of types) {
      const holder = new Holder()
      const error = protocolError(type, false)
      const { lease, sent } = leaseWith(holder, [error])
      assert.equal(await lease.commit(checkpoint), 'fenced')
      assert.deepEqual(holder.interruptions, [error])
      assert.equal(sent.length, 1)
      assert.equal(lease.trouble, null)
    }
  })

  it('tries again while the trouble may pass, in the same generation only', async () => {
    const closed = new errors.KafkaJSConnectionClosedError('Closed connection', { host: 'x', port: 1 })
    const holder = new Holder()
    const first = leaseWith(holder, [closed, protocolError('GROUP_LOAD_IN_PROGRESS')])
    assert.equal(await first.lease.commit(checkpoint), 'committed')
    assert.equal(first.sent.length, 3)

    const second = leaseWith(holder, [closed])
    const outcome = second.lease.commit(checkpoint)
    holder.generation++
    assert.equal(await outcome, 'fenced')
    assert.equal(second.sent.length, 1)
  })

  it('gives the error to kafkajs when the trouble outlasts the session', async () => {
    const timeout = new errors.KafkaJSRequestTimeoutError('timed out')
    const holder = new Holder()
    holder.sessionTimeoutMs = 500
    const { lease, sent } = leaseWith(holder, Array(20).fill(timeout))
    assert.equal(await lease.commit(checkpoint), 'fenced')
    assert.equal(lease.trouble, timeout)
    assert(sent.length > 1 && sent.length < 5, `${sent.length} attempts`)
  })

  it('ends the process for what no attempt can heal', async () => {
    const { lease } = leaseWith(new Holder(), [protocolError('GROUP_AUTHORIZATION_FAILED', false)])
    await assert.rejects(lease.commit(checkpoint), (error: unknown) => {
      assert(error instanceof WorkerError)
      return error.code === 'unauthorized'
    })
  })
})

describe('the positions of a member', () => {
  it('count what holds no record to the batch after it', () => {
    const positions = new KafkaPositions()
    assert.equal(positions.firstOffset(0, 7), 7, 'after an assignment, the committed offset')
    positions.committed(0, 10)
    assert.equal(positions.firstOffset(0, 10), 10)
    positions.passed(0, 10, 11)
    positions.passed(0, 11, 14)
    assert.equal(positions.firstOffset(0, 14), 10)
    assert.equal(positions.end(0, 14), 10, 'nothing is left to read')
    assert.equal(positions.end(0, 15), 15)
    positions.committed(0, 20)
    assert.equal(positions.firstOffset(0, 20), 20)
    assert.equal(positions.end(0, 20), 20)
  })

  it('begin with what was passed over first, if nothing was committed', () => {
    const positions = new KafkaPositions()
    positions.passed(0, 5, 6)
    assert.equal(positions.firstOffset(0, 6), 5)
    assert.equal(positions.firstOffset(1, 6), 6, 'another partition')
  })

  it('do not hide that the log went on elsewhere', () => {
    const positions = new KafkaPositions()
    positions.committed(0, 10)
    assert.equal(positions.firstOffset(0, 50), 50, 'records expired')
    positions.clear()
    assert.equal(positions.firstOffset(0, 10), 10)
  })
})
