import type { ElasticsearchClient } from '../adapters/elasticsearch-client.ts'
import { latestSession } from '../adapters/elasticsearch-session-info.ts'
import { type SessionAnswers, sessionAnswers } from '../adapters/http-session.ts'
import type { Config } from '../config.ts'
import { WorkerError } from '../core/worker-error.ts'

export const sessionLookupSettings = ['sessionLookup', 'sessionLookupRate'] as const

/** Whoever asks waits no longer: they have one who waits, too. */
const patienceMs = 2_000

/** `client` gives null until the worker is connected. Undefined where nothing shall be answered. */
export function sessionLookUp(
  config: Config<(typeof sessionLookupSettings)[number] | 'indexPrefix'>,
  client: () => ElasticsearchClient | null,
): SessionAnswers | undefined {
  if (config.sessionLookup === 'off') return undefined
  return sessionAnswers({
    perSecond: config.sessionLookupRate,
    async find(tabId) {
      const connected = client()
      if (connected === null) throw new WorkerError('unreachable', 'the worker has not connected yet')
      return latestSession(connected, config.indexPrefix, tabId, patienceMs)
    },
  })
}
