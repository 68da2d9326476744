import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { Client } from '@elastic/elasticsearch'
import { Kafka, logLevel } from 'kafkajs'
import { startServices } from '../support/services.ts'

const services = await startServices()

describe('the services under test', { skip: services.kind === 'none' ? services.reason : false }, () => {
  assert(services.kind === 'running')
  after(services.stop)

  it('carry a record through Kafka', async t => {
    const topic = `services-${randomUUID()}`
    const kafka = new Kafka({ brokers: services.brokers.split(','), logLevel: logLevel.NOTHING })
    const [admin, producer] = [kafka.admin(), kafka.producer()]
    const consumer = kafka.consumer({ groupId: topic })
    t.after(async () => {
      await Promise.all([consumer.disconnect(), producer.disconnect()])
      await admin.deleteGroups([topic])
      await admin.deleteTopics({ topics: [topic] })
      await admin.disconnect()
    })
    await Promise.all([admin.connect(), producer.connect(), consumer.connect()])
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true })
    await producer.send({ topic, messages: [{ key: 'tab', value: 'event' }] })
    await consumer.subscribe({ topic, fromBeginning: true })

    const record = await new Promise<{ key: unknown; value: unknown }>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { key: unknown; value: unknown } }) => {
        resolve(message)
      }
      consumer.run({ autoCommit: false, eachMessage }).catch(reject)
    })

    assert.equal(String(record.key), 'tab')
    assert.equal(String(record.value), 'event')
  })

  it('refuse an older version of a document', async t => {
    const index = `services-${randomUUID()}`
    const client = new Client({ node: services.elasticsearch })
    t.after(async () => {
      await client.indices.delete({ index, ignore_unavailable: true })
      await client.close()
    })
    const write = (version: number) =>
      client.index({ index, id: '1', version, version_type: 'external_gte', document: { version } })
    await write(7)
    await write(7)

    await assert.rejects(write(6), { statusCode: 409 })

    const found = await client.get<{ version: number }>({ index, id: '1' })
    assert.deepEqual(found._source, { version: 7 })
    assert.equal(found._version, 7)
  })
})
