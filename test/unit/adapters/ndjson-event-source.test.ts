import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { NdjsonEventSource, openInput } from '../../../src/adapters/ndjson-event-source.ts'
import { decode, maxRecordBytes } from '../../../src/core/decode.ts'
import { WorkerError } from '../../../src/core/worker-error.ts'
import type { RecordBatch, SourceHandler, SourceRecord } from '../../../src/ports/event-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'ndjson-source-test-'))
after(() => rmSync(folder, { recursive: true }))

type Reading = { readonly batches: RecordBatch[]; readonly records: SourceRecord[] }

/** Reads to the end, with copies of the bytes. */
async function read(
  source: NdjsonEventSource,
  onBatch: () => Promise<void> = async () => {},
): Promise<Reading> {
  const batches: RecordBatch[] = []
  await source.run({
    assigned: () => {},
    async process({ batch }) {
      const records = batch.records.map(record => ({ ...record, value: Buffer.from(record.value ?? []) }))
      batches.push({ ...batch, records })
      await onBatch()
    },
  })
  return { batches, records: batches.flatMap(({ records }) => records) }
}

const readChunks = (chunks: Iterable<Buffer | string>) => read(new NdjsonEventSource(Readable.from(chunks)))
const readText = async (text: string) =>
  (await readChunks([Buffer.from(text)])).records.map(({ offset, value }) => [offset, String(value)])

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...at.map(end => end % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

test('a record is a line, and its offset the number of the line', async () => {
  assert.deepEqual(await readText('a\nbb\nccc\n'), [
    [0, 'a'],
    [1, 'bb'],
    [2, 'ccc'],
  ])
})

test('a record has no timestamp, no key and no headers', async () => {
  const { records } = await readChunks([Buffer.from('a\n')])
  const expected = { offset: 0, timestamp: null, key: null, value: Buffer.from('a'), headers: {} }
  assert.deepEqual(records, [expected])
})

test('the last line needs no newline', async () => {
  assert.deepEqual(await readText('a\nb'), [
    [0, 'a'],
    [1, 'b'],
  ])
})

test('carriage returns before the newline are no part of a record, others are', async () => {
  assert.deepEqual(await readText('a\r\nb\rc\r\nd\r'), [
    [0, 'a'],
    [1, 'b\rc'],
    [2, 'd'],
  ])
})

test('blank lines are no records, but keep their number', async () => {
  assert.deepEqual(await readText('\na\n\r\n \t \nb\n\n\n'), [
    [1, 'a'],
    [4, 'b'],
  ])
})

test('an empty input, and one of blank lines, have no batch', async () => {
  for (const text of ['', '\n', '\n\n \r\n']) {
    const { batches } = await readChunks([Buffer.from(text)])
    assert.deepEqual(batches, [], JSON.stringify(text))
  }
})

test('bytes that are not UTF-8 reach the decoder as they came', async () => {
  const line = Buffer.from([0x7b, 0xff, 0x00, 0xc3, 0x7d])
  const { records } = await readChunks([Buffer.concat([line, Buffer.from('\n'), line])])
  assert.deepEqual(
    records.map(({ value }) => value),
    [line, line],
  )
  const outcome = decode(records[0]!, Number.POSITIVE_INFINITY)
  assert.equal(outcome.kind === 'dead-letter' && outcome.reason, 'invalid-utf8')
})

test('chunks may end anywhere, inside a character or between \\r and \\n', async () => {
  const line = fc.oneof(
    fc.uint8Array({ maxLength: 12 }).map(bytes => Buffer.from(bytes.filter(byte => byte !== 0x0a))),
    fc.constantFrom('', '\r', ' ', 'ä\r', '世界').map(text => Buffer.from(text)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(200)), fc.boolean(), async (lines, cuts, isEnded) => {
      const bytes = Buffer.concat(
        lines.flatMap((text, i) => [text, Buffer.from(isEnded || i < lines.length - 1 ? '\n' : '')]),
      )
      const { records, batches } = await readChunks(cut(bytes, cuts).filter(chunk => chunk.length > 0))
      const expected = lines
        .map((text, offset) => ({
          offset,
          text: text.at(-1) === 0x0d ? text.subarray(0, -1) : text,
          all: text,
        }))
        .filter(({ all }) => !/^[ \t\r]*$/.test(all.toString('latin1')))
      assert.deepEqual(
        records.map(({ offset, value }) => [offset, value]),
        expected.map(({ offset, text }) => [offset, text]),
      )
      assertContiguous(batches)
    }),
  )
})

