import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { SimulatedStore } from '../support/simulated-world.ts'
import { sessionStoreContract } from './session-store.contract.ts'

sessionStoreContract('SQLite in memory', async t => {
  const store = new SqliteSessionStore(':memory:', 600_000)
  t.after(() => store.close())
  return store
})

sessionStoreContract('SQLite in a file', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'contract-'))
  const store = new SqliteSessionStore(join(directory, 'sessions.sqlite'), 600_000)
  t.after(async () => {
    await store.close()
    rmSync(directory, { recursive: true })
  })
  return store
})

// The simulation proves the worker on this one: it must promise what the real ones do.
sessionStoreContract('the simulated store', async () =>
  new SimulatedStore(seededRandom(1)).access(async () => {}),
)
