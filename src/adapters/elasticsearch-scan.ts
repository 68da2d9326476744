// Searches that find everything or fail: partial answers, closed indices and lost search contexts are never
// taken for the end of the results.
import type { Client, estypes } from '@elastic/elasticsearch'
import type { StoredDocument } from '../core/session-document.ts'
import { failureOf, unusable } from './elasticsearch-failure.ts'
import { indexPattern } from './elasticsearch-index.ts'
import { checkPrivileges, workerPrivileges } from './elasticsearch-privileges.ts'
import type { StoreRetry } from './elasticsearch-retry.ts'

export type Query = estypes.QueryDslQueryContainer
export type Hit = estypes.SearchHit<StoredDocument>
type More = Pick<estypes.SearchRequest, 'sort' | 'version' | '_source'>
type Answer = estypes.SearchResponse<StoredDocument>
type Shards = { readonly total: number; readonly failed: number }

const pageSize = 1000
const smallestPage = 50
const keepAlive = '5m'

/** A closed index takes part, so that it gives an error, which heals; by default it would be left out in silence. */
const everyIndex = ['open', 'closed'] satisfies estypes.ExpandWildcard[]

/** The search context is gone, with a node that went down: only a new scan can go on. */
class LostContextError extends Error {}

export class ElasticsearchScan {
  readonly #client: Client
  readonly #retry: StoreRetry
  readonly #prefix: string
  readonly #pattern: string
  /** The refresh that has not been sent yet. */
  #nextRefresh: Promise<void> | null = null
  #lastRefresh: Promise<void> = Promise.resolve()

  constructor(client: Client, retry: StoreRetry, prefix: string) {
    this.#client = client
    this.#retry = retry
    this.#prefix = prefix
    this.#pattern = indexPattern(prefix)
  }

  /**
   * Makes all acknowledged writes visible to the searches that follow. Who comes while one is under way shares the
   * next one: partitions ask for it in each of their batches, and each makes the node write and merge segments.
   */
  refresh(): Promise<void> {
    this.#nextRefresh ??= this.#refreshAfter(this.#lastRefresh)
    return this.#nextRefresh
  }

