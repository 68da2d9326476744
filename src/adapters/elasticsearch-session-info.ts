import type { Client } from '@elastic/elasticsearch'
import { type SessionInfo, type SessionInfoSource, sessionInfoOf } from '../core/session-info.ts'
import { asking } from './elasticsearch-asking.ts'
import { indexPattern } from './elasticsearch-index.ts'

/**
 * The session of a tab that was seen last, as of the last refresh (a second); null if there is none. A tab's redirects
 * lead to its sessions, so that they need not be followed, and what was erased is as good as never there.
 * @throws WorkerError if the node does not answer in time, or refuses
 */
export async function latestSession(
  client: Client,
  prefix: string,
  tabId: string,
  requestTimeoutMs: number,
): Promise<SessionInfo | null> {
  const { hits } = await asking('a session is looked up', () =>
    client.search<SessionInfoSource>(
      {
        index: indexPattern(prefix),
        // Half an answer could leave the latest one out.
        allow_partial_search_results: false,
        size: 1,
        track_total_hits: false,
        query: {
          bool: { filter: [{ term: { tabId } }, { terms: { 'metadata.status': ['active', 'ended'] } }] },
        },
        sort: [{ lastSeen: { order: 'desc', unmapped_type: 'date' } }],
        _source: ['sessionTrackingToken', 'tabId', 'lastSeen', 'lastQuery'],
      },
      { requestTimeout: requestTimeoutMs },
    ),
  )
  const found = hits.hits[0]?._source
  return found === undefined ? null : sessionInfoOf(found)
}
