// Everything that is stored, tab by tab, for `verify`; and what is in a wrong index.
import type { Client, estypes } from '@elastic/elasticsearch'
import type { Position } from '../core/position.ts'
import { restoredHead, storedPosition } from '../core/restored-session.ts'
import { isRedirect, type StoredDocument } from '../core/session-document.ts'
import type { SessionKey } from '../core/session-id.ts'
import { cellOf } from '../core/session-window.ts'
import type { StoredSession, StoredTab } from '../core/tab-invariants.ts'
import { asking } from './elasticsearch-asking.ts'
import { indexOf } from './elasticsearch-index.ts'
import { chunks } from './elasticsearch-queries.ts'
import { StoreRetry } from './elasticsearch-retry.ts'
import { ElasticsearchScan, type Hit, type Query } from './elasticsearch-scan.ts'

/** A tab as a search has found it. */
export type FoundTab = StoredTab & {
  readonly documents: number
  /** Where the latest of its documents was written. */
  readonly latest: Position
  /** Partitions that have written it in that epoch; more than one is a mistake of the topic's keys. */
  readonly partitions: readonly number[]
  readonly misplaced: readonly Misplaced[]
}

/** A document in an index that is not that of its id's cell. */
export type Misplaced = {
  readonly id: string
  readonly index: string
  readonly rightIndex: string
  readonly version: number
}

/** What stands under a key: `no-index`, if the index of its month was deleted, as a lifecycle policy does. */
export type Standing = 'stored' | 'erased' | 'missing' | 'no-index'

const stored: Query = { terms: { 'metadata.status': ['active', 'ended', 'merged'] } }
const parts = ['id', 'tabId', 'lastSeen', 'metadata', 'operation', 'merged_into', 'source', 'state']

export class ElasticsearchTabs {
  readonly #client: Client
  readonly #scan: ElasticsearchScan
  readonly #prefix: string
  readonly #gapMs: number

  constructor(client: Client, prefix: string, gapMs: number, signal: AbortSignal) {
    this.#client = client
    this.#prefix = prefix
    this.#gapMs = gapMs
    this.#scan = new ElasticsearchScan(client, new StoreRetry({ telemetry: () => {}, signal }), prefix)
  }

  /** All tabs. One may come twice, after an interruption, and the first time in part. */
  async *all(): AsyncGenerator<FoundTab> {
    await this.#scan.refresh()
    yield* this.#tabs(stored)
  }

  /** These tabs as they are now. */
  async *some(tabIds: readonly string[]): AsyncGenerator<FoundTab> {
    await this.#scan.refresh()
    for (const chunk of chunks(tabIds, 500))
      yield* this.#tabs({ bool: { filter: [stored, { terms: { tabId: [...chunk] } }] } })
  }

  /** What stands under these keys now, by id. */
  async standing(keys: readonly SessionKey[]): Promise<Map<string, Standing>> {
    if (keys.length === 0) return new Map()
    const docs = keys.map(({ id, cellStart }) => ({
      _index: indexOf(this.#prefix, cellStart),
      _id: id,
      _source: ['metadata.status'],
    }))
    const answer = await asking('documents are read', () => this.#client.mget<StoredDocument>({ docs }))
    return new Map(answer.docs.map(doc => [doc._id, standingOf(doc)]))
  }

  /**
   * Puts a document where the worker reads and writes it, unless a later state is there already. Nobody writes where
   * it was, so it may be deleted there.
   */
  async move({ id, index, rightIndex, version }: Misplaced): Promise<void> {
    await asking('a document is moved', async () => {
      const { _source: document } = await this.#client.get<StoredDocument>({ index, id })
      await this.#client.index(
        { index: rightIndex, id, document, version, version_type: 'external_gte' },
        { ignore: [409] },
      )
      await this.#client.delete({ index, id })
    })
  }

  async *#tabs(query: Query): AsyncGenerator<FoundTab> {
    let hits: Hit[] = []
    const sort = [{ tabId: { order: 'asc' as const, unmapped_type: 'keyword' as const } }]
    for await (const page of this.#scan.hits(query, { sort, version: true, _source: parts }))
      for (const hit of page) {
        if (hits.length > 0 && hits[0]?._source?.tabId !== hit._source?.tabId) {
          yield this.#tabOf(hits)
          hits = []
        }
        hits.push(hit)
      }
    if (hits.length > 0) yield this.#tabOf(hits)
  }

  #tabOf(hits: readonly Hit[]): FoundTab {
    const documents = hits.map(({ _source }) => _source as StoredDocument)
    const sessions: StoredSession[] = []
    const redirects = new Map<string, SessionKey>()
    const rightIndices = new Map<string, string>()
    const place = ({ id, cellStart }: SessionKey) => rightIndices.set(id, indexOf(this.#prefix, cellStart))
    for (const document of documents) {
      if (isRedirect(document)) {
        const key = { id: document.merged_into, cellStart: document.state.merged_into_cell_start }
        redirects.set(document.id, key)
        place(key)
        continue
      }
      const { start, end, absorbed } = restoredHead(document)
      const key = { id: document.id, cellStart: cellOf(start, this.#gapMs) * this.#gapMs }
      sessions.push({ key, start, end, absorbed })
      for (const known of [key, ...absorbed]) place(known)
    }
    const positions = documents.map(storedPosition)
    const latest = positions.reduce((a, b) => (isLater(b, a) ? b : a))
    const ofEpoch = positions.filter(({ epoch }) => epoch === latest.epoch)
    return {
      tabId: documents[0]?.tabId as string,
      documents: documents.length,
      sessions,
      redirects,
      latest,
      partitions: [...new Set(ofEpoch.map(({ partition }) => partition))],
      misplaced: hits.flatMap(({ _index: index, _id: id = '', _version: version = 0 }) => {
        const rightIndex = rightIndices.get(id) ?? index
        return index === rightIndex ? [] : [{ id, index, rightIndex, version }]
      }),
    }
  }
}

function standingOf(doc: estypes.MgetResponseItem<StoredDocument>): Standing {
  if ('error' in doc) return doc.error.type === 'index_not_found_exception' ? 'no-index' : 'missing'
  if (!doc.found) return 'missing'
  return (doc._source?.metadata.status as string | undefined) === 'erased' ? 'erased' : 'stored'
}

const isLater = (a: Position, b: Position): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.offset > b.offset)
