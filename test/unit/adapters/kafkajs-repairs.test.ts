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
const Decoder = require('kafkajs/src/protocol/decoder')
const recordPath = 'kafkajs/src/protocol/recordBatch/record/v0'

/** Before anything is repaired: each test file is a process of its own. */
const sources = {
  scheduleCheckPendingRequests: RequestQueue.prototype.scheduleCheckPendingRequests,
  decodeMessages: require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages'),
  setDefaultOffset: OffsetManager.prototype.setDefaultOffset,
  decodeRecord: require(`${recordPath}/decoder`),
  connect: Connection.prototype.connect,
}
const originalDecodeRecord = sources.decodeRecord

// `decodeMessages` above has loaded what uses the record's decoder: as when the process starts, it shall not be.
for (const path of Object.keys(require.cache))
  if (/kafkajs\/src\/protocol\/(recordBatch\/v0\/decoder|requests\/fetch\/v4\/decodeMessages)/.test(path))
    delete require.cache[path]

const encode = (record: object) => new Encoder().writeEncoder(require(recordPath)(record))

function decodeRecord(decode: (decoder: unknown, context: object) => unknown, record: object): unknown {
  const bytes = new Decoder(encode(record).buffer).readVarIntBytes()
  return decode(new Decoder(bytes), { firstOffset: '7', firstTimestamp: '1000', magicByte: 2 })
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
    assert.notEqual(require(`${recordPath}/decoder`), sources.decodeRecord)
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

  it('decodes a batch of more records than a call can have arguments', async () => {
    const count = 150_000
    const record = encode({ offsetDelta: 0, timestampDelta: 0, key: null, value: 'x' }).buffer
    const records = Buffer.concat(Array.from({ length: count }, () => record))
    const batch = new Encoder()
      .writeInt32(0) // partition leader epoch
      .writeInt8(2) // magic
      .writeInt32(0) // CRC
      .writeInt16(0) // attributes
      .writeInt32(count - 1)
      .writeInt64(1_000)
      .writeInt64(1_000)
      .writeInt64(-1)
      .writeInt16(-1)
      .writeInt32(-1)
      .writeInt32(count).buffer
    const body = Buffer.concat([batch, records])
    const set = Buffer.concat([new Encoder().writeInt64(5).writeInt32(body.length).buffer, body])
    // The second batch is cut off, as the broker does.
    const whole = Buffer.concat([set, set.subarray(0, 500)])
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
        .writeInt32(whole.length).buffer,
      whole,
    ])
    // The way that a consumer takes with Kafka 2.4 and later.
    const decoded = await require('kafkajs/src/protocol/requests/fetch/v11/response').decode(response)
    const { messages } = decoded.responses[0].partitions[0]
    assert.equal(messages.length, count)
    assert.equal(String(messages.at(-1).value), 'x')
  })

  it('decodes a record as kafkajs did', () => {
    const repaired = require(`${recordPath}/decoder`)
    for (const record of [
      { offsetDelta: 3, timestampDelta: 250, key: 'k', value: 'v' },
      { key: null, value: null },
      { key: 'k', value: Buffer.from([0xff, 0]), headers: { a: 'x', b: ['1', '2', '3'], c: '' } },
    ])
      assert.deepEqual(decodeRecord(repaired, record), decodeRecord(originalDecodeRecord, record))
  })

  it('decodes tens of thousands of headers at once, whatever their names are', () => {
    const repaired = require(`${recordPath}/decoder`)
    const names = ['constructor', 'toString', ...Array.from({ length: 50_000 }, (_, i) => `h${i}`)]
    const headers = Object.fromEntries([...names, '__proto__'].map(name => [name, 'x']))
    const since = performance.now()
    const { headers: decoded } = decodeRecord(repaired, { key: null, value: null, headers }) as {
      headers: Record<string, Buffer>
    }
    assert(performance.now() - since < 5_000)
    assert.deepEqual(Object.keys(decoded), Object.keys(headers))
    assert.equal(String(decoded.constructor), 'x')
    assert.equal(Object.getPrototypeOf(decoded), Object.prototype)
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
