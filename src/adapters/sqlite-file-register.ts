// Which input files a store has taken in. Each, by its content, is a log with an epoch of its own, so that a
// second run of the same file changes nothing.
import type { DatabaseSync } from 'node:sqlite'
import { WorkerError } from '../core/worker-error.ts'

export type RegisteredFile = {
  readonly epoch: number
  /** How many records it held when it was read to its end; null until then. */
  readonly records: number | null
}

const maxEpoch = 1023

/** Registers the file, or gives what is known of it. A log is read to its end before the next begins. */
export function beginFile(database: DatabaseSync, sha256: string, name: string): RegisteredFile {
  const known = database.prepare('SELECT epoch, records FROM files WHERE sha256 = ?').get(sha256)
  if (known !== undefined) return { ...known } as RegisteredFile
  const unfinished = database.prepare('SELECT name FROM files WHERE records IS NULL').get() as
    | { name: string }
    | undefined
  if (unfinished !== undefined)
    throw new WorkerError(
      'input',
      `${unfinished.name} was not read to its end into this store. Replay it again first; what was applied of it is not applied twice.`,
    )
  const { last } = database.prepare('SELECT max(epoch) AS last FROM files').get() as { last: number | null }
  const epoch = last === null ? 0 : last + 1
  if (epoch > maxEpoch)
    throw new WorkerError(
      'input',
      `this store has taken in ${maxEpoch + 1} files, which is all it can tell apart. Begin a new one.`,
    )
  database.prepare('INSERT INTO files VALUES (?, ?, ?, NULL)').run(sha256, name, epoch)
  return { epoch, records: null }
}

/** The file was read to its end. */
export function finishFile(database: DatabaseSync, sha256: string, records: number): void {
  database.prepare('UPDATE files SET records = ? WHERE sha256 = ?').run(records, sha256)
}
