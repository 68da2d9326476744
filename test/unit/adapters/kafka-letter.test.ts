import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Message } from 'kafkajs'
import { cutLetter, letterMessage } from '../../../src/adapters/kafka-letter.ts'
import { chunks } from '../../../src/adapters/kafka-producer.ts'
import { WorkerError } from '../../../src/core/worker-error.ts'
import type { DocumentLetter, RecordLetter } from '../../../src/ports/dead-letter-sink.ts'
import type { SourceRecord } from '../../../src/ports/event-source.ts'

function letter(record: Partial<SourceRecord> = {}, over: Partial<RecordLetter> = {}): RecordLetter {
  return {
    kind: 'record',
    reason: 'invalid-event',
    message: 'tabId: missing',
    topic: 'raw-events',
    partition: 2,
    record: { offset: 9, timestamp: 1_000, key: null, value: null, headers: {}, ...record },
    ...over,
  }
}

describe('the letter of a record', () => {
  it('has the bytes of the record, not a copy', () => {
    const bytes = new Uint8Array([9, 0xff, 0, 9]).subarray(1, 3)
    const { key, value } = letterMessage(letter({ key: bytes, value: bytes }))
    assert.deepEqual([key, value], [Buffer.from([0xff, 0]), Buffer.from([0xff, 0])])
    assert.equal((value as Buffer).buffer, bytes.buffer)
  })

  it('says why it is here and where it was', () => {
    assert.deepEqual(letterMessage(letter()).headers, {
      'sessionloom-kind': 'record',
      'sessionloom-reason': 'invalid-event',
      'sessionloom-message': 'tabId: missing',
      'sessionloom-topic': 'raw-events',
      'sessionloom-partition': '2',
      'sessionloom-offset': '9',
      'sessionloom-timestamp': '1000',
    })
    const fromFile = letterMessage(letter({ timestamp: null }, { topic: null, message: 'x'.repeat(5_000) }))
    assert.equal(fromFile.headers?.['sessionloom-topic'], '')
    assert.equal(fromFile.headers?.['sessionloom-timestamp'], '')
    assert.equal(fromFile.headers?.['sessionloom-message']?.length, 1_000)
  })

  it('has a key always, since a message without one may be repeated in another partition', () => {
    assert.equal(letterMessage(letter()).key, 'raw-events-2-9')
    assert.equal(letterMessage(letter({ key: Buffer.alloc(0) })).key, 'raw-events-2-9')
    assert.equal(letterMessage(letter({}, { topic: null })).key, 'file-2-9')
  })

  it("keeps the record's headers, but none of an earlier letter", () => {
    const bytes = Buffer.from([0xff])
    const headers = {
      trace: bytes,
      list: [bytes, 'x'],
      empty: undefined,
      ['__proto__']: 'own',
      'sessionloom-cut': '7',
      'sessionloom-reason': 'old',
    }
    const { headers: copied } = letterMessage(letter({ headers }))
    assert.deepEqual(copied?.trace, bytes)
    assert.deepEqual(copied?.list, [bytes, 'x'])
    assert.equal(copied?.empty, '')
    assert.equal(Object.getOwnPropertyDescriptor(copied, '__proto__')?.value, 'own')
    assert.equal(copied?.['sessionloom-cut'], undefined)
    assert.equal(copied?.['sessionloom-reason'], 'invalid-event')
  })
})

describe('the letter of a document', () => {
  it('has the whole document, and its tab as key', () => {
    const document = {
      id: 'session',
      tabId: 'tab',
      source: { topic: 'raw-events', partition: 3, offset: 8, timestamp: null },
    } as unknown as DocumentLetter['document']
    const message = letterMessage({ kind: 'document', reason: 'mapper_parsing_exception', document })
    assert.equal(message.key, 'tab')
    assert.deepEqual(JSON.parse(String(message.value)), document)
    assert.equal(message.headers?.['sessionloom-kind'], 'document')
    assert.equal(message.headers?.['sessionloom-reason'], 'mapper_parsing_exception')
    assert.equal(message.headers?.['sessionloom-offset'], '7')
  })
})

describe('a letter that is too large', () => {
  function cutUntil(message: Message, fits: (message: Message) => boolean): Message {
    let cut = message
    for (let i = 0; i < 100 && !fits(cut); i++) cut = cutLetter(cut)
    return cut
  }
  const bytes = ({ key, value, headers }: Message) =>
    Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? '') + JSON.stringify(headers).length
  const fits = (message: Message) => bytes(message) < 2_000

  it('loses the end of its value first, and tells how long it was', () => {
    const value = Buffer.alloc(10_000, 'x')
    const cut = cutUntil(letterMessage(letter({ value, headers: { trace: 'kept' } })), fits)
    assert.equal(cut.headers?.['sessionloom-cut'], '10000')
    assert.equal(cut.headers?.trace, 'kept')
    assert((cut.value?.length ?? 0) > 1_000)
  })

  it('loses its headers or its key, if these are what is large', () => {
    const headers = { a: 'x'.repeat(5_000), b: 'y' }
    const cut = cutUntil(letterMessage(letter({ value: Buffer.alloc(100), headers })), fits)
    assert.equal(cut.headers?.['sessionloom-cut-headers'], '2')
    assert.equal(cut.value?.length, 100)
    const key = cutUntil(letterMessage(letter({ key: Buffer.alloc(5_000), value: Buffer.alloc(100) })), fits)
    assert.equal(key.headers?.['sessionloom-cut-key'], '5000')
    assert.equal(key.value?.length, 100)
    assert.equal(key.headers?.['sessionloom-offset'], '9')
  })

  it('ends the process when nothing of it is taken', () => {
    const never = () => false
    assert.throws(() => cutUntil(letterMessage(letter({ value: Buffer.alloc(9_000) })), never), WorkerError)
  })
})

describe('messages in requests', () => {
  it('are at most a thousand, and a megabyte, and all of them in order', () => {
    const small = Array.from({ length: 2_500 }, (_, i) => ({ key: `${i}`, value: null }))
    assert.deepEqual(
      [...chunks(small)].map(chunk => chunk.length),
      [1_000, 1_000, 500],
    )
    const large = Array.from({ length: 5 }, () => ({ key: 'k', value: Buffer.alloc(400_000) }))
    assert.deepEqual(
      [...chunks(large)].map(chunk => chunk.length),
      [2, 2, 1],
    )
    const huge = [{ key: 'k', value: Buffer.alloc(3_000_000) }, small[0]!]
    assert.deepEqual([...chunks(huge)].flat(), huge)
    const heads = Array.from({ length: 4 }, () => ({
      key: 'k',
      value: null,
      headers: { h: 'x'.repeat(600_000) },
    }))
    assert.equal([...chunks(heads)].length, 4)
    assert.deepEqual([...chunks([])], [])
  })
})
