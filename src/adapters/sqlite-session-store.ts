// Session documents in SQLite: a file that `replay` goes on from, or memory that it prints from.
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { parseInstant } from '../core/instant.ts'
import type { Position } from '../core/session.ts'
import { isRedirect, type SessionDocument, type StoredDocument } from '../core/session-document.ts'
import type { SessionKey } from '../core/session-id.ts'
import { WorkerError } from '../core/worker-error.ts'
import type {
  DocumentWrite,
  RecallQuery,
  RestoreQuery,
  SessionStore,
  StoreSummary,
  WriteResult,
} from '../ports/session-store.ts'

/** `user_version` of the file; raised with every change of the tables. */
const tablesVersion = 1
/** "Slm" and one byte, so that another program's file is told apart. */
const applicationId = 0x536c6d01
const pageSize = 1000

const tables = `
  CREATE TABLE documents (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, tab_id TEXT NOT NULL, status TEXT NOT NULL,
    start INTEGER, last_seen INTEGER, topic TEXT, partition INTEGER NOT NULL, epoch INTEGER NOT NULL,
    "offset" INTEGER NOT NULL, timestamp INTEGER, body TEXT NOT NULL
  );
  CREATE INDEX by_tab ON documents (tab_id, last_seen);
  CREATE INDEX by_last_seen ON documents (last_seen);
  CREATE INDEX active ON documents (partition) WHERE status = 'active';
  CREATE INDEX by_place ON documents (partition, epoch, "offset");
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE files (sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, epoch INTEGER NOT NULL UNIQUE, records INTEGER);
`

const insert = `
  INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET version = excluded.version, tab_id = excluded.tab_id, status = excluded.status,
    start = excluded.start, last_seen = excluded.last_seen, topic = excluded.topic, partition = excluded.partition,
    epoch = excluded.epoch, "offset" = excluded."offset", timestamp = excluded.timestamp, body = excluded.body
  WHERE excluded.version >= documents.version`

type Row = { readonly body: string }
const documentOf = (row: unknown): StoredDocument => JSON.parse((row as Row).body)

export class SqliteSessionStore implements SessionStore {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** `path` may be `:memory:`. A file belongs to one gap, since ids depend on it. */
  constructor(path: string, gapMs: number) {
    this.#database = open(path)
    try {
      prepareTables(this.#database, path)
      this.#refuseOtherGap(path, gapMs)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  /** For the register of files, which shares the database. */
  get database(): DatabaseSync {
    return this.#database
  }

  async write(writes: readonly DocumentWrite[]): Promise<WriteResult[]> {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const results = writes.map(write => this.#writeOne(write))
      this.#database.exec('COMMIT')
      return results
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #writeOne({ key, version, document }: DocumentWrite): WriteResult {
    const { source, metadata, tabId } = document
    const live = isRedirect(document) ? null : document
    const { changes } = this.#statement(insert).run(
      key.id,
      version,
      tabId,
      metadata.status,
      live && parseInstant(live.metadata.time.insert),
      live && parseInstant(live.lastSeen),
      source.topic,
      source.partition,
      source.epoch,
      source.offset,
      source.timestamp === null ? null : parseInstant(source.timestamp),
      JSON.stringify(document),
    )
    if (changes > 0) return { kind: 'written' }
    return { kind: 'stale', stored: this.#positionWhere('id = ?', key.id) as Position }
  }

  async *restore({
    partition,
    lastSeenFrom,
    redirectsAfter,
  }: RestoreQuery): AsyncGenerator<StoredDocument[]> {
    yield* paged(
      this.#statement(
        `SELECT body FROM documents WHERE partition = ?1 AND (status = 'active' OR (status = 'ended' AND last_seen >= ?2))`,
      ).iterate(partition, whole(lastSeenFrom)),
    )
    if (redirectsAfter === null) return
    const { epoch, offset } = redirectsAfter
    yield* paged(
      this.#statement(
        `SELECT body FROM documents WHERE partition = ?1 AND status = 'merged' AND (epoch, "offset") > (?2, ?3)`,
      ).iterate(partition, epoch, offset),
    )
  }

  async recall({ ranges, redirectsAfter }: RecallQuery): Promise<StoredDocument[]> {
    const found = new Map<string, StoredDocument>()
    const sessions = this.#statement(
      `SELECT id, body FROM documents WHERE tab_id = ?1 AND last_seen >= ?2 AND start <= ?3 AND status IN ('active', 'ended')`,
    )
    const redirects = this.#statement(
      `SELECT id, body FROM documents WHERE tab_id = ?1 AND last_seen IS NULL AND status = 'merged' AND (epoch, "offset") > (?2, ?3)`,
    )
    const take = (rows: unknown[]) => {
      for (const row of rows) found.set((row as { id: string }).id, documentOf(row))
    }
    const { epoch, offset } = redirectsAfter
    for (const { tabId, from, to } of ranges) take(sessions.all(tabId, whole(from), whole(to)))
    for (const tabId of new Set(ranges.map(range => range.tabId))) take(redirects.all(tabId, epoch, offset))
    return [...found.values()]
  }