test('text chunks are taken as UTF-8', async () => {
  const { records } = await readChunks(['{"a":"ä', '世"}\n'])
  assert.equal(String(records[0]?.value), '{"a":"ä世"}')
})

test('a line of the largest size is a record, with or without a carriage return', async () => {
  const line = Buffer.alloc(maxRecordBytes, 'x')
  const { records } = await readChunks([line, Buffer.from('\r\n'), line, Buffer.from('\n'), line])
  for (const { value, headers } of records) {
    assert.equal(value?.length, maxRecordBytes)
    assert.deepEqual(headers, {})
  }
  assert.equal(records.length, 3)
})

test('of an overlong line the beginning is kept: enough to be too large, with its length noted', async () => {
  for (const [bytes, note] of [
    [maxRecordBytes + 1, undefined],
    [maxRecordBytes + 2, String(maxRecordBytes + 2)],
    [5_000_000, '5000000'],
  ] as const)
    for (const chunkBytes of [100_000, maxRecordBytes, 10_000_000]) {
      const input = Buffer.concat([Buffer.from('a\n'), Buffer.alloc(bytes, 'x'), Buffer.from('\nb\n')])
      const cuts = Array.from(
        { length: Math.floor(input.length / chunkBytes) },
        (_, i) => (i + 1) * chunkBytes,
      )
      const { records } = await readChunks(cut(input, cuts))
      assert.deepEqual(
        records.map(({ offset }) => offset),
        [0, 1, 2],
      )
      assert.equal(records[1]?.value?.length, maxRecordBytes + 1)
      assert.equal(records[1]?.headers['cut-from-bytes'], note)
      const outcome = decode(records[1]!, Number.POSITIVE_INFINITY)
      assert.equal(outcome.kind === 'dead-letter' && outcome.reason, 'too-large')
      assert.equal(String(records[2]?.value), 'b')
      assert.deepEqual(records[2]?.headers, {})
    }
})

test('a line without end does not fill memory', async () => {
  const chunk = Buffer.alloc(1 << 20, 'x')
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  function* endless() {
    for (let i = 0; i < 300; i++) {
      most = Math.max(most, process.memoryUsage().arrayBuffers)
      // A copy, or there would be nothing to hold on to.
      yield Buffer.from(chunk)
    }
  }
  const { records } = await readChunks(endless())
  assert.equal(records[0]?.headers['cut-from-bytes'], String(300 * chunk.length))
  assert(most - before < 200 * chunk.length, `${Math.round((most - before) / chunk.length)} MiB`)
})

test('a batch has at most 2,000 records and about 1 MiB', async () => {
  const small = await readChunks([Buffer.from('{}\n'.repeat(4500))])
  assert.deepEqual(
    small.batches.map(({ records }) => records.length),
    [2000, 2000, 500],
  )
  const large = await readChunks([Buffer.from(`${'x'.repeat(300_000)}\n`.repeat(9))])
  assert.deepEqual(
    large.batches.map(({ records }) => records.length),
    [4, 4, 1],
  )
  for (const { batches } of [small, large]) assertContiguous(batches)
})

test('batches cover the blank lines between and before their records', async () => {
  const { batches } = await readChunks([Buffer.from(`\n\n${'{}\n\n'.repeat(2500)}\n`)])
  assert.deepEqual(
    batches.map(({ firstOffset, nextOffset }) => [firstOffset, nextOffset]),
    [
      [0, 4001],
      [4001, 5003],
    ],
  )
})

test('a slow input is not waited for: what has come is a batch', async () => {
  const input = new PassThrough()
  const seen: string[] = []
  let told = () => {}
  const run = new NdjsonEventSource(input).run({
    assigned: () => {},
    async process({ batch }) {
      seen.push(batch.records.map(({ value }) => String(value)).join())
      told()
    },
  })
  for (const text of ['a\nb\nc', 'd\n']) {
    const batch = new Promise<void>(resolve => {
      told = resolve
    })
    input.write(text)
    await batch
  }
  input.end()
  await run
  assert.deepEqual(seen, ['a,b', 'cd'])
})

test('a fast input fills its batches, although it comes in small chunks', async () => {
  const child = spawn(process.execPath, [
    '-e',
    `process.stdout.write(('{"a":"${'x'.repeat(400)}"}\\n').repeat(10_000))`,
  ])
  const { batches, records } = await read(new NdjsonEventSource(child.stdout))
  assert.equal(records.length, 10_000)
  assert(batches.length <= 10, `${batches.length} batches`)
})

