import type { Client } from '@elastic/elasticsearch'
import { isSession, type SessionDocument } from '../core/session-document.ts'
import { StoreRetry } from './elasticsearch-retry.ts'
import { ElasticsearchScan } from './elasticsearch-scan.ts'

/** Every session that shows a profile, over all indices, page by page. Waits for a node that is down until `signal`. */
export async function* profileSessions(
  client: Client,
  prefix: string,
  profileId: string,
  signal: AbortSignal,
): AsyncGenerator<readonly SessionDocument[]> {
  const scan = new ElasticsearchScan(client, new StoreRetry({ telemetry: () => {}, signal }), prefix)
  await scan.refresh()
  for await (const page of scan.pages({ term: { 'profile.id': profileId } })) yield page.filter(isSession)
}
