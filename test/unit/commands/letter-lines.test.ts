import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StoredLetter } from '../../../src/adapters/kafka-stored-letter.ts'
import { escaped, excerpt, letterHead, letterJson, letterRow } from '../../../src/commands/letter-lines.ts'

const letter: StoredLetter = {
  kind: 'record',
  partition: 1,
  record: {
    offset: 12,
    timestamp: Date.parse('2026-11-24T10:00:00Z'),
    key: Buffer.from('tab'),
    value: Buffer.from('{"tabId":'),
    headers: {},
  },
  reason: 'invalid-json',
  cause: 'the value is not valid JSON',
  origin: { topic: 'raw-events', partition: 3, offset: 77, timestamp: 0 },
  lineage: { topic: 'raw-events', partition: 3, offset: 77, timestamp: 0, replays: 0 },
  isCut: false,
}

describe('a letter as a line', () => {
  it('stands under the heads of the table', () => {
    const line = letterRow(letter, 'pending')
    assert.equal(
      line,
      '1          12        2026-11-24T10:00:00.000Z  pending   invalid-json         raw-events-3-77           ' +
        'the value is not valid JSON · {"tabId":',
    )
    for (const [head, cell] of [
      ['OFFSET', '12'],
      ['STATE', 'pending'],
      ['REASON', 'invalid-json'],
      ['ORIGIN', 'raw-events'],
    ] as const)
      assert.equal(letterHead.indexOf(head), line.indexOf(cell))
  })

  it('moves no cursor, whatever a producer sent', () => {
    const hostile = '\u001b[2J\u0007\r\n\u009b\u202eabc\u2028\u200b\ud800'
    const record = { ...letter.record, value: Buffer.from(hostile) }
    const line = letterRow({ ...letter, record, cause: hostile, reason: hostile }, 'pending')
    assert.doesNotMatch(line, /[^\x20-\x7e·\ufffd]/)
    assert.match(line, /\\u\{1b\}\[2J\\u\{7\}\\u\{d\}\\u\{a\}\\u\{9b\}\\u\{202e\}abc/)
    assert.equal(escaped('Grüße 標 🙂'), 'Grüße 標 🙂')
  })

  it('shows the beginning of a value, and never half of a character', () => {
    assert.equal(excerpt(null), '(no value)')
    assert.equal(excerpt(Buffer.from('x'.repeat(60))), 'x'.repeat(60))
    assert.equal(excerpt(Buffer.from('x'.repeat(61))), `${'x'.repeat(60)}…`)
    assert.equal(excerpt(Buffer.from(`x${'標'.repeat(100)}`)), `x${'標'.repeat(39)}…`)
    assert.equal(excerpt(Buffer.from([0xff, 0x41, 0])), '\\xffA\\x00')
  })

  it('as JSON has the whole value, in base64 if it is no text', () => {
    const text = JSON.parse(letterJson(letter, 'replayed'))
    assert.equal(text.value, '{"tabId":')
    assert.equal(text.state, 'replayed')
    assert.deepEqual(text.origin, {
      topic: 'raw-events',
      partition: 3,
      offset: 77,
      timestamp: '1970-01-01T00:00:00.000Z',
    })
    const bytes = JSON.parse(
      letterJson({ ...letter, record: { ...letter.record, value: Buffer.from([0xff]) } }, 'never'),
    )
    assert.equal(bytes.valueBase64, '/w==')
    assert.equal('value' in bytes, false)
    const empty = JSON.parse(letterJson({ ...letter, record: { ...letter.record, value: null } }, 'never'))
    assert.equal(empty.value, null)
    const mark = JSON.parse(
      letterJson({ ...letter, record: { ...letter.record, value: Buffer.from('\ufeffx') } }, 'never'),
    )
    assert.equal(mark.value, '\ufeffx')
  })
})
