import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectWithin, createKafka, type KafkaLogLine } from '../../../src/adapters/kafka-client.ts'
import { WorkerError } from '../../../src/core/worker-error.ts'

/** Takes connections and answers nothing: a firewall, or a server of another kind. */
async function blackHole(t: TestContext): Promise<{ broker: string; sockets: ReadonlySet<Socket> }> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).resume()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { broker: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}

describe('a Kafka client', () => {
  it('does not wait for a broker that never answers, and names it', async t => {
    const { broker, sockets } = await blackHole(t)
    const settings = { brokers: [broker], clientId: 'test' }
    const since = performance.now()
    const kafka = createKafka(settings)
    const connecting = connectWithin(kafka, kafka.admin(), settings, 300)
    await assert.rejects(connecting, (error: unknown) => {
      assert(error instanceof WorkerError)
      assert.equal(error.code, 'unreachable')
      assert(error.message.includes(broker) && error.message.includes('KAFKA_BROKERS'), error.message)
      return true
    })
    assert(performance.now() - since < 2_000)
    await sleep(200)
    assert.equal(sockets.size, 0, 'no connection is left to keep the process alive')
  })

  it('is quiet, or tells its log to whom it was given', async t => {
    const written = (['log', 'info', 'warn', 'error'] as const).map(name => t.mock.method(console, name))
    const lines: KafkaLogLine[] = []
    for (const log of [undefined, (line: KafkaLogLine) => lines.push(line)]) {
      const settings = { brokers: ['127.0.0.1:1'], clientId: 'test', ...(log && { log }) }
      const kafka = createKafka(settings)
      await assert.rejects(connectWithin(kafka, kafka.admin(), settings, 200), WorkerError)
    }
    for (const { mock } of written) assert.equal(mock.callCount(), 0)
    assert(lines.some(({ level, message }) => level === 'error' && message.includes('127.0.0.1:1')))
  })
})
