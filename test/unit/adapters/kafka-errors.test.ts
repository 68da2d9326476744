import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { endOf, isFenced, isRejoin, isTooLarge, reasonOf } from '../../../src/adapters/kafka-errors.ts'
import { UnreadableBatchError } from '../../../src/adapters/kafka-inflated.ts'
import { OffsetBeyondEndError } from '../../../src/adapters/kafkajs-repairs.ts'
import type { WorkerErrorCode } from '../../../src/core/worker-error.ts'

const errors = createRequire(import.meta.url)('kafkajs/src/errors')
const { createErrorFromCode, errorCodes } = createRequire(import.meta.url)('kafkajs/src/protocol/error')
const names = { brokers: ['kafka:9092'], topic: 'raw-events', groupId: 'sessionloom' }

function protocolError(type: string): Error {
  const found = errorCodes.find((entry: { type: string }) => entry.type === type)
  assert(found, type)
  return createErrorFromCode(found.code)
}

/** As the retrier of kafkajs wraps what it gives up on. */
const exhausted = (error: Error) => new errors.KafkaJSNumberOfRetriesExceeded(error, { retryCount: 5 })
const final = (error: Error) => new errors.KafkaJSNonRetriableError(error, { cause: error })

function codeOf(error: unknown): WorkerErrorCode | null {
  return endOf(error, names)?.code ?? null
}

describe('an error of kafkajs', () => {
  it('heals when the broker is away, moves or hands on its work', () => {
    for (const error of [
      new errors.KafkaJSConnectionError('connect ECONNREFUSED', { broker: 'kafka:9092' }),
      new errors.KafkaJSConnectionClosedError('Closed connection', { host: 'kafka', port: 9092 }),
      new errors.KafkaJSRequestTimeoutError('timed out'),
      new errors.KafkaJSLockTimeout('lock'),
      new errors.KafkaJSGroupCoordinatorNotFound('none'),
      new errors.KafkaJSNoBrokerAvailableError(),
      ...['LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION', 'GROUP_LOAD_IN_PROGRESS', 'UNKNOWN'].map(
        protocolError,
      ),
      ...['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'].map(protocolError),
    ]) {
      assert.equal(codeOf(error), null, error.message)
      assert.equal(codeOf(exhausted(error)), null, error.message)
      assert.equal(codeOf(final(error)), null, error.message)
    }
  })

  it('ends the process when it would come back', () => {
    const ends: [unknown, WorkerErrorCode][] = [
      [new TypeError('x is not a function'), 'source-refused'],
      [new RangeError('out of bounds'), 'source-refused'],
      [new errors.KafkaJSNotImplemented('LZ4 compression not implemented'), 'input'],
      [new errors.KafkaJSSASLAuthenticationError('SASL PLAIN authentication failed'), 'unauthorized'],
      [protocolError('TOPIC_AUTHORIZATION_FAILED'), 'unauthorized'],
      [protocolError('GROUP_AUTHORIZATION_FAILED'), 'unauthorized'],
      [protocolError('UNSUPPORTED_SASL_MECHANISM'), 'unauthorized'],
      [protocolError('INCONSISTENT_GROUP_PROTOCOL'), 'configuration'],
      [protocolError('INVALID_SESSION_TIMEOUT'), 'configuration'],
      [protocolError('MESSAGE_TOO_LARGE'), 'source-refused'],
      [new OffsetBeyondEndError(3, '100', '7'), 'epoch-mismatch'],
    ]
    for (const [error, code] of ends) {
      assert.equal(codeOf(error), code, String(error))
      assert.equal(codeOf(final(error as Error)), code, String(error))
    }
  })

  it('is told with what to do, where, and never with credentials', () => {
    const { message } = endOf(protocolError('TOPIC_AUTHORIZATION_FAILED'), names)!
    assert.match(message, /kafka:9092.*TOPIC_AUTHORIZATION_FAILED.*rights on topic raw-events and group/)
    assert.match(
      endOf(new errors.KafkaJSNotImplemented('ZSTD …'), names)!.message,
      /raw-events.*ZSTD.*zstd.*compression\.type=gzip/,
    )
    const cut = new UnreadableBatchError('a Snappy block is cut short', { cause: new Error('deeper') })
    for (const error of [cut, final(cut)]) {
      assert.equal(codeOf(error), 'input')
      assert.match(endOf(error, names)!.message, /raw-events cannot be read: a Snappy block is cut short/)
    }
    const refused = new errors.KafkaJSConnectionError('connect ECONNREFUSED', { broker: '10.0.0.9:9092' })
    assert.match(reasonOf(exhausted(refused)), /10\.0\.0\.9:9092/)
  })

  it('asks to join again with the types that kafkajs understands', () => {
    const types = [
      'REBALANCE_IN_PROGRESS',
      'ILLEGAL_GENERATION',
      'UNKNOWN_MEMBER_ID',
      'NOT_COORDINATOR_FOR_GROUP',
    ]
    assert.deepEqual(
      types.map(type => isRejoin(protocolError(type))),
      [true, true, true, true],
    )
    assert.deepEqual(
      types.map(type => isFenced(protocolError(type))),
      [false, true, true, false],
    )
    assert.equal(isRejoin(protocolError('GROUP_LOAD_IN_PROGRESS')), false)
    assert.equal(isTooLarge(protocolError('MESSAGE_TOO_LARGE')), true)
  })
})
