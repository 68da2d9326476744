import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  CountingDeadLetterSink,
  ndjsonDeadLetterSink,
} from '../../../src/adapters/ndjson-dead-letter-sink.ts'
import type { SessionDocument } from '../../../src/core/session-document.ts'
import { WorkerError } from '../../../src/core/worker-error.ts'
import type { DocumentLetter, RecordLetter } from '../../../src/ports/dead-letter-sink.ts'
import type { SourceRecord } from '../../../src/ports/event-source.ts'
import { sampleSession } from '../../support/sample-documents.ts'

const folder = mkdtempSync(join(tmpdir(), 'dead-letters-test-'))
after(() => rmSync(folder, { recursive: true }))

const record: SourceRecord = {
  offset: 4,
  timestamp: null,
  key: null,
  value: Buffer.from('not json'),
  headers: {},
}
const letter: RecordLetter = {
  kind: 'record',
  reason: 'invalid-json',
  message: 'the value is not valid JSON',
  topic: null,
  partition: 0,
  record,
}
const letterOf = (parts: Partial<SourceRecord>): RecordLetter => ({
  ...letter,
  record: { ...record, ...parts },
})
const linesOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

async function written(name: string, letters: readonly (RecordLetter | DocumentLetter)[]) {
  const sink = ndjsonDeadLetterSink(join(folder, name))
  await sink.send(letters)
  // Before it is closed: what is sent is there.
  const lines = linesOf(join(folder, name))
  await sink.close()
  return lines
}

test('a record is a line of its reason, its place and its text', async () => {
  assert.deepEqual(await written('text', [letterOf({ timestamp: 1_764_000_000_000 })]), [
    {
      kind: 'record',
      reason: 'invalid-json',
      message: 'the value is not valid JSON',
      partition: 0,
      offset: 4,
      timestamp: 1_764_000_000_000,
      value: 'not json',
    },
  ])
})

test('a value that is not UTF-8 is kept as base64, byte by byte, and no value as null', async () => {
  const buffer = Buffer.from([0x61, 0x7b, 0xff, 0x7d, 0x62])
  // A view into a larger buffer, as the source gives it.
  const view = new Uint8Array(buffer.buffer, buffer.byteOffset + 1, 3)
  const [bytes, none] = await written('bytes', [letterOf({ value: view }), letterOf({ value: null })])
  assert.deepEqual(Buffer.from(bytes.value_base64, 'base64'), Buffer.from([0x7b, 0xff, 0x7d]))
  assert(!('value' in bytes))
  assert.equal(none.value, null)
})

test('any text stays one line', async () => {
  const text = 'a\u2028b\u0085c\r"\\\u0000 Grüße 世界'
  const [line] = await written('lines', [letterOf({ value: Buffer.from(text) })])
  assert.equal(line.value, text)
})

test('of an overlong line it is told how long it was', async () => {
  const [line] = await written('cut', [letterOf({ headers: { 'cut-from-bytes': '5000000' } })])
  assert.equal(line.cut_from_bytes, 5_000_000)
})

test('a document is kept whole', async () => {
  const document = sampleSession().document as SessionDocument
  const [line] = await written('document', [{ kind: 'document', reason: 'mapping', document }])
  assert.deepEqual(line, {
    kind: 'document',
    reason: 'mapping',
    document: JSON.parse(JSON.stringify(document)),
  })
})

test('letters are added to what is there, on lines of their own', async () => {
  const path = join(folder, 'added')
  writeFileSync(path, '{"kind":"record"}\n{"kind":"rec')
  const sink = ndjsonDeadLetterSink(path)
  await sink.send([letter])
  await sink.send([letterOf({ offset: 5 }), letterOf({ offset: 6 })])
  await sink.close()
  const lines = readFileSync(path, 'utf8').split('\n')
  assert.deepEqual(lines.slice(0, 2), ['{"kind":"record"}', '{"kind":"rec'])
  assert.deepEqual(
    lines.slice(2, -1).map(line => JSON.parse(line).offset),
    [4, 5, 6],
  )
  assert.equal(lines.at(-1), '')
})

test('without letters there is no file', async () => {
  const sink = ndjsonDeadLetterSink(join(folder, 'none'))
  await sink.send([])
  await sink.close()
  assert(!existsSync(join(folder, 'none')))
})

test('a device or a pipe, which cannot be synced, takes letters too', async () => {
  const sink = ndjsonDeadLetterSink('/dev/null')
  await sink.send([letter])
  await sink.close()
})

test('a file that cannot be written is told with what to do, each time, and can be closed', async () => {
  const sink = ndjsonDeadLetterSink(join(folder, 'no/such/letters'))
  for (let i = 0; i < 2; i++)
    await assert.rejects(sink.send([letter]), error => {
      assert(error instanceof WorkerError)
      assert.match(error.message, /no\/such\/letters: cannot be written: ENOENT.* name a file/)
      return true
    })
  await sink.close()
})

test('a counting sink knows how many there were of each reason, and the first of each', async () => {
  const sink = new CountingDeadLetterSink()
  await sink.send([letter, { ...letter, reason: 'too-deep', message: 'deep' }])
  await sink.send([{ ...letterOf({ offset: 9 }), message: 'not the first' }])
  await sink.close()
  assert.deepEqual(
    [...sink.reasons],
    [
      ['invalid-json', { count: 2, example: 'line 5: the value is not valid JSON' }],
      ['too-deep', { count: 1, example: 'line 5: deep' }],
    ],
  )
})

test('a counting sink hands letters on, and counts none that was not taken', async () => {
  const path = join(folder, 'handed on')
  const sink = new CountingDeadLetterSink(ndjsonDeadLetterSink(path))
  await sink.send([letter])
  await sink.close()
  assert.equal(linesOf(path).length, 1)
  const failing = new CountingDeadLetterSink(ndjsonDeadLetterSink(join(folder, 'no/such/letters')))
  await assert.rejects(failing.send([letter]))
  assert.equal(failing.reasons.size, 0)
})
