import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import { MemorySessionStore } from '../support/memory-session-store.ts'
import { sessionStoreContract } from './session-store.contract.ts'

const gapMs = 600_000

sessionStoreContract('memory', async () => new MemorySessionStore())

sessionStoreContract('SQLite in memory', async t => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  t.after(() => store.close())
  return store
})

sessionStoreContract('SQLite in a file', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'store-test-'))
  const store = new SqliteSessionStore(join(folder, 'sessions.sqlite'), gapMs)
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })
  return store
})