  async get(keys: readonly SessionKey[]): Promise<(StoredDocument | null)[]> {
    const statement = this.#statement('SELECT body FROM documents WHERE id = ?')
    return keys.map(({ id }) => {
      const row = statement.get(id)
      return row === undefined ? null : documentOf(row)
    })
  }

  async summary(): Promise<StoreSummary> {
    // Each alone, since SQLite answers a lone max() from the index.
    const { latest } = this.#statement('SELECT max(last_seen) AS latest FROM documents').get() as {
      latest: number | null
    }
    const { epoch } = this.#statement('SELECT max(epoch) AS epoch FROM documents').get() as {
      epoch: number | null
    }
    return { latestLastSeen: latest, latestEpoch: epoch }
  }

  async latestPosition(partition: number, epoch: number): Promise<Position | null> {
    return this.#positionWhere('partition = ? AND epoch = ? ORDER BY "offset" DESC LIMIT 1', partition, epoch)
  }

  /** The final documents, without redirects, by start and then id. */
  *documents(): Generator<SessionDocument> {
    const rows = this.#statement(
      `SELECT body FROM documents WHERE status IN ('active', 'ended') ORDER BY start, id`,
    ).iterate()
    for (const row of rows) yield documentOf(row) as SessionDocument
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  #positionWhere(condition: string, ...parameters: (string | number)[]): Position | null {
    const row = this.#statement(
      `SELECT topic, epoch, partition, "offset", timestamp FROM documents WHERE ${condition}`,
    ).get(...parameters)
    return row === undefined ? null : ({ ...row } as Position)
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const prepared = this.#database.prepare(sql)
    this.#statements.set(sql, prepared)
    return prepared
  }

  #refuseOtherGap(path: string, gapMs: number): void {
    this.#statement(`INSERT OR IGNORE INTO settings VALUES ('gap_ms', ?)`).run(String(gapMs))
    const { value } = this.#statement(`SELECT value FROM settings WHERE name = 'gap_ms'`).get() as {
      value: string
    }
    if (Number(value) === gapMs) return
    throw new WorkerError(
      'template-mismatch',
      `${path} holds sessions with a gap of ${value} ms, and SESSION_GAP is ${gapMs} ms: ids depend on it. ` +
        'Use that gap, or begin a new file.',
    )
  }
}

function open(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path)
  } catch (error) {
    throw new WorkerError(
      'input',
      `${path}: cannot be opened as an SQLite file: ${(error as Error).message}`,
      {
        cause: error,
      },
    )
  }
}

function prepareTables(database: DatabaseSync, path: string): void {
  let id: number
  try {
    id = (database.prepare('PRAGMA application_id').get() as { application_id: number }).application_id
    // FULL: a write-ahead log is synced on every commit, so an acknowledged write survives a loss of power.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;')
  } catch (error) {
    throw new WorkerError('input', `${path}: is not an SQLite file: ${(error as Error).message}`, {
      cause: error,
    })
  }
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  const { count } = database.prepare('SELECT count(*) AS count FROM sqlite_master').get() as { count: number }
  if (id === 0 && count === 0) {
    database.exec(
      `BEGIN; ${tables} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${tablesVersion}; COMMIT;`,
    )
    return
  }
  if (id !== applicationId)
    throw new WorkerError('input', `${path}: is another program's SQLite file. Name a new file.`)
  if (version !== tablesVersion)
    throw new WorkerError(
      'input',
      `${path}: was written by another release (tables ${version}, here ${tablesVersion}). Name a new file.`,
    )
}

function* paged(rows: Iterable<unknown>): Generator<StoredDocument[]> {
  let page: StoredDocument[] = []
  for (const row of rows) {
    page.push(documentOf(row))
    if (page.length < pageSize) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

/** SQLite has no infinite integer. */
const whole = (epochMs: number): number =>
  Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, epochMs))
