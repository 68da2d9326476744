// One bulk request and its answer, on the wire.
import type { Client } from '@elastic/elasticsearch'
import type { AnyWrite } from '../ports/session-store.ts'
import { type ErrorBody, type Failure, itemFailure, unusable } from './elasticsearch-failure.ts'

export type BulkItem = { readonly index: string; write: AnyWrite }

export type BulkAnswer = { readonly errors?: boolean; readonly items?: readonly BulkAnswerItem[] }
type BulkAnswerItem = { readonly index?: { readonly status?: number; readonly error?: ErrorBody } }

/** Most requests need no more. */
const firstRoom = 512 * 1024
/** A UTF-16 unit has up to three bytes of UTF-8. */
const bytesPerUnit = 3

/**
 * The body of one request. Written as bytes at once: thousands of documents as text, on their way for as long as the
 * node takes, would be copied by the collector again and again.
 */
export class BulkBody {
  #room = Buffer.allocUnsafe(firstRoom)
  #length = 0

  get length(): number {
    return this.#length
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length)
  }

  /**
   * `external_gte` takes an equal version again, so that a request whose answer was lost can be repeated. Ids and
   * indices are ours and need no escaping.
   */
  append({ index, write: { key, version, document } }: BulkItem): void {
    this.#write(
      `{"index":{"_index":"${index}","_id":"${key.id}","version":${version},"version_type":"external_gte"}}\n`,
    )
    this.#write(JSON.stringify(document))
    this.#write('\n')
  }

  /** Takes back what came after so many bytes. */
  truncate(length: number): void {
    this.#length = length
  }

  #write(text: string): void {
    const needed = this.#length + text.length * bytesPerUnit
    if (needed > this.#room.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#room.length * 2))
      this.bytes.copy(larger)
      this.#room = larger
    }
    this.#length += this.#room.write(text, this.#length)
  }
}

/** The answer to a bulk request of whole documents, none of which replaces a later version. */
export async function sendBulk(client: Client, body: BulkBody, signal: AbortSignal): Promise<BulkAnswer> {
  return client.transport.request<BulkAnswer>(
    {
      method: 'POST',
      path: '/_bulk',
      // A shard that is not there is told after this long, not after a minute: the whole request waits for it.
      querystring: { filter_path: 'errors,items.*.status,items.*.error', timeout: '10s' },
      bulkBody: body.bytes,
    },
    { signal },
  )
}

/** Per item its failure, or null. @throws when the answer does not account for every item */
export function bulkItems({ items = [] }: BulkAnswer, count: number): (Failure | null)[] {
  // Some versions were seen to answer with fewer items than were sent; which ones are missing cannot be told.
  if (items.length !== count)
    throw unusable('unusable-answer', `${items.length} results for ${count} documents`)
  return items.map(({ index }) => {
    const { status, error } = index ?? {}
    if (status === undefined) throw unusable('unusable-answer', 'a result without a status')
    return status >= 200 && status < 300 ? null : itemFailure(status, error ?? {})
  })
}
