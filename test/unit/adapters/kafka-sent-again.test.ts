import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Message } from 'kafkajs'
import { letterMessage } from '../../../src/adapters/kafka-letter.ts'
import { decodeLineage, encodeLineage, lineageHeader } from '../../../src/adapters/kafka-lineage.ts'
import { rekeyedMessages, replayedMessage } from '../../../src/adapters/kafka-sent-again.ts'
import {
  isReplayMark,
  markMessage,
  readLetter,
  type StoredLetter,
} from '../../../src/adapters/kafka-stored-letter.ts'
import { decode } from '../../../src/core/decode.ts'
import { nativeFormat } from '../../../src/core/formats/native.ts'
import { segmentFormat } from '../../../src/core/formats/segment.ts'
import { readJsonPayload, withSchemas } from '../../../src/core/formats/wire-format.ts'
import type { RecordHeaders } from '../../../src/core/record-headers.ts'
import type { SourceRecord } from '../../../src/ports/event-source.ts'

const event = '{"eventId":"e","tabId":"tab-1","type":"x"}'

function recordOf({ key, value, headers }: Message, offset = 7): SourceRecord {
  const bytes = (content: Buffer | string | null | undefined) =>
    content == null ? null : Buffer.from(content)
  return {
    offset,
    timestamp: 5_000,
    key: bytes(key),
    value: bytes(value),
    headers: (headers ?? {}) as RecordHeaders,
  }
}

/** The letter of a record, read back from the topic. */
function storedLetter(record: Partial<SourceRecord>): StoredLetter {
  const whole = { offset: 9, timestamp: 1_000, key: null, value: null, headers: {}, ...record }
  const message = letterMessage({
    kind: 'record',
    reason: 'invalid-event',
    message: 'tabId: missing',
    topic: 'raw-events',
    partition: 2,
    record: whole,
  })
  const letter = readLetter(4, recordOf(message))
  assert(letter !== null && letter.kind !== 'mark')
  return letter
}

describe('an event that was written with a schema, sent again', () => {
  const format = withSchemas(nativeFormat, new Map([[7, { kind: 'schema', read: readJsonPayload }]]))
  const value = Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from(event)])
  /** As a worker decodes it that finds it there. */
  const decodedAgain = (message: Message) => {
    const outcome = decode({ ...recordOf(message), timestamp: 9_000 }, Number.POSITIVE_INFINITY, format)
    assert(outcome.kind === 'ok', JSON.stringify(outcome))
    return [outcome.value.raw.tabId, outcome.value.received]
  }

  it('is keyed by its tab and received when it was, its bytes as they were', () => {
    const record = { offset: 9, timestamp: 1_000, key: Buffer.from('user'), value, headers: {} }
    const [copied, ...others] = rekeyedMessages(0, record, 4, format)
    assert(copied && others.length === 0)
    for (const message of [copied, replayedMessage(storedLetter(record), format)]) {
      assert.equal(message.key, 'tab-1')
      assert.deepEqual(message.value, value)
      assert.deepEqual(decodedAgain(message), ['tab-1', 1_000])
    }
  })
})

describe('a letter that is sent again', () => {
  it('is keyed by tab, and was received when its first record was', () => {
    const message = replayedMessage(
      storedLetter({ key: Buffer.from('user'), value: Buffer.from(event) }),
      nativeFormat,
    )
    assert.equal(message.key, 'tab-1')
    assert.equal(message.value, `${event.slice(0, -1)},"receivedAt":1000}`)
  })

  it('has its original bytes, key and headers if it is no event', () => {
    const bytes = Buffer.from([0xff, 0])
    const headers = { trace: bytes, 'sessionloom-reason': 'of a producer' }
    const message = replayedMessage(storedLetter({ key: bytes, value: bytes, headers }), nativeFormat)
    assert.deepEqual([message.key, message.value], [bytes, bytes])
    assert.deepEqual(Object.keys(message.headers ?? {}), ['trace', lineageHeader])
  })

  it('goes back to its partition without a key if it had none', () => {
    const message = replayedMessage(storedLetter({ value: Buffer.from('x') }), nativeFormat)
    assert.equal(message.key, null)
    assert.equal(message.partition, 2)
    assert.equal(replayedMessage(storedLetter({ value: null }), nativeFormat).value, null)
  })

  it('is another letter when it is broken still, and keeps the time of its first record', () => {
    const first = storedLetter({ value: Buffer.from('x') })
    const again = storedLetter({ ...recordOf(replayedMessage(first, nativeFormat), 30), timestamp: 9_000 })
    assert.equal(again.origin.offset, 30)
    assert.deepEqual(again.lineage, { ...first.lineage, replays: 1 })
    assert.equal(again.lineage.timestamp, 1_000)
    const third = storedLetter(recordOf(replayedMessage(again, nativeFormat), 31))
    assert.equal(third.lineage.replays, 2)
  })

  it('is remembered in the partition of its letter, by what a copy of it has too', () => {
    const letter = storedLetter({ value: Buffer.from('x') })
    const mark = markMessage(letter)
    assert.equal(mark.partition, 4)
    const record = recordOf(mark)
    assert.equal(isReplayMark(record), true)
    assert.equal(isReplayMark(letter.record), false)
    assert.deepEqual(readLetter(0, record), { kind: 'mark', lineage: encodeLineage(letter.lineage) })
  })
})

