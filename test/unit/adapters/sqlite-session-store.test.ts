import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { SqliteSessionStore, statements } from '../../../src/adapters/sqlite-session-store.ts'
import type { StoredDocument } from '../../../src/core/session-document.ts'
import { WorkerError, type WorkerErrorCode } from '../../../src/core/worker-error.ts'
import type { DocumentWrite } from '../../../src/ports/session-store.ts'
import { changed, sampleRedirect, sampleSession } from '../../support/sample-documents.ts'

const gapMs = 600_000
const folder = mkdtempSync(join(tmpdir(), 'sqlite-test-'))
after(() => rmSync(folder, { recursive: true }))

const open = (name: string, gap = gapMs) => new SqliteSessionStore(join(folder, name), gap)
const json = ({ document }: DocumentWrite): StoredDocument => JSON.parse(JSON.stringify(document))
const sessions = (count: number) => Array.from({ length: count }, (_, i) => sampleSession({ tab: `tab${i}` }))

/** What `action` throws, which must be a WorkerError of this code. */
function refusal(code: WorkerErrorCode, action: () => unknown): string {
  let message = ''
  assert.throws(action, error => {
    assert(error instanceof WorkerError, String(error))
    assert.equal(error.code, code)
    message = error.message
    return true
  })
  return message
}

test('a file that is opened again holds what was written', async () => {
  const first = open('again.sqlite')
  const [a, b] = [sampleSession({ tab: 'a', offset: 7 }), sampleSession({ tab: 'b' })]
  await first.write([a, b])
  await first.close()
  const second = open('again.sqlite')
  assert.deepEqual(await second.get([b.key, a.key]), [json(b), json(a)])
  assert.equal((await second.write([sampleSession({ tab: 'a', offset: 6 })]))[0]?.kind, 'stale')
  await second.close()
})

