import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { beginFile, finishFile } from '../../../src/adapters/sqlite-file-register.ts'
import { SqliteSessionStore } from '../../../src/adapters/sqlite-session-store.ts'
import { WorkerError } from '../../../src/core/worker-error.ts'

const gapMs = 600_000

test('a file is new, then unfinished, then finished, and keeps its epoch', async () => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  const begin = () => beginFile(store.database, 'aa', 'a.ndjson')
  assert.deepEqual(begin(), { epoch: 0, state: 'new', records: null })
  assert.deepEqual(begin(), { epoch: 0, state: 'unfinished', records: null })
  finishFile(store.database, 'aa', 12)
  assert.deepEqual(begin(), { epoch: 0, state: 'finished', records: 12 })
  await store.close()
})

test('a file without records is finished too', async () => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  beginFile(store.database, 'aa', 'empty.ndjson')
  finishFile(store.database, 'aa', 0)
  assert.deepEqual(beginFile(store.database, 'aa', 'empty.ndjson'), {
    epoch: 0,
    state: 'finished',
    records: 0,
  })
  await store.close()
})

test('each content has the next epoch, whatever its name', async () => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  const epochs = ['aa', 'bb', 'aa', 'cc'].map(sha256 => {
    const { epoch } = beginFile(store.database, sha256, 'always the same name')
    finishFile(store.database, sha256, 1)
    return epoch
  })
  assert.deepEqual(epochs, [0, 1, 0, 2])
  await store.close()
})

test('while a file is unfinished every other is refused, finished ones too, by a message that names it', async () => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  beginFile(store.database, 'aa', 'a.ndjson')
  finishFile(store.database, 'aa', 1)
  beginFile(store.database, 'bb', 'b.ndjson')
  for (const [sha256, name] of [
    ['cc', 'c.ndjson'],
    ['aa', 'a.ndjson'],
  ] as const)
    assert.throws(
      () => beginFile(store.database, sha256, name),
      error => {
        assert(error instanceof WorkerError)
        assert.equal(error.code, 'input')
        assert.match(error.message, /^b\.ndjson was not read to its end .* Replay exactly that again first/)
        return true
      },
    )
  assert.equal(beginFile(store.database, 'bb', 'b.ndjson').state, 'unfinished')
  finishFile(store.database, 'bb', 1)
  assert.deepEqual(beginFile(store.database, 'cc', 'c.ndjson'), { epoch: 2, state: 'new', records: null })
  await store.close()
})

test('standard input is called by its name', async () => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  beginFile(store.database, 'aa', '-')
  assert.throws(
    () => beginFile(store.database, 'bb', 'b'),
    /^WorkerError: what came from standard input was not/,
  )
  await store.close()
})

test('the register is in the file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'register-test-'))
  const open = () => new SqliteSessionStore(join(folder, 'sessions.sqlite'), gapMs)
  const first = open()
  beginFile(first.database, 'aa', 'a.ndjson')
  await first.close()
  const second = open()
  assert.equal(beginFile(second.database, 'aa', 'a.ndjson').state, 'unfinished')
  finishFile(second.database, 'aa', 5)
  await second.close()
  const third = open()
  assert.deepEqual(beginFile(third.database, 'aa', 'a.ndjson'), { epoch: 0, state: 'finished', records: 5 })
  await third.close()
  rmSync(folder, { recursive: true })
})

test('a store takes in 1,024 files, and then says so', async () => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  for (let i = 0; i < 1024; i++) {
    assert.equal(beginFile(store.database, String(i), 'file').epoch, i)
    finishFile(store.database, String(i), 1)
  }
  assert.throws(() => beginFile(store.database, 'one more', 'file'), /taken in 1024 files.*begin a new store/)
  assert.equal(beginFile(store.database, '1023', 'file').epoch, 1023)
  await store.close()
})

test('finishing what was not begun is a mistake of ours', async () => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  assert.throws(() => finishFile(store.database, 'aa', 1), /begun before it is finished/)
  await store.close()
})
