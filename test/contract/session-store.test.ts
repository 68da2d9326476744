import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import { upgrading } from '../../src/upgrading-store.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { SimulatedStore } from '../support/simulated-world.ts'
import { sessionStoreContract } from './session-store.contract.ts'

const gapMs = 600_000

// The simulation proves the worker on this one: it must promise what the real ones do.
sessionStoreContract('the simulated store', async () =>
  new SimulatedStore(seededRandom(1)).access(async () => {}),
)

sessionStoreContract('SQLite in memory', async t => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  t.after(() => store.close())
  return store
})

sessionStoreContract('a store that upgrades', async t => {
  const store = new SqliteSessionStore(':memory:', gapMs)
  t.after(() => store.close())
  return upgrading(store)
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