describe('a lineage', () => {
  it('tells a topic that was made anew from the one before', () => {
    const [one, other] = [storedLetter({ timestamp: 1 }), storedLetter({ timestamp: 2 })]
    assert.notEqual(encodeLineage(one.lineage), encodeLineage(other.lineage))
  })

  it('of anybody else is none', () => {
    for (const header of [
      '',
      'x',
      '{}',
      '[]',
      '["a",1,2,3]',
      '["a",1,2,"3",4]',
      '["a",1,2,-3,4]',
      '["a",1,2,1e20,4]',
    ])
      assert.equal(decodeLineage({ [lineageHeader]: Buffer.from(header) }), null, header)
    assert.equal(decodeLineage({ [lineageHeader]: [Buffer.from('["a",1,2,3,4]')] }), null)
    assert.equal(decodeLineage({}), null)
  })
})

describe('a record that is copied to another topic', () => {
  it('is keyed by tab, with what it had', () => {
    const headers = { trace: Buffer.from('a'), 'sessionloom-first': Buffer.from('["a",1,2,3,1]') }
    const record = {
      offset: 1,
      timestamp: 3_000,
      key: Buffer.from('user'),
      value: Buffer.from(event),
      headers,
    }
    const message = rekeyedMessages(5, record, 4, nativeFormat)[0]!
    assert.equal(message.key, 'tab-1')
    assert.equal(message.value, `${event.slice(0, -1)},"receivedAt":3000}`)
    assert.deepEqual(message.headers, headers)
  })

  it('is left as it is where it is no event', () => {
    const broken = { offset: 1, timestamp: 3_000, key: null, value: Buffer.from('{"tabId":'), headers: {} }
    const message = rekeyedMessages(5, broken, 4, nativeFormat)[0]!
    assert.deepEqual([message.key, message.partition, message.value], [null, 5, broken.value])
  })
})

describe('a record of another format', () => {
  const call =
    '{"type":"page","messageId":"m","anonymousId":"visitor","timestamp":"1970-01-01T00:00:00.500Z"}'
  const record = {
    offset: 1,
    timestamp: 3_000,
    key: Buffer.from('user'),
    value: Buffer.from(call),
    headers: {},
  }
  const first = { 'sessionloom-first-timestamp': '3000' }

  const receivedOf = (message: Message, timestamp: number) => {
    const again = { ...recordOf(message), timestamp }
    const outcome = decode(again, Number.POSITIVE_INFINITY, segmentFormat)
    assert(outcome.kind === 'ok')
    return outcome.value.received
  }

  it('is keyed by its tab and left as it is: a header tells when its first record was written', () => {
    const message = rekeyedMessages(5, record, 4, segmentFormat)[0]!
    assert.equal(message.key, 'visitor')
    assert.equal(String(message.value), call)
    assert.deepEqual(message.headers, first)
    assert.equal(receivedOf(message, 9_000), 3_000)
  })

  it('keeps that header, however often it is copied, becomes a letter, and is sent again', () => {
    const copy = { ...recordOf(rekeyedMessages(5, record, 4, segmentFormat)[0]!), timestamp: 9_000 }
    const letter = storedLetter(copy)
    const sent = replayedMessage(letter, segmentFormat)
    assert.equal(sent.headers?.['sessionloom-first-timestamp'], '3000')
    assert.equal(sent.key, 'visitor')
    assert.equal(receivedOf(sent, 20_000), 3_000)
    const unread = replayedMessage(letter, nativeFormat)
    assert.equal(unread.headers?.['sessionloom-first-timestamp'], '3000')
  })

  it('that never was copied has the time of its first record when its letter is sent again', () => {
    const sent = replayedMessage(storedLetter({ ...record, timestamp: 1_000 }), segmentFormat)
    assert.equal(receivedOf(sent, 20_000), 1_000)
  })
})
