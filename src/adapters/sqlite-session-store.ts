// Session documents in SQLite: a file that `replay` goes on from, or memory that it prints from.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ErasedSpanDocument } from '../core/erased-document.ts'
import { parseInstant } from '../core/instant.ts'
import type { Position } from '../core/position.ts'
import { storedPosition } from '../core/restored-session.ts'
import {
  isSession,
  placeOfVersion,
  type SessionDocument,
  type StoredDocument,
} from '../core/session-document.ts'
import type { SessionKey } from '../core/session-id.ts'
import type {
  AnyWrite,
  ErasedQuery,
  ProfileQuery,
  RecallQuery,
  RestoreQuery,
  SessionStore,
  StoreSummary,
  WriteResult,
} from '../ports/session-store.ts'
import { openDatabase, storeError } from './sqlite-database.ts'

const pageSize = 1000

/** For the test that none of them reads the whole table. */
export const statements = {
  write: `
    INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET version = excluded.version, tab_id = excluded.tab_id, status = excluded.status,
      start = excluded.start, last_seen = excluded.last_seen, partition = excluded.partition,
      epoch = excluded.epoch, "offset" = excluded."offset", body = excluded.body
    WHERE excluded.version >= documents.version`,
  byId: `SELECT status, epoch, "offset", body FROM documents WHERE id = ?`,
  byRow: `SELECT status, epoch, "offset", body FROM documents WHERE rowid = ?`,
  open: `
    SELECT rowid AS row FROM documents WHERE partition = ? AND status = 'active'
    UNION ALL SELECT rowid FROM documents WHERE partition = ? AND status = 'ended' AND last_seen >= ?`,
  redirects: `
    SELECT rowid AS row FROM documents
    WHERE partition = ? AND status = 'merged' AND last_seen IS NULL AND (epoch, "offset") > (?, ?)`,
  erasedSpans: `
    SELECT rowid AS row FROM documents
    WHERE partition = ? AND status = 'erased' AND last_seen IS NULL AND (epoch, "offset") > (?, ?) AND tab_id IS NOT NULL`,
  overlapping: `SELECT rowid AS row FROM documents WHERE tab_id = ? AND last_seen >= ? AND start <= ?`,
  redirectsOfTab: `
    SELECT rowid AS row FROM documents
    WHERE tab_id = ? AND last_seen IS NULL AND status = 'merged' AND (epoch, "offset") > (?, ?)`,
  latestLastSeen: 'SELECT max(last_seen) AS latest FROM documents',
  latestEpoch: 'SELECT max(epoch) AS latest FROM documents',
  // SQLite takes the other columns from the row of the maximum.
  latestPlace: `SELECT max("offset"), rowid AS row FROM documents WHERE partition = ? AND epoch = ?`,
} as const

type Row = { readonly row: number | null }
type Stored = {
  readonly status: string
  readonly epoch: number
  readonly offset: number
  readonly body: string
}

/** For the output, which has every session. */
const inOrder = `SELECT rowid AS row FROM documents WHERE status IN ('active', 'ended') ORDER BY start, id`

const howMany = `SELECT count(*) AS count FROM documents WHERE status IN ('active', 'ended')`

/** Reads every session of a partition: profiles are erased from a file now and then, and have no index. */
const ofProfile = `
  SELECT rowid AS row FROM documents
  WHERE partition = ? AND epoch = ? AND status IN ('active', 'ended') AND body ->> '$.profile.id' = ?`

/**
 * Every call is one step: nothing of this process comes between a look and what it leads to. Searches see
 * every write that was acknowledged, `fresh` or not.
 */
export class SqliteSessionStore implements SessionStore {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #prepared: { readonly [name in keyof typeof statements]: StatementSync }
  /** Held here: Node 22 forgets a statement that nobody holds, though it is being read. */
  readonly #sorted: StatementSync

