import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { after, test } from 'node:test'
import { hashFile, spoolInput } from '../../../src/adapters/ndjson-input.ts'
import { WorkerError } from '../../../src/core/worker-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'ndjson-input-test-'))
after(() => rmSync(folder, { recursive: true }))

const bytes = randomBytes(3_000_000)
const sha256 = createHash('sha256').update(bytes).digest('hex')

function isInputError(why: RegExp) {
  return (error: unknown) => {
    assert(error instanceof WorkerError)
    assert.equal(error.code, 'input')
    assert.match(error.message, why)
    return true
  }
}

test('the hash of a file is that of its content', async () => {
  const path = join(folder, 'random')
  writeFileSync(path, bytes)
  assert.equal(await hashFile(path), sha256)
})

test('a file that is missing has no hash', async () => {
  await assert.rejects(hashFile(join(folder, 'nowhere')), isInputError(/nowhere: cannot be read: ENOENT/))
})

test('a spooled input is a file of its bytes, with their hash, for its owner alone, until it is removed', async () => {
  const chunks = [bytes.subarray(0, 1), bytes.subarray(1, 2_000_000), bytes.subarray(2_000_000)]
  const spooled = await spoolInput(Readable.from(chunks))
  assert.equal(spooled.sha256, sha256)
  assert(readFileSync(spooled.path).equals(bytes))
  assert.equal(statSync(spooled.path).mode & 0o077, 0)
  assert.equal(statSync(dirname(spooled.path)).mode & 0o077, 0)
  await spooled.remove()
  assert(!existsSync(dirname(spooled.path)))
})

test('an empty input is spooled too', async () => {
  const spooled = await spoolInput(Readable.from([]))
  assert.equal(spooled.sha256, createHash('sha256').digest('hex'))
  assert.equal(statSync(spooled.path).size, 0)
  await spooled.remove()
})

test('an input that fails leaves no copy behind', async () => {
  const before = process.env.TMPDIR
  const temporary = mkdtempSync(join(folder, 'tmp-'))
  process.env.TMPDIR = temporary
  try {
    const failing = new PassThrough()
    failing.write('some bytes')
    setImmediate(() => failing.destroy(new Error('the pipe broke')))
    const why = /standard input cannot be copied .*the pipe broke.*TMPDIR/
    await assert.rejects(spoolInput(failing), isInputError(why))
    assert.deepEqual(readdirSync(temporary), [])
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
})

test('a folder for copies that does not exist is told', async () => {
  const before = process.env.TMPDIR
  process.env.TMPDIR = join(folder, 'no such folder')
  try {
    await assert.rejects(
      spoolInput(Readable.from(['a'])),
      isInputError(/cannot be copied to .*no such folder: ENOENT/),
    )
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
})