test('a process that is killed has kept every acknowledged write', async () => {
  const path = join(folder, 'killed.sqlite')
  const script = `
    const { SqliteSessionStore } = await import('./src/adapters/sqlite-session-store.ts')
    const { sampleSession } = await import('./test/support/sample-documents.ts')
    const store = new SqliteSessionStore(process.argv[1], ${gapMs})
    for (let i = 0; i < 50; i++) await store.write([sampleSession({ tab: 'tab' + i })])
    console.log('acknowledged')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    cwd: join(import.meta.dirname, '../../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const store = new SqliteSessionStore(path, gapMs)
  assert.equal([...store.documents()].length, 50)
  await store.close()
})

test('every commit is synced to the disk: the journal is written ahead, and synchronous is FULL', async () => {
  const store = open('pragmas.sqlite')
  assert.deepEqual({ ...store.database.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' })
  assert.deepEqual({ ...store.database.prepare('PRAGMA synchronous').get() }, { synchronous: 2 })
  await store.close()
})

test('a write is taken as a whole or not at all', async () => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  const [good, other] = [sampleSession({ tab: 'good' }), sampleSession({ tab: 'other' })]
  const bad = changed(other, { lastQuery: 1n })
  await assert.rejects(store.write([good, bad]), TypeError)
  assert.deepEqual(await store.get([good.key]), [null])
  assert.deepEqual(await store.write([good]), [{ kind: 'written' }])
  await store.close()
})

test('a full disk is told as such, loses nothing that was written, and can be healed', async () => {
  const store = open('full.sqlite')
  const [held, ...more] = sessions(500) as [DocumentWrite, ...DocumentWrite[]]
  await store.write([held])
  const { page_count } = store.database.prepare('PRAGMA page_count').get() as { page_count: number }
  store.database.exec(`PRAGMA max_page_count = ${page_count + 5}`)
  await assert.rejects(store.write(more), error => {
    assert(error instanceof WorkerError)
    assert.equal(error.code, 'store-refused')
    assert.match(error.message, /full\.sqlite: database or disk is full\. Make room/)
    return true
  })
  assert.equal([...store.documents()].length, 1)
  store.database.exec('PRAGMA max_page_count = 1000000')
  await store.write(more)
  assert.equal([...store.documents()].length, 500)
  await store.close()
})

test('the documents are the sessions, by start and then id, without redirects and erased ones', async () => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  const at = (minute: string) => `2026-11-24T10:${minute}:00Z`
  const wanted = [
    sampleSession({ tab: 'late', from: at('30'), status: 'ended' }),
    sampleSession({ tab: 'same start', from: at('20') }),
    sampleSession({ tab: 'same start too', from: at('20'), status: 'ended' }),
    sampleSession({ tab: 'early', from: at('00') }),
  ]
  const erased = sampleSession({ tab: 'erased' })
  await store.write([
    ...wanted,
    sampleRedirect({ tab: 'redirect', from: at('40'), to: at('30') }),
    { ...erased, document: { id: erased.key.id, metadata: { status: 'erased' } } as never },
  ])
  const [late, same, sameToo, early] = wanted.map(json) as [
    StoredDocument,
    StoredDocument,
    StoredDocument,
    StoredDocument,
  ]
  const tied = [same, sameToo].sort((a, b) => (a.id < b.id ? -1 : 1))
  assert.deepEqual([...store.documents()], [early, ...tied, late])
  await store.close()
})

test('the documents can be read while others are written, and not to their end', async () => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  await store.write(sessions(100))
  let read = 0
  for (const document of store.documents()) {
    await store.write([sampleSession({ tab: document.tabId, offset: 2, status: 'ended' })])
    await store.write([sampleSession({ tab: `new ${read}`, from: '2026-11-24T12:00:00Z' })])
    read++
  }
  assert.equal(read, 100)
  for (const _ of store.documents()) break
  assert.equal([...store.documents()].length, 200)
  await store.close()
})

test('another gap is refused: the ids of its sessions would be others', async () => {
  await open('gap.sqlite').close()
  const message = refusal('template-mismatch', () => open('gap.sqlite', 1_800_000))
  assert.match(message, /gap\.sqlite holds sessions with a gap of 600000 ms, and SESSION_GAP is 1800000 ms/)
  assert.match(message, /begin a new file/)
  await open('gap.sqlite').close()
})

test("another program's database is refused, and left as it is", () => {
  const path = join(folder, 'foreign.sqlite')
  const foreign = new DatabaseSync(path)
  foreign.exec('CREATE TABLE things (name TEXT)')
  foreign.close()
  const before = readFileSync(path)
  assert.match(
    refusal('store-refused', () => open('foreign.sqlite')),
    /another program's .* name another file/,
  )
  assert.deepEqual(readFileSync(path), before)
})

test('a file that is no database is refused, and left as it is', () => {
  const path = join(folder, 'text.txt')
  const text = 'some text that is longer than a header, some text that is longer than a header, and so on\n'
  writeFileSync(path, text.repeat(20))
  const message = refusal('store-refused', () => open('text.txt'))
  assert.match(message, /text\.txt: file is not a database\. .*name another file/)
  assert.equal(readFileSync(path, 'utf8'), text.repeat(20))
})

test('a file of a newer release is refused', async () => {
  const store = open('newer.sqlite')
  store.database.exec('PRAGMA user_version = 2')
  await store.close()
  const message = refusal('template-mismatch', () => open('newer.sqlite'))
  assert.match(
    message,
    /written by another release \(tables 2, here 1\): use that release, or begin a new file/,
  )
})

test('a store has one process at a time, and is free when that has ended', async () => {
  const first = open('shared.sqlite')
  assert.match(
    refusal('store-refused', () => open('shared.sqlite')),
    /database is locked\. Another process uses this store: wait/,
  )
  await first.write(sessions(1))
  await first.close()
  await open('shared.sqlite').close()
})

test('a folder that does not exist is told with what to do', () => {
  const message = refusal('store-refused', () => open('no/such/folder.sqlite'))
  assert.match(message, /no\/such\/folder\.sqlite: unable to open database file\. See that its folder exists/)
})

test('an empty file becomes a store', async () => {
  writeFileSync(join(folder, 'empty.sqlite'), '')
  const store = open('empty.sqlite')
  await store.write(sessions(1))
  await store.close()
})

test('no search and no write reads the whole table', async () => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  for (const [name, sql] of Object.entries(statements)) {
    const plan = store.database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]
    for (const { detail } of plan) {
      // The latest of all is found in an index, which is a hundredth of the table.
      const isWhole = /^SCAN documents/.test(detail) && !/USING COVERING INDEX/.test(detail)
      assert(!isWhole, `${name}: ${detail}`)
    }
  }
  await store.close()
})