  /** `path` may be `:memory:`. */
  constructor(path: string, gapMs: number) {
    this.#path = path
    this.#database = openDatabase(path, gapMs)
    const prepared = Object.entries(statements).map(([name, sql]) => [name, this.#database.prepare(sql)])
    this.#prepared = Object.fromEntries(prepared)
    this.#sorted = this.#database.prepare(inOrder)
  }

  /** For the register of files, which shares the database. */
  get database(): DatabaseSync {
    return this.#database
  }

  async write(writes: readonly AnyWrite[]): Promise<WriteResult[]> {
    if (writes.length === 0) return []
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      const results = writes.map(write => this.#writeOne(write))
      this.#database.exec('COMMIT')
      return results
    } catch (error) {
      this.#rollBack()
      throw storeError(this.#path, error)
    }
  }

  async *restore(query: RestoreQuery): AsyncGenerator<StoredDocument[]> {
    const { partition, lastSeenFrom, redirectsAfter } = query
    // All of them are named first: a cursor that is open while documents are written may lose what moves.
    const sessions = this.#prepared.open.all(partition, partition, lastSeenFrom)
    const redirects =
      redirectsAfter === null
        ? []
        : this.#prepared.redirects.all(partition, redirectsAfter.epoch, redirectsAfter.offset)
    const rows = sessions.concat(redirects)
    for (let i = 0; i < rows.length; i += pageSize) yield this.#documentsAt(rows.slice(i, i + pageSize))
  }

  async recall({ ranges, redirectsAfter }: RecallQuery): Promise<StoredDocument[]> {
    const rows = new Map<unknown, unknown>()
    const take = (found: unknown[]) => {
      for (const row of found) rows.set((row as Row).row, row)
    }
    for (const { tabId, from, to } of ranges) take(this.#prepared.overlapping.all(tabId, from, to))
    const { epoch, offset } = redirectsAfter
    for (const tabId of new Set(ranges.map(range => range.tabId)))
      take(this.#prepared.redirectsOfTab.all(tabId, epoch, offset))
    return this.#documentsAt([...rows.values()])
  }

  async ofProfiles({
    partition,
    epoch: own,
    profileIds,
    redirectsAfter,
  }: ProfileQuery): Promise<StoredDocument[]> {
    const statement = this.#database.prepare(ofProfile)
    const { epoch, offset } = redirectsAfter
    const redirects = this.#prepared.redirects.all(partition, epoch, offset)
    return this.#documentsAt([...profileIds.flatMap(id => statement.all(partition, own, id)), ...redirects])
  }

  async erasedSpans({ partition, after }: ErasedQuery): Promise<ErasedSpanDocument[]> {
    const rows = this.#prepared.erasedSpans.all(partition, after.epoch, after.offset)
    return rows.map(row => JSON.parse((this.#prepared.byRow.get((row as Row).row) as Stored).body))
  }

  async get(keys: readonly SessionKey[]): Promise<(StoredDocument | null)[]> {
    return keys.map(({ id }) => documentOf(this.#prepared.byId.get(id)))
  }

  async summary(): Promise<StoreSummary> {
    const latest = (statement: StatementSync) => (statement.get() as { latest: number | null }).latest
    return {
      latestLastSeen: latest(this.#prepared.latestLastSeen),
      latestEpoch: latest(this.#prepared.latestEpoch),
    }
  }

  async latestPosition(partition: number, epoch: number): Promise<Position | null> {
    const { row } = this.#prepared.latestPlace.get(partition, epoch) as Row
    return row === null ? null : positionOf(this.#prepared.byRow.get(row) as Stored, partition)
  }

  /** The sessions, without redirects and erased ones, by start and then id. */
  *documents(): Generator<SessionDocument> {
    // Only row numbers are sorted, not the bodies, which would fill memory or a temporary file.
    for (const row of this.#sorted.iterate()) yield* this.#documentsAt([row]) as SessionDocument[]
  }

  /** How many `documents` gives. */
  count(): number {
    return (this.#database.prepare(howMany).get() as { count: number }).count
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  #writeOne({ key, version, document }: AnyWrite): WriteResult {
    const { status } = document.metadata
    const { source, tabId } = document as Partial<StoredDocument>
    const session = isSession(document) ? document : null
    const place = source ?? placeOfVersion(version)
    const { changes } = this.#prepared.write.run(
      key.id,
      version,
      tabId ?? null,
      status,
      session && parseInstant(session.metadata.time.insert),
      session && parseInstant(session.lastSeen),
      source?.partition ?? null,
      place.epoch,
      place.offset,
      JSON.stringify(document),
    )
    if (changes > 0) return { kind: 'written' }
    const stored = this.#prepared.byId.get(key.id) as Stored
    return { kind: 'stale', stored: positionOf(stored, source?.partition ?? 0) }
  }

  #documentsAt(rows: readonly unknown[]): StoredDocument[] {
    return rows
      .map(row => documentOf(this.#prepared.byRow.get((row as Row).row)))
      .filter(document => document !== null)
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // A full disk makes SQLite roll back by itself; then there is nothing left to undo.
    }
  }
}

function documentOf(row: unknown): StoredDocument | null {
  const stored = row as Stored | undefined
  return stored === undefined || stored.status === 'erased' ? null : JSON.parse(stored.body)
}

/** An erased document keeps its version alone; its partition is that of the writer who meets it. */
function positionOf({ status, epoch, offset, body }: Stored, partition: number): Position {
  if (status === 'erased') return { topic: null, epoch, partition, offset, timestamp: null }
  return storedPosition(JSON.parse(body))
}
