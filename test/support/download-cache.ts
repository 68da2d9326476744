import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

const ROOT = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sessionloom')

/**
 * A directory that is filled once per machine and never changed afterwards. It gets its name only when it
 * is complete, so an interrupted download leaves nothing that could be taken for a whole one.
 */
export async function cached(name: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(ROOT, name)
  if (existsSync(directory)) return directory
  await mkdir(ROOT, { recursive: true })
  const unlock = await lock(join(ROOT, 'lock.sqlite'))
  try {
    if (!existsSync(directory)) await fillOnce(name, directory, fill)
  } finally {
    unlock()
  }
  return directory
}

async function fillOnce(
  name: string,
  directory: string,
  fill: (directory: string) => Promise<void>,
): Promise<void> {
  const prefix = `${name}.partial-`
  for (const entry of await readdir(ROOT)) {
    if (entry.startsWith(prefix)) await rm(join(ROOT, entry), { recursive: true, force: true })
  }
  console.error(`fetching ${name} from Maven Central, once: it is kept in ${ROOT}`)
  const partial = await mkdtemp(join(ROOT, prefix))
  try {
    await fill(partial)
    await rename(partial, directory)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

// One lock for the whole cache, because two Maven processes must not share a cold local repository. SQLite's
// lock is the system's own: it is gone with the process that held it, so there is no stale lock to judge.
async function lock(file: string): Promise<() => void> {
  const database = new DatabaseSync(file)
  for (;;) {
    try {
      database.exec('BEGIN EXCLUSIVE')
      return () => database.close()
    } catch (error) {
      if (!isBusy(error)) throw error
      await sleep(200)
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}
