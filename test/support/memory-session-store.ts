import { storedPosition } from '../../src/core/restored-session.ts'
import type { Position } from '../../src/core/session.ts'
import { isRedirect, type SessionDocument, type StoredDocument } from '../../src/core/session-document.ts'
import type { SessionKey } from '../../src/core/session-id.ts'
import type {
  DocumentWrite,
  LogPlace,
  RecallQuery,
  RestoreQuery,
  SessionStore,
  StoreSummary,
  TabRange,
  WriteResult,
} from '../../src/ports/session-store.ts'

type Held = { readonly version: number; readonly json: string }

/**
 * The port in the fewest words, for fast tests. Documents are kept as text, so that a caller who changes one
 * after writing it, or after reading it, shows.
 */
export class MemorySessionStore implements SessionStore {
  readonly #held = new Map<string, Held>()

  async write(writes: readonly DocumentWrite[]): Promise<WriteResult[]> {
    return writes.map(({ key, version, document }) => {
      const held = this.#held.get(key.id)
      if (held !== undefined && version < held.version)
        return { kind: 'stale', stored: positionOf(held, document) }
      this.#held.set(key.id, { version, json: JSON.stringify(document) })
      return { kind: 'written' }
    })
  }

  async *restore(query: RestoreQuery): AsyncGenerator<StoredDocument[]> {
    const { partition, lastSeenFrom, redirectsAfter } = query
    const found = this.#all().filter(document => {
      if (document.source?.partition !== partition) return false
      if (isRedirect(document)) return redirectsAfter !== null && isLater(document, redirectsAfter)
      return (
        document.metadata.status === 'active' ||
        (isSession(document) && Date.parse(document.lastSeen) >= lastSeenFrom)
      )
    })
    for (let i = 0; i < found.length; i += 100) yield found.slice(i, i + 100)
  }

  async recall({ ranges, redirectsAfter }: RecallQuery): Promise<StoredDocument[]> {
    const byTab = Map.groupBy(ranges, ({ tabId }) => tabId)
    return this.#all().filter(document => {
      if (isRedirect(document)) return byTab.has(document.tabId) && isLater(document, redirectsAfter)
      return byTab.get(document.tabId)?.some(range => isSession(document) && isIn(document, range))
    })
  }

  async get(keys: readonly SessionKey[]): Promise<(StoredDocument | null)[]> {
    return keys.map(({ id }) => {
      const held = this.#held.get(id)
      const document = held && parse(held)
      return document === undefined || isErased(document) ? null : document
    })
  }

  async summary(): Promise<StoreSummary> {
    const lastSeen = this.documents().map(document => Date.parse(document.lastSeen))
    const epochs = [...this.#held.values()].map(({ version }) => Math.floor(version / 2 ** 43))
    return { latestLastSeen: greatest(lastSeen), latestEpoch: greatest(epochs) }
  }

  async latestPosition(partition: number, epoch: number): Promise<Position | null> {
    return this.#all()
      .filter(({ source }) => source?.partition === partition && source.epoch === epoch)
      .map(storedPosition)
      .reduce<Position | null>(
        (best, next) => (best === null || next.offset > best.offset ? next : best),
        null,
      )
  }

  async close(): Promise<void> {}

  /** The sessions, by start and then id. */
  documents(): SessionDocument[] {
    return this.#all()
      .filter(isSession)
      .sort((a, b) => startOf(a) - startOf(b) || (a.id < b.id ? -1 : 1))
  }

  #all(): StoredDocument[] {
    return [...this.#held.values()].map(parse)
  }
}

const parse = ({ json }: Held): StoredDocument => JSON.parse(json)
const isErased = ({ metadata }: StoredDocument): boolean => (metadata.status as string) === 'erased'
const isSession = (document: StoredDocument): document is SessionDocument =>
  !isRedirect(document) && !isErased(document)
const startOf = (document: SessionDocument): number => Date.parse(document.metadata.time.insert)

function isIn(document: SessionDocument, { from, to }: TabRange): boolean {
  return startOf(document) <= to && Date.parse(document.lastSeen) >= from
}

function isLater({ source }: StoredDocument, place: LogPlace): boolean {
  return source.epoch > place.epoch || (source.epoch === place.epoch && source.offset > place.offset)
}

/** An erased document keeps its version alone; its partition is that of the writer who meets it. */
function positionOf(held: Held, met: StoredDocument): Position {
  const document = parse(held)
  if (document.source !== undefined) return storedPosition(document)
  const epoch = Math.floor(held.version / 2 ** 43)
  const offset = Math.floor((held.version % 2 ** 43) / 4)
  return { topic: null, epoch, partition: met.source.partition, offset, timestamp: null }
}

function greatest(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b))
}
