import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { before, describe, it } from 'node:test'
import {
  OffsetBeyondEndError,
  repairedSources,
  repairedVersion,
  repairKafkajs,
  sourceHash,
} from '../../../src/adapters/kafkajs-repairs.ts'
import { WorkerError } from '../../../src/core/worker-error.ts'

const require = createRequire(import.meta.url)
const RequestQueue = require('kafkajs/src/network/requestQueue')
const OffsetManager = require('kafkajs/src/consumer/offsetManager')
const Connection = require('kafkajs/src/network/connection')
const Encoder = require('kafkajs/src/protocol/encoder')
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0')
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')

/** Before anything is repaired: each test file is a process of its own. */
const sources = {
  scheduleCheckPendingRequests: RequestQueue.prototype.scheduleCheckPendingRequests,
  decodeMessages: require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages'),
  setDefaultOffset: OffsetManager.prototype.setDefaultOffset,
  connect: Connection.prototype.connect,
}
describe('the repairs of kafkajs', () => {
  it('are for the installed version, whose functions are those that were read', () => {
    assert.equal(require('kafkajs/package.json').version, repairedVersion)
    assert.equal(require('../../../package.json').dependencies.kafkajs, repairedVersion, 'pinned')
    for (const [name, source] of Object.entries(sources))
      assert.equal(sourceHash(source), repairedSources[name as keyof typeof repairedSources], name)
  })

  it('are refused when a function has changed', () => {
    RequestQueue.prototype.scheduleCheckPendingRequests = () => {}
    assert.throws(repairKafkajs, (error: unknown) => {
      assert(error instanceof WorkerError)
      assert.equal(error.code, 'configuration')
      assert.match(error.message, /scheduleCheckPendingRequests has changed.*npm ci/)
      return true
    })
    RequestQueue.prototype.scheduleCheckPendingRequests = sources.scheduleCheckPendingRequests
  })

  it('replace every one of them, and can be repeated', () => {
    repairKafkajs()
    repairKafkajs()
    assert.notEqual(RequestQueue.prototype.scheduleCheckPendingRequests, sources.scheduleCheckPendingRequests)
    assert.notEqual(OffsetManager.prototype.setDefaultOffset, sources.setDefaultOffset)
    assert.notEqual(Connection.prototype.connect, sources.connect)
    assert.notEqual(require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages'), sources.decodeMessages)
  })
})

describe('repaired kafkajs', () => {
  before(repairKafkajs)

  it('has no timer while no request is pending, and one for those that are', t => {
    t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000 })
    const queue = new RequestQueue({ logger: { debug() {} }, requestTimeout: 1, clientId: 'x', broker: 'x' })
    queue.scheduleCheckPendingRequests()
    assert.equal(queue.throttleCheckTimeoutId, null)

    let sent = 0
    queue.throttledUntil = 1_500
    queue.push({ entry: { correlationId: 1 }, sendRequest: () => sent++, expectResponse: true })
    t.mock.timers.tick(499)
    assert.equal(sent, 0)
    t.mock.timers.tick(2)
    assert.equal(sent, 1)
    assert.equal(queue.throttleCheckTimeoutId, null)
  })

  it('reads batches by readRecords, on the way that a consumer takes with Kafka 2.4 and later', async () => {
    const record = encodeRecord({ offsetDelta: 0, timestampDelta: 0, key: null, value: 'x' })
    const { buffer: batch } = await RecordBatch({ firstOffset: 5, records: [record] })
    const response = Buffer.concat([
      new Encoder()
        .writeInt32(0)
        .writeInt16(0)
        .writeInt32(0)
        .writeInt32(1)
        .writeString('topic')
        .writeInt32(1)
        .writeInt32(0)
        .writeInt16(0)
        .writeInt64(9)
        .writeInt64(9)
        .writeInt64(0)
        .writeInt32(-1)
        .writeInt32(-1)
        .writeInt32(batch.length).buffer,
      batch,
    ])
    const decoded = await require('kafkajs/src/protocol/requests/fetch/v11/response').decode(response)
    const { messages } = decoded.responses[0].partitions[0]
    assert.deepEqual(
      messages.map(({ offset }: { offset: unknown }) => offset),
      [5],
    )
  })

  it('opens one socket for two requests that find the connection closed', async () => {
    const sockets: { onConnect: () => void }[] = []
    const socketFactory = (socket: { onConnect: () => void }) => {
      sockets.push(socket)
      return { on() {}, end() {}, unref() {} }
    }
    const quiet = { debug() {}, error() {} }
    const connection = new Connection({
      host: 'x',
      port: 1,
      logger: { namespace: () => quiet },
      socketFactory,
      requestTimeout: 100,
      connectionTimeout: 100,
    })
    const both = Promise.all([connection.connect(), connection.connect()])
    assert.equal(sockets.length, 1)
    sockets[0]!.onConnect()
    await both
    await connection.disconnect()
    const again = connection.connect()
    assert.equal(sockets.length, 2, 'and a new one after that')
    sockets[1]!.onConnect()
    await again
    await connection.disconnect()
  })
})

describe('a fetch outside the log, in repaired kafkajs', () => {
  before(repairKafkajs)

  function managerAt(position: string, start: string, end: string) {
    const manager = Object.create(OffsetManager.prototype)
    Object.assign(manager, {
      resolvedOffsets: { topic: { 0: position } },
      getCoordinator: () => assert.fail('nothing may be committed'),
      cluster: {
        fetchTopicsOffset: async ([{ fromBeginning }]: [{ fromBeginning: boolean }]) => [
          { topic: 'topic', partitions: [{ partition: 0, offset: fromBeginning ? start : end }] },
        ],
      },
    })
    return manager
  }

  it('goes on at the start of the log, and commits nothing', async () => {
    const manager = managerAt('5', '20', '30')
    await manager.setDefaultOffset({ topic: 'topic', partition: 0 })
    assert.equal(manager.nextOffset('topic', 0).toString(), '20')
  })

  it('ends beyond the end of the log', async () => {
    const manager = managerAt('31', '20', '30')
    await assert.rejects(manager.setDefaultOffset({ topic: 'topic', partition: 0 }), OffsetBeyondEndError)
    assert.equal(manager.nextOffset('topic', 0).toString(), '31')
  })

  it('tries again where the log has the offset by now', async () => {
    const manager = managerAt('30', '20', '30')
    await manager.setDefaultOffset({ topic: 'topic', partition: 0 })
    assert.equal(manager.nextOffset('topic', 0).toString(), '30')
  })
})
