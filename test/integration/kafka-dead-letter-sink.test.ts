import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { KafkaDeadLetterSink } from '../../src/adapters/kafka-dead-letter-sink.ts'
import { requireTopic } from '../../src/adapters/kafka-topics.ts'
import type { RecordLetter } from '../../src/ports/dead-letter-sink.ts'
import type { SourceRecord } from '../../src/ports/event-source.ts'
import { kafkaClient, useTopic, withoutKafka } from '../support/kafka-fixture.ts'
import { hasCode, readAll } from '../support/kafka-source.ts'

function letterOf(record: Partial<SourceRecord>): RecordLetter {
  return {
    kind: 'record',
    reason: 'invalid-json',
    message: 'not JSON: Grüße',
    topic: 'raw-events',
    partition: 7,
    record: { offset: 42, timestamp: 1_000, key: null, value: null, headers: {}, ...record },
  }
}

const headersOf = ({ headers }: SourceRecord) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

function sinkOf(topic: string): KafkaDeadLetterSink {
  return new KafkaDeadLetterSink({ client: kafkaClient, topic, telemetry: () => {} })
}

describe('a Kafka dead-letter sink', { skip: withoutKafka }, () => {
  it('keeps the original bytes, and says where they were and why they are here', async t => {
    const topic = await useTopic(t, 2)
    const bytes = Buffer.from([0, 0xff, 0xfe, 0x80])
    const sink = sinkOf(topic.name)
    const headers = { trace: bytes, 'sessionloom-reason': 'an earlier one', list: [bytes, 'x'] }
    await sink.send([
      letterOf({ key: bytes, value: bytes, headers }),
      letterOf({ offset: 43, timestamp: null }),
    ])
    await sink.close()
    const records = await readAll(topic)
    const first = records.find(({ key }) => key && bytes.equals(key))
    const second = records.find(record => record !== first)
    assert(first && second)
    assert.deepEqual(first.value, bytes)
    assert.deepEqual(first.headers.trace, bytes)
    assert.deepEqual(first.headers.list, [bytes, Buffer.from('x')])
    const expected = {
      'sessionloom-kind': 'record',
      'sessionloom-reason': 'invalid-json',
      'sessionloom-message': 'not JSON: Grüße',
      'sessionloom-topic': 'raw-events',
      'sessionloom-partition': '7',
      'sessionloom-offset': '42',
      'sessionloom-timestamp': '1000',
    }
    const { trace, list, ...ours } = headersOf(first)
    assert.deepEqual(ours, expected)
    assert.equal(String(second.key), 'raw-events-7-43')
    assert.equal(second.value, null)
    assert.equal(headersOf(second)['sessionloom-timestamp'], '')
  })

  it('writes a header without a value, which kafkajs cannot, as an empty one', async t => {
    const topic = await useTopic(t)
    const sink = sinkOf(topic.name)
    const headers = { empty: null, list: ['a', null] } as unknown as SourceRecord['headers']
    await sink.send([letterOf({ value: Buffer.from('x'), headers })])
    await sink.close()
    const [record] = await readAll(topic)
    assert.equal(String(record!.headers.empty), '')
    assert.deepEqual((record!.headers.list as Buffer[]).map(String), ['a', ''])
  })

  it('cuts and marks what the broker finds too large, and nothing else', async t => {
    const topic = await useTopic(t, 1, { 'max.message.bytes': '100000' })
    const sink = sinkOf(topic.name)
    const large = randomBytes(300_000)
    const small = randomBytes(1_000)
    await sink.send([
      letterOf({ offset: 1, value: small }),
      letterOf({ offset: 2, value: large, headers: { trace: 'kept' } }),
      letterOf({ offset: 3, value: small, headers: { huge: randomBytes(200_000) } }),
      letterOf({ offset: 4, value: small, key: randomBytes(200_000) }),
    ])
    await sink.close()
    const [first, second, third, fourth] = await readAll(topic)
    assert(first?.value && second?.value && third && fourth?.key)
    assert.deepEqual(first.value, small)
    assert.equal(headersOf(first)['sessionloom-cut'], undefined)
    assert(second.value.length > 60_000, `${second.value.length} bytes are left`)
    assert(large.subarray(0, second.value.length).equals(second.value))
    assert.equal(headersOf(second)['sessionloom-cut'], '300000')
    assert.equal(headersOf(second).trace, 'kept')
    assert.equal(headersOf(third)['sessionloom-cut-headers'], '1')
    assert.equal(headersOf(third).huge, undefined)
    assert.equal(headersOf(fourth)['sessionloom-cut-key'], '200000')
    assert.equal(headersOf(fourth)['sessionloom-offset'], '4')
  })

  it('sends thousands of letters in bounded requests', async t => {
    const topic = await useTopic(t, 3)
    const sink = sinkOf(topic.name)
    const value = randomBytes(2_000)
    await sink.send(
      Array.from({ length: 3_000 }, (_, offset) =>
        letterOf({ offset, value, key: Buffer.from(`${offset}`) }),
      ),
    )
    await sink.close()
    const offsets = (await readAll(topic)).map(record => Number(headersOf(record)['sessionloom-offset']))
    assert.deepEqual(
      offsets.toSorted((a, b) => a - b),
      Array.from({ length: 3_000 }, (_, i) => i),
    )
  })

  it('says that its topic is missing', async () => {
    const name = `test-missing-${randomUUID()}`
    const sink = sinkOf(name)
    await assert.rejects(requireTopic(kafkaClient, name), hasCode('topic-missing', name))
    await assert.rejects(sink.send([letterOf({})]), hasCode('topic-missing', name, 'sessionloom setup'))
    await sink.close()
  })
})
