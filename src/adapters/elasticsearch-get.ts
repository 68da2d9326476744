import type { Client } from '@elastic/elasticsearch'
import type { StoredDocument } from '../core/session-document.ts'
import { type ErrorBody, itemFailure, UnusableAnswerError } from './elasticsearch-failure.ts'
import { chunks } from './elasticsearch-queries.ts'
import type { StoreRetry } from './elasticsearch-retry.ts'

export type Address = { readonly _index: string; readonly _id: string }

/** What is stored; all of it, or the parts that were asked for. */
export type Found = { readonly document: Partial<StoredDocument>; readonly version: number }

const idsPerRequest = 1000

/** Reads by id, in real time: what was acknowledged is seen, refreshed or not. */
export class ElasticsearchGet {
  readonly #client: Client
  readonly #retry: StoreRetry

  constructor(client: Client, retry: StoreRetry) {
    this.#client = client
    this.#retry = retry
  }

  /** In the order of the addresses; null where there is no such document, or no such index. */
  async documents(addresses: readonly Address[], parts?: string[]): Promise<(Found | null)[]> {
    const found: (Found | null)[] = []
    for (const chunk of chunks(addresses, idsPerRequest)) {
      const docs = parts ? chunk.map(address => ({ ...address, _source: parts })) : chunk
      found.push(...(await this.#retry.run('sessions are read by id', () => this.#send(docs))))
    }
    return found
  }

  async #send(docs: Address[]): Promise<(Found | null)[]> {
    const answer = await this.#client.mget<StoredDocument>(
      { docs, realtime: true },
      { signal: this.#retry.signal },
    )
    return answer.docs.map(item => {
      if ('error' in item) return refuseError(item.error as ErrorBody)
      return item.found ? { document: item._source ?? {}, version: item._version ?? 0 } : null
    })
  }
}

/** Errors of an item come without a status; but for a missing privilege, they heal. */
function refuseError(error: ErrorBody): null {
  if (error.type === 'index_not_found_exception') return null
  const status = error.type === 'security_exception' ? 403 : null
  throw new UnusableAnswerError({ ...itemFailure(0, error), status })
}
