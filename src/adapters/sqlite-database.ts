import type { DatabaseSync } from 'node:sqlite'
import { WorkerError } from '../core/worker-error.ts'
import { DatabaseSync as Database } from './sqlite-module.ts'

/** "Slm" and one byte, so that another program's file is told apart. */
const applicationId = 0x536c6d01
/** `user_version` of the file; raised with every change of the tables. */
const tablesVersion = 1

/** SQLite's result codes that have a message of their own. */
const codes = { busy: 5, full: 13, notADatabase: 26 } as const

// With rows by number and not by id (WITHOUT ROWID), documents lie in the order in which they were begun: a
// random id as the place of a body of 2 KB made writes two to three times slower.
// `start` and `last_seen` (epoch ms) are those of sessions: null for redirects and erased ones.
const tables = `
  CREATE TABLE documents (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, tab_id TEXT, status TEXT NOT NULL, start INTEGER, last_seen INTEGER,
    partition INTEGER, epoch INTEGER NOT NULL, "offset" INTEGER NOT NULL, body TEXT NOT NULL
  );
  CREATE INDEX by_tab ON documents (tab_id, last_seen, start);
  CREATE INDEX by_partition ON documents (partition, status, last_seen, epoch, "offset");
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE files (sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, epoch INTEGER NOT NULL UNIQUE, records INTEGER);
`

/**
 * Opens a store's file, or begins one. Another program's file, or another release's, is refused and left as
 * it is. A file belongs to one gap, since ids depend on it, and to one process at a time: a document has one
 * writer.
 */
export function openDatabase(path: string, gapMs: number): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new Database(path)
    // For this connection only, and before the first look: with it there is no shared memory beside the file.
    database.exec('PRAGMA locking_mode = EXCLUSIVE')
    const isNew = refuseForeign(database, path)
    // Three documents fit a page, where 4 KiB would hold one and waste the rest.
    if (isNew) database.exec('PRAGMA page_size = 8192')
    makeDurable(database)
    database.exec('BEGIN EXCLUSIVE')
    if (isNew) createTables(database)
    refuseOtherGap(database, path, gapMs)
    database.exec('COMMIT')
    return database
  } catch (error) {
    database?.close()
    throw storeError(path, error)
  }
}

/**
 * What SQLite refused, with what to do about it. Anything else is given back as it is: it is no fault of the
 * store.
 */
export function storeError(path: string, error: unknown): unknown {
  if (!isSqliteError(error)) return error
  const refused = (advice: string) =>
    new WorkerError('store-refused', `${path}: ${error.message}. ${advice}`, { cause: error })
  // The upper bytes say more about the cause.
  switch (error.errcode & 0xff) {
    case codes.busy:
      return refused('Another process uses this store: wait until it ends, or name another file.')
    case codes.full:
      return refused('Make room and run this again: what is stored stays, and is not applied twice.')
    case codes.notADatabase:
      return refused('It is no store of sessions, and was left as it is: name another file.')
    default:
      return refused('See that its folder exists and can be written, or name another file.')
  }
}

/** Whether the file is still empty. */
function refuseForeign(database: DatabaseSync, path: string): boolean {
  const id = pragma(database, 'application_id')
  const version = pragma(database, 'user_version')
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_master').get() as {
    tables: number
  }
  if (id === 0 && tables === 0) return true
  if (id !== applicationId)
    throw new WorkerError(
      'store-refused',
      `${path}: is another program's SQLite file, and was left as it is: name another file.`,
    )
  if (version !== tablesVersion)
    throw new WorkerError(
      'template-mismatch',
      `${path}: was written by another release (tables ${version}, here ${tablesVersion}): use that release, or ` +
        'begin a new file.',
    )
  return false
}

/**
 * A write that is acknowledged survives a loss of power: FULL syncs the write-ahead log on every commit.
 * NORMAL syncs it only now and then, and could lose the last commits. The log may grow to 32 MiB before its
 * pages are moved into place: a session is written again and again while it is open, and its page moves once.
 */
function makeDurable(database: DatabaseSync): void {
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4096; PRAGMA cache_size = -65536;',
  )
}

function createTables(database: DatabaseSync): void {
  database.exec(`${tables} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${tablesVersion};`)
}

function refuseOtherGap(database: DatabaseSync, path: string, gapMs: number): void {
  database.prepare(`INSERT OR IGNORE INTO settings VALUES ('gap_ms', ?)`).run(String(gapMs))
  const { value } = database.prepare(`SELECT value FROM settings WHERE name = 'gap_ms'`).get() as {
    value: string
  }
  if (Number(value) === gapMs) return
  throw new WorkerError(
    'template-mismatch',
    `${path} holds sessions with a gap of ${value} ms, and SESSION_GAP is ${gapMs} ms: ids depend on it. ` +
      'Use that gap, or begin a new file.',
  )
}

function pragma(database: DatabaseSync, name: string): number {
  return (database.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name] as number
}

function isSqliteError(error: unknown): error is Error & { readonly errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}