  async #refreshAfter(last: Promise<void>): Promise<void> {
    // What ended it was said to those who waited for it.
    await last.catch(() => {})
    this.#lastRefresh = this.#nextRefresh as Promise<void>
    this.#nextRefresh = null
    await this.#sendRefresh()
  }

  async #sendRefresh(): Promise<void> {
    const request = { index: this.#pattern, expand_wildcards: everyIndex }
    await this.#retry.run('indices are refreshed', async () => {
      const { _shards: shards } = await this.#client.indices.refresh(request, this.#options)
      if (shards !== undefined) await this.#believe(shards)
    })
  }

  /**
   * The documents that match, page by page, as of the call. After an interruption it begins anew, so that a
   * document may come twice.
   */
  async *pages(query: Query): AsyncGenerator<readonly StoredDocument[]> {
    for await (const hits of this.hits(query)) yield hits.map(hit => hit._source as StoredDocument)
  }

  /** The same for few, of which one page holds all: one request in place of three, since recalls are many. */
  async *fewPages(query: Query): AsyncGenerator<readonly StoredDocument[]> {
    const answer = await this.#search(attempt => ({
      query,
      size: pageSizeAt(attempt),
      sort: '_doc',
      track_total_hits: true,
    }))
    await this.#believe(answer._shards)
    const { hits } = answer.hits
    if (hits.length < countOf(answer)) yield* this.pages(query)
    else if (hits.length > 0) yield hits.map(hit => hit._source as StoredDocument)
  }

  /** As `pages`, with all that a hit tells. `sort` is by fields that every match has. */
  async *hits(query: Query, more: More = {}): AsyncGenerator<readonly Hit[]> {
    for (;;) {
      try {
        yield* this.#scan(query, more)
        return
      } catch (error) {
        if (!(error instanceof LostContextError)) throw error
      }
      // A context opened before this refresh would never see what it shows.
      await this.refresh()
    }
  }

  /** One search without pages. */
  search(request: estypes.SearchRequest): Promise<Answer> {
    return this.#search(() => request)
  }

  async #search(request: (attempt: number) => estypes.SearchRequest): Promise<Answer> {
    return this.#retry.run('sessions are searched', async attempt => {
      const answer = await this.#client.search<StoredDocument>(
        {
          index: this.#pattern,
          expand_wildcards: everyIndex,
          allow_partial_search_results: false,
          ...request(attempt),
        },
        this.#options,
      )
      return refuseIncomplete(answer)
    })
  }

  get #options() {
    return { signal: this.#retry.signal }
  }

  /** While a page is worked on, the next one is on its way. */
  async *#scan(query: Query, more: More): AsyncGenerator<readonly Hit[]> {
    const pit = { id: await this.#open(), keep_alive: keepAlive }
    try {
      let coming: Promise<Answer> | undefined = this.#page(query, more, pit, undefined)
      let left = Number.POSITIVE_INFINITY
      while (coming !== undefined) {
        const answer: Answer = await coming
        const { hits } = answer.hits
        left = Math.min(left, countOf(answer)) - hits.length
        pit.id = answer.pit_id ?? pit.id
        coming = left > 0 ? this.#page(query, more, pit, hits.at(-1)) : undefined
        // Who stops in between never asks what became of it.
        coming?.catch(() => {})
        if (hits.length > 0) yield hits
      }
    } finally {
      await this.#close(pit.id)
    }
  }

  async #open(): Promise<string> {
    return this.#retry.run('a search is opened', async () => {
      const request = {
        index: this.#pattern,
        keep_alive: keepAlive,
        expand_wildcards: everyIndex,
        allow_partial_search_results: false,
      }
      const { id, _shards: shards } = await this.#client.openPointInTime(request, this.#options)
      await this.#believe(shards)
      return id
    })
  }

  /** That there is no index may also be the answer to who has lost the privilege to see them. */
  async #believe(shards: Shards): Promise<void> {
    refuseFailed(shards)
    if (shards.total === 0) await checkPrivileges(this.#client, this.#prefix, workerPrivileges)
  }

  async #page(query: Query, more: More, pit: { id: string; keep_alive: string }, last: Hit | undefined) {
    return this.#retry.run('sessions are searched', async attempt => {
      const request = {
        pit: { ...pit },
        query,
        size: pageSizeAt(attempt),
        // The only sort whose values every document has: past a missing one, `search_after` gets Long.MAX, which
        // JavaScript rounds, and the next page is refused.
        sort: '_shard_doc',
        ...more,
        track_total_hits: last === undefined,
        ...(last?.sort && { search_after: last.sort }),
      }
      try {
        const answer = refuseIncomplete(await this.#client.search<StoredDocument>(request, this.#options))
        // More were counted on the first page, so the end cannot have come.
        if (answer.hits.hits.length === 0 && (last !== undefined || countOf(answer) > 0))
          throw unusable('incomplete-answer', 'the search ended before all documents were found')
        return answer
      } catch (error) {
        if (failureOf(error)?.type === 'search_context_missing_exception') throw new LostContextError()
        throw error
      }
    })
  }

  /** Frees the context at once. What cannot be freed now expires. */
  async #close(id: string): Promise<void> {
    if (this.#retry.signal.aborted) return
    try {
      await this.#client.closePointInTime({ id }, this.#options)
    } catch (error) {
      if (failureOf(error) === undefined) throw error
    }
  }
}

/** A page that fails is asked for smaller: large documents may be more than a node's memory takes at once. */
const pageSizeAt = (attempt: number): number => Math.max(smallestPage, pageSize >> attempt)

function refuseIncomplete<T>(answer: estypes.SearchResponse<T>): estypes.SearchResponse<T> {
  refuseFailed(answer._shards)
  if (answer.timed_out) throw unusable('incomplete-answer', 'the search timed out')
  return answer
}

function refuseFailed({ failed }: Pick<Shards, 'failed'>): void {
  if (failed > 0) throw unusable('incomplete-answer', `${failed} shards failed`)
}

/** How many match; only the first page tells. */
function countOf({ hits: { total } }: Answer): number {
  return typeof total === 'object' ? total.value : (total ?? Number.POSITIVE_INFINITY)
}
