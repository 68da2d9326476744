import type { Client } from '@elastic/elasticsearch'
import type { RedirectDocument, SessionDocument } from '../../src/core/session-document.ts'

/** Every session of a prefix, without redirects, however many indices it has. */
export async function liveDocuments(client: Client, prefix: string): Promise<SessionDocument[]> {
  const index = `${prefix}-*`
  await client.indices.refresh({ index })
  const documents: SessionDocument[] = []
  let searchAfter: string[] | undefined
  for (;;) {
    const { hits } = await client.search<SessionDocument>({
      index,
      size: 5_000,
      query: { bool: { must_not: { terms: { 'metadata.status': ['merged', 'erased'] } } } },
      sort: ['tabId', 'metadata.time.insert'],
      ...(searchAfter && { search_after: searchAfter }),
    })
    for (const hit of hits.hits) documents.push(hit._source as SessionDocument)
    const last = hits.hits.at(-1)
    if (last === undefined) return documents
    searchAfter = last.sort as string[]
  }
}

/** Where each redirect of a prefix leads, by its id. */
export async function redirectTargets(client: Client, prefix: string): Promise<Map<string, string>> {
  const index = `${prefix}-*`
  await client.indices.refresh({ index })
  const { hits } = await client.search<RedirectDocument>({
    index,
    size: 10_000,
    query: { term: { 'metadata.status': 'merged' } },
  })
  return new Map(hits.hits.map(({ _source }) => [_source!.id, _source!.merged_into]))
}
