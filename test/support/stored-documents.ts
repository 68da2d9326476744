// What a store holds in the end: sessions, and the redirects that lead to them.
import type { Client, estypes } from '@elastic/elasticsearch'
import type { RedirectDocument, SessionDocument, StoredDocument } from '../../src/core/session-document.ts'

/** Every session of a prefix, without redirects, however many indices it has. */
export function liveDocuments(client: Client, prefix: string): Promise<SessionDocument[]> {
  return everyDocument(client, prefix, {
    bool: { must_not: { terms: { 'metadata.status': ['merged', 'erased'] } } },
  })
}

/** Where each redirect of a prefix leads, by its id. */
export async function redirectTargets(client: Client, prefix: string): Promise<Map<string, string>> {
  const query = { term: { 'metadata.status': 'merged' } }
  const redirects = await everyDocument<RedirectDocument>(client, prefix, query)
  return new Map(redirects.map(({ id, merged_into }) => [id, merged_into]))
}

/** The end of the chain of redirects that begins at an id. */
export function survivorOf(id: string, targets: ReadonlyMap<string, string>): string {
  const seen = new Set<string>()
  let at = id
  for (let next = targets.get(at); next !== undefined && !seen.has(next); next = targets.get(at)) {
    seen.add(next)
    at = next
  }
  return at
}

async function everyDocument<D extends StoredDocument>(
  client: Client,
  prefix: string,
  query: estypes.QueryDslQueryContainer,
): Promise<D[]> {
  const index = `${prefix}-*`
  await client.indices.refresh({ index })
  const documents: D[] = []
  let searchAfter: estypes.SortResults | undefined
  for (;;) {
    const { hits } = await client.search<D>({
      index,
      size: 5_000,
      query,
      sort: ['tabId', 'id'],
      ...(searchAfter && { search_after: searchAfter }),
    })
    for (const hit of hits.hits) documents.push(hit._source as D)
    searchAfter = hits.hits.at(-1)?.sort
    if (searchAfter === undefined) return documents
  }
}
