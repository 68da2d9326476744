// Which input files a store has taken in. Each, by its content, is a log with an epoch of its own, so that a
// second run of the same file changes nothing.
import type { DatabaseSync } from 'node:sqlite'
import { WorkerError } from '../core/worker-error.ts'

export type RegisteredFile = {
  readonly epoch: number
  /** `unfinished`: a run of it was begun and did not come to its end. */
  readonly state: 'new' | 'unfinished' | 'finished'
  /** How many records it held when it was read to its end; null until then. */
  readonly records: number | null
}

type Row = { readonly epoch: number; readonly name: string; readonly records: number | null }

const maxEpoch = 1023

/**
 * Registers the file, or gives what is known of it. A log is read to its end before the next begins: while
 * one is unfinished, every other is refused. `-` is the name of standard input.
 */
export function beginFile(database: DatabaseSync, sha256: string, name: string): RegisteredFile {
  refuseWhileUnfinished(database, sha256)
  const known = database.prepare('SELECT epoch, name, records FROM files WHERE sha256 = ?').get(sha256) as
    | Row
    | undefined
  if (known !== undefined) {
    const { epoch, records } = known
    return { epoch, state: records === null ? 'unfinished' : 'finished', records }
  }
  const { last } = database.prepare('SELECT max(epoch) AS last FROM files').get() as { last: number | null }
  const epoch = last === null ? 0 : last + 1
  if (epoch > maxEpoch)
    throw new WorkerError(
      'input',
      `this store has taken in ${maxEpoch + 1} files, which is all it can tell apart: begin a new store with ` +
        'what is still to come, or with all files joined into one.',
    )
  database.prepare('INSERT INTO files VALUES (?, ?, ?, NULL)').run(sha256, name, epoch)
  return { epoch, state: 'new', records: null }
}

/** The file was read to its end. */
export function finishFile(database: DatabaseSync, sha256: string, records: number): void {
  const { changes } = database.prepare('UPDATE files SET records = ? WHERE sha256 = ?').run(records, sha256)
  if (changes === 0) throw new Error('a file is begun before it is finished')
}

function refuseWhileUnfinished(database: DatabaseSync, sha256: string): void {
  const other = database
    .prepare('SELECT name FROM files WHERE records IS NULL AND sha256 <> ?')
    .get(sha256) as Row | undefined
  if (other === undefined) return
  const name = other.name === '-' ? 'what came from standard input' : other.name
  throw new WorkerError(
    'input',
    `${name} was not read to its end into this store (sessions may lack its last events). Replay exactly that ` +
      'again first: what was applied of it is not applied twice. If it is lost, begin a new store.',
  )
}
