import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { documentLine, writeFileOfLines, writeLines } from '../../../src/adapters/ndjson-output.ts'
import type { SessionDocument } from '../../../src/core/session-document.ts'
import { WorkerError } from '../../../src/core/worker-error.ts'
import { sampleSession } from '../../support/sample-documents.ts'

const folder = mkdtempSync(join(tmpdir(), 'ndjson-output-test-'))
after(() => rmSync(folder, { recursive: true }))

const manyLines = Array.from({ length: 5000 }, (_, i) => `${i} ${'x'.repeat(100)}`)
const asText = (lines: readonly string[]) => lines.map(line => `${line}\n`).join('')

test("a document's line has all of it but the state", () => {
  const { document } = sampleSession()
  const { state, ...rest } = document as SessionDocument
  assert.deepEqual(JSON.parse(documentLine(document as SessionDocument)), JSON.parse(JSON.stringify(rest)))
  assert.notEqual(state, undefined)
})

test('a stream gets every line, ended by a newline, in order', async () => {
  const stream = new PassThrough()
  const got = text(stream)
  const listeners = stream.listenerCount('error')
  await writeLines(stream, manyLines)
  await writeLines(stream, ['one more'])
  await writeLines(stream, [])
  stream.end()
  assert.equal(await got, asText([...manyLines, 'one more']))
  assert.equal(stream.listenerCount('error'), listeners)
})

test('a slow reader is waited for', async () => {
  let waiting = 0
  let most = 0
  const slow = new Writable({
    write(chunk: Buffer, _, done) {
      setTimeout(() => {
        waiting -= chunk.length
        done()
      }, 1)
    },
  })
  function* lines() {
    for (const line of manyLines) {
      waiting += line.length + 1
      most = Math.max(most, waiting)
      yield line
    }
  }
  await writeLines(slow, lines())
  assert(most < 200_000, `${most} bytes ahead`)
})

test('a reader that has gone away ends it quietly, and nothing more is made for it', async () => {
  const script = `
    const { writeLines } = await import('./src/adapters/ndjson-output.ts')
    let made = 0
    function* lines() { for (; made < 1e6; made++) yield 'x'.repeat(100) }
    await writeLines(process.stdout, lines())
    await writeLines(process.stdout, ['after'])
    setTimeout(() => console.error(made < 1e6 ? 'stopped early' : 'made all'), 50)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '../../..'),
  })
  child.stdout.once('data', () => child.stdout.destroy())
  const [said, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  assert.equal(said, 'stopped early\n')
  assert.equal(exitCode, 0)
})

test('another failure of the stream is told', async () => {
  const failure = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' })
  const full = new Writable({ write: (_, __, done) => done(failure) })
  await assert.rejects(writeLines(full, ['a']), error => {
    assert(error instanceof WorkerError)
    assert.match(error.message, /standard output: cannot be written: ENOSPC.* Make room/)
    return true
  })
})

test('a file is written as a whole, in place of the old one', async () => {
  const path = join(folder, 'whole.ndjson')
  writeFileSync(path, 'the old one, and longer than the new one')
  await writeFileOfLines(path, ['a', 'b'])
  assert.equal(readFileSync(path, 'utf8'), 'a\nb\n')
  await writeFileOfLines(path, manyLines)
  assert.equal(readFileSync(path, 'utf8'), asText(manyLines))
  await writeFileOfLines(path, [])
  assert.equal(readFileSync(path, 'utf8'), '')
})

test('until the end the old file is there, and a failure leaves it and nothing beside it', async () => {
  const path = join(mkdtempSync(join(folder, 'failed-')), 'out.ndjson')
  writeFileSync(path, 'old')
  const failure = new Error('the store broke')
  function* lines() {
    yield* manyLines
    assert.equal(readFileSync(path, 'utf8'), 'old')
    throw failure
  }
  await assert.rejects(writeFileOfLines(path, lines()), error => error === failure)
  assert.equal(readFileSync(path, 'utf8'), 'old')
  assert.deepEqual(readdirSync(join(path, '..')), ['out.ndjson'])
})

test('two writers of one file do not mix', async () => {
  const path = join(folder, 'two.ndjson')
  await Promise.all([writeFileOfLines(path, manyLines), writeFileOfLines(path, manyLines.toReversed())])
  const got = readFileSync(path, 'utf8')
  assert(got === asText(manyLines) || got === asText(manyLines.toReversed()))
})

test('a link stays a link, and what it leads to is written', async () => {
  const [target, link] = [join(folder, 'target.ndjson'), join(folder, 'link.ndjson')]
  writeFileSync(target, 'old')
  symlinkSync(target, link)
  await writeFileOfLines(link, ['new'])
  assert(lstatSync(link).isSymbolicLink())
  assert.equal(readFileSync(target, 'utf8'), 'new\n')
})

test('a device is written as it is, and not replaced', async () => {
  await writeFileOfLines('/dev/null', ['a'])
  assert(lstatSync('/dev/null').isCharacterDevice())
})

test('a file that cannot be written is told with what to do', async () => {
  mkdirSync(join(folder, 'a folder'))
  for (const path of [join(folder, 'no/such/folder.ndjson'), join(folder, 'a folder')])
    await assert.rejects(writeFileOfLines(path, ['a']), error => {
      assert(error instanceof WorkerError)
      assert(error.message.startsWith(`${path}: cannot be written: E`))
      assert.match(error.message, /name a file in a folder where this user may write/)
      return true
    })
  assert(!existsSync(join(folder, 'no')))
})
