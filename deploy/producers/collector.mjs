// A collector: takes groups of events over HTTP, and puts each on Kafka, keyed by its tab.
//
//   npm install kafkajs
//   KAFKA_BROKERS=localhost:9092 KAFKA_TOPIC=raw-events PORT=8080 node --disable-warning=TimeoutNegativeWarning collector.mjs
//
// Of a negative time-out Node would warn once for kafkajs 2.2.4: it is harmless (tulios/kafkajs#1751).
// 204 is answered when the broker has acknowledged all events of a group.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Kafka, Partitioners } from 'kafkajs'

const { KAFKA_BROKERS = 'localhost:9092', KAFKA_TOPIC = 'raw-events', PORT = '8080' } = process.env
const maxBytes = 128 * 1024
const maxEventBytes = 64 * 1024

const kafka = new Kafka({ clientId: 'collector', brokers: KAFKA_BROKERS.split(',') })
// The partitioner that other clients use, so that a tab reaches the same partition from all of them.
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
await producer.connect()

/** A group's events as Kafka messages. What has no tab has no place: it is left out. */
function messagesOf({ sentAt, events }, ip) {
  const receivedAt = Date.now()
  return events
    .filter(event => typeof event?.tabId === 'string' && event.tabId !== '')
    .map(event => ({
      key: event.tabId,
      value: JSON.stringify({ ...event, context: { ...event.context, ip }, sentAt, receivedAt }),
    }))
    .filter(({ value }) => Buffer.byteLength(value) <= maxEventBytes)
}

/** The body as a group of events; null for anything else. */
async function groupOf(request) {
  if (Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) > maxBytes) return null
  try {
    const group = JSON.parse(await text(request))
    return Array.isArray(group?.events) ? group : null
  } catch {
    return null
  }
}

async function answer(request, response) {
  if (request.method !== 'POST' || request.url !== '/events') return response.writeHead(404).end()
  const group = await groupOf(request)
  if (group === null) return response.writeHead(400).end()
  const messages = messagesOf(group, request.socket.remoteAddress)
  if (messages.length > 0) await producer.send({ topic: KAFKA_TOPIC, messages })
  response.writeHead(204).end()
}

const server = createServer((request, response) => {
  answer(request, response).catch(error => {
    process.stderr.write(`collector: ${error.message}\n`)
    response.writeHead(503).end()
  })
})
server.listen(Number(PORT), () => process.stdout.write(`listening on port ${server.address().port}\n`))

process.once('SIGTERM', async () => {
  server.close()
  await producer.disconnect()
})
