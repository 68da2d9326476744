import type { Client, estypes } from '@elastic/elasticsearch'
import type { ErasedSpanDocument } from '../core/erased-document.ts'
import type { Position } from '../core/position.ts'
import { storedPosition } from '../core/restored-session.ts'
import { placeOfVersion, type StoredDocument } from '../core/session-document.ts'
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
import type { Telemetry } from '../ports/telemetry.ts'
import { type BulkLimits, type BulkResult, ElasticsearchBulk } from './elasticsearch-bulk.ts'
import { ElasticsearchGet, type Found } from './elasticsearch-get.ts'
import { indexOf } from './elasticsearch-index.ts'
import { erasedSpansQuery, profileQuery, recallQueries, restoreQuery } from './elasticsearch-queries.ts'
import { type RetrySettings, StoreRetry } from './elasticsearch-retry.ts'
import { ElasticsearchScan, type Query } from './elasticsearch-scan.ts'
import { Turns } from './elasticsearch-turns.ts'

export type ElasticsearchStoreSettings = {
  /** The store closes it in the end. */
  readonly client: Client
  /** INDEX_PREFIX. */
  readonly prefix: string
  readonly telemetry: Telemetry
  /** Ends the retries that would otherwise never end; what waits rejects with its reason. */
  readonly signal?: AbortSignal
  readonly limits?: Partial<BulkLimits>
  readonly pausesMs?: RetrySettings['pausesMs']
}

/**
 * Two keep the node and this process busy. However many partitions a worker gains, no more pages than these scans'
 * are in memory; with more at once, what is garbage soon survives long enough to be costly.
 */
const restoresAtOnce = 2

/** Session documents in monthly indices whose mapping comes from our template. */
export class ElasticsearchSessionStore implements SessionStore {
  readonly #client: Client
  readonly #prefix: string
  readonly #closing = new AbortController()
  readonly #retry: StoreRetry
  readonly #bulk: ElasticsearchBulk
  readonly #scan: ElasticsearchScan
  readonly #get: ElasticsearchGet
  readonly #restores = new Turns(restoresAtOnce)

  constructor({ client, prefix, telemetry, signal, limits, pausesMs }: ElasticsearchStoreSettings) {
    this.#client = client
    this.#prefix = prefix
    const ends = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    this.#retry = new StoreRetry({ telemetry, signal: ends, ...(pausesMs && { pausesMs }) })
    this.#bulk = new ElasticsearchBulk(client, this.#retry, limits)
    this.#scan = new ElasticsearchScan(client, this.#retry, prefix)
    this.#get = new ElasticsearchGet(client, this.#retry)
  }

  get waitsFor(): string | null {
    return this.#retry.trouble
  }

  async write(documents: readonly AnyWrite[]): Promise<readonly WriteResult[]> {
    const results = await this.#bulk.write(
      documents.map(write => ({ index: indexOf(this.#prefix, write.key.cellStart), write })),
    )
    return this.#withStored(documents, results)
  }

  async *restore(query: RestoreQuery): AsyncIterable<readonly StoredDocument[]> {
    const endTurn = await this.#restores.take()
    try {
      await this.#scan.refresh()
      yield* this.#scan.pages(restoreQuery(query))
    } finally {
      endTurn()
    }
  }

  async recall(query: RecallQuery): Promise<readonly StoredDocument[]> {
    if (query.fresh) await this.#scan.refresh()
    return this.#all(recallQueries(query))
  }

  async ofProfiles(query: ProfileQuery): Promise<readonly StoredDocument[]> {
    await this.#scan.refresh()
    return this.#all([profileQuery(query)])
  }

  async erasedSpans(query: ErasedQuery): Promise<readonly ErasedSpanDocument[]> {
    await this.#scan.refresh()
    return (await this.#all([erasedSpansQuery(query)])) as unknown[] as ErasedSpanDocument[]
  }

  /** A session may overlap spans of two queries, and come twice after an interruption. */
  async #all(queries: readonly Query[]): Promise<StoredDocument[]> {
    const found = new Map<string, StoredDocument>()
    for (const part of queries)
      for await (const page of this.#scan.fewPages(part))
        for (const document of page) found.set(document.id, document)
    return [...found.values()]
  }

  /** An erased session is as good as none: nothing of it can be merged on. */
  async get(keys: readonly SessionKey[]): Promise<readonly (StoredDocument | null)[]> {
    const found = await this.#get.documents(this.#addresses(keys))
    return found.map(hit => (hit === null || isErased(hit) ? null : (hit.document as StoredDocument)))
  }

  async summary(): Promise<StoreSummary> {
    await this.#scan.refresh()
    const { aggregations } = await this.#scan.search({
      size: 0,
      track_total_hits: false,
      aggs: { lastSeen: { max: { field: 'lastSeen' } }, epoch: { max: { field: 'source.epoch' } } },
    })
    // The maximum of a `date` is in epoch milliseconds; redirects and erased sessions have no `lastSeen`.
    return { latestLastSeen: maximum(aggregations?.lastSeen), latestEpoch: maximum(aggregations?.epoch) }
  }

  async latestPosition(partition: number, epoch: number): Promise<Position | null> {
    await this.#scan.refresh()
    const { hits } = await this.#scan.search({
      size: 1,
      query: {
        bool: { filter: [{ term: { 'source.partition': partition } }, { term: { 'source.epoch': epoch } }] },
      },
      sort: [{ 'source.offset': { order: 'desc', unmapped_type: 'long' } }],
      _source: ['source'],
    })
    const document = hits.hits[0]?._source
    return document === undefined ? null : storedPosition(document)
  }

  async close(): Promise<void> {
    this.#closing.abort(new DOMException('the session store was closed', 'AbortError'))
    await this.#client.close()
  }

  /** The bulk answer to a stale write does not tell what is stored instead. */
  async #withStored(documents: readonly AnyWrite[], results: readonly BulkResult[]): Promise<WriteResult[]> {
    const stale = documents.filter((_, i) => results[i]?.kind === 'stale')
    if (stale.length === 0) return results as WriteResult[]
    const found = await this.#get.documents(this.#addresses(stale.map(({ key }) => key)), ['source'])
    // Its index was deleted between the two requests: nothing is stored that could be later.
    const gone = stale.filter((_, i) => found[i] === null)
    const written = await (gone.length === 0 ? [] : this.write(gone))
    const later = [...written]
    const ofStale = stale.map((write, i): WriteResult => {
      const hit = found[i] ?? null
      return hit === null
        ? (later.shift() as WriteResult)
        : { kind: 'stale', stored: positionOf(hit, write.document.source.partition) }
    })
    return results.map(result => (result.kind === 'stale' ? (ofStale.shift() as WriteResult) : result))
  }

  #addresses(keys: readonly SessionKey[]) {
    return keys.map(({ id, cellStart }) => ({ _index: indexOf(this.#prefix, cellStart), _id: id }))
  }
}

function maximum(aggregate: estypes.AggregationsAggregate | undefined): number | null {
  return (aggregate as { value?: number | null } | undefined)?.value ?? null
}

function isErased({ document }: Found): boolean {
  return (document.metadata?.status as string | undefined) === 'erased'
}

/** An erased session keeps nothing but its version, which was made from its position by `documentVersion`. */
function positionOf({ document, version }: Found, partition: number): Position {
  if (document.source !== undefined) return storedPosition(document as StoredDocument)
  return { topic: null, partition, timestamp: null, ...placeOfVersion(version) }
}