test('reads no further ahead than a batch while the handler works', async () => {
  const chunk = Buffer.from(`${'x'.repeat(99_999)}\n`)
  let taken = 0
  function* chunks() {
    for (; taken < 200; taken++) yield chunk
  }
  let most = 0
  let handled = 0
  const source = new NdjsonEventSource(Readable.from(chunks(), { objectMode: true, highWaterMark: 1 }))
  await source.run({
    assigned: () => {},
    async process({ batch }) {
      await new Promise(resolve => setTimeout(resolve, 5))
      handled += batch.records.length
      most = Math.max(most, taken - handled)
    },
  })
  assert.equal(handled, 200)
  assert(most <= 40, `${most} chunks ahead`)
})

test('tells how many bytes it has read', async () => {
  const told: number[] = []
  const bytes = Buffer.from(`${'x'.repeat(999)}\n`.repeat(3000))
  const source = new NdjsonEventSource(Readable.from(cut(bytes, [1_100_000, 2_200_000])), {
    onProgress: bytesRead => told.push(bytesRead),
  })
  await read(source)
  assert.equal(told.at(-1), bytes.length)
  assert(told.length > 1)
})

test('has one partition, no topic, no commits, no end and no timestamps', async () => {
  const source = new NdjsonEventSource(Readable.from([]))
  assert.deepEqual(await source.describe(), { topic: null, partitions: 1 })
  assert.deepEqual(await source.committed(), { offset: null, metadata: null })
  assert.deepEqual(await source.bounds(), { start: 0, end: Number.POSITIVE_INFINITY })
  assert.equal(await source.timestampAt(), null)
})

test('reads a file', async () => {
  const path = join(folder, 'events.ndjson')
  writeFileSync(path, '{"a":1}\n{"a":2}\n'.repeat(50_000))
  const { records } = await read(new NdjsonEventSource(await openInput(path)))
  assert.equal(records.length, 100_000)
})

test('a missing file and a folder are refused with what to do', async () => {
  for (const [path, why] of [
    [join(folder, 'nowhere.ndjson'), /nowhere\.ndjson: cannot be read: ENOENT.* Name a file/],
    [folder, /: cannot be read: it is a folder\. Name a file/],
  ] as const)
    await assert.rejects(openInput(path), error => {
      assert(error instanceof WorkerError)
      assert.equal(error.code, 'input')
      assert.match(error.message, why)
      return true
    })
})

test('an input that fails ends the run after what came before it', async () => {
  const input = new PassThrough()
  const seen: number[] = []
  const run = new NdjsonEventSource(input).run({
    assigned: () => {},
    async process({ batch }) {
      seen.push(batch.records.length)
      input.destroy(new Error('the disk is gone'))
    },
  })
  input.write('a\nb\n')
  await assert.rejects(run, error => {
    assert(error instanceof WorkerError)
    assert.equal(error.code, 'input')
    assert.match(error.message, /cannot be read: the disk is gone/)
    return true
  })
  assert.deepEqual(seen, [2])
})

test('an input that is cut off is not taken for one read to its end', async () => {
  const input = new PassThrough()
  const run = new NdjsonEventSource(input).run({
    assigned: () => {},
    process: async () => void input.destroy(),
  })
  input.write('a\nb')
  await assert.rejects(run, /closed before its end/)
})

test('what a handler rejects is given on as it is, although it has to do with a file', async () => {
  const failure = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' })
  const input = Readable.from([Buffer.from('a\n')])
  const run = new NdjsonEventSource(input).run({
    assigned: () => {},
    process: async () => {
      throw failure
    },
  })
  await assert.rejects(run, error => error === failure)
  assert(input.destroyed)
})

test('a source that is stopped ends at once, although its input has more and nothing comes', async () => {
  const input = new PassThrough()
  const source = new NdjsonEventSource(input)
  const handler: SourceHandler = { assigned: () => {}, process: async () => source.stop() }
  const run = source.run(handler)
  input.write('a\n'.repeat(5000))
  await run
  const idle = new NdjsonEventSource(new PassThrough())
  const waiting = idle.run({ assigned: () => {}, process: async () => assert.fail('a batch') })
  await idle.stop()
  await waiting
})

function assertContiguous(batches: readonly RecordBatch[]): void {
  let next = 0
  for (const { firstOffset, nextOffset, records } of batches) {
    assert.equal(firstOffset, next)
    assert(records.every(({ offset }) => firstOffset <= offset && offset < nextOffset))
    next = nextOffset
  }
}
