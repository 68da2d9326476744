// One bulk request and its answer, on the wire.
import type { Client } from '@elastic/elasticsearch'
import type { AnyWrite } from '../ports/session-store.ts'
import { type ErrorBody, type Failure, itemFailure, unusable } from './elasticsearch-failure.ts'

export type BulkItem = {
  readonly index: string
  write: AnyWrite
  /** The document as JSON, kept for as long as it may have to be sent again. */
  line: string | undefined
}

export type BulkAnswer = { readonly errors?: boolean; readonly items?: readonly BulkAnswerItem[] }
type BulkAnswerItem = { readonly index?: { readonly status?: number; readonly error?: ErrorBody } }

/** The answer to a bulk request of whole documents, none of which replaces a later version. */
export async function sendBulk(
  client: Client,
  items: readonly BulkItem[],
  signal: AbortSignal,
): Promise<BulkAnswer> {
  return client.transport.request<BulkAnswer>(
    {
      method: 'POST',
      path: '/_bulk',
      // A shard that is not there is told after this long, not after a minute: the whole request waits for it.
      querystring: { filter_path: 'errors,items.*.status,items.*.error', timeout: '10s' },
      bulkBody: Buffer.from(items.map(lines).join('')),
    },
    { signal },
  )
}

/**
 * `external_gte` takes an equal version again, so that a request whose answer was lost can be repeated. Ids and
 * indices are ours and need no escaping.
 */
function lines(item: BulkItem): string {
  const { key, version } = item.write
  return `{"index":{"_index":"${item.index}","_id":"${key.id}","version":${version},"version_type":"external_gte"}}\n${lineOf(item)}\n`
}

/** Makes the line if it is not there. */
export function lineOf(item: BulkItem): string {
  item.line ??= JSON.stringify(item.write.document)
  return item.line
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
