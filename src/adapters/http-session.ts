// `GET /tabs/{tabId}/session`: which session a tab has, for services of the same network.
import type { SessionInfo } from '../core/session-info.ts'

export type SessionAnswer = {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

export type SessionLookUp = {
  /** Null if there is none. Rejects while the store cannot be asked. */
  readonly find: (tabId: string) => Promise<SessionInfo | null>
  /** How many requests a second are answered; as many may come at once. */
  readonly perSecond: number
  /** Monotonic, ms. */
  readonly now?: () => number
}

/** Answers the request for a path; null if it is none of ours. */
export type SessionAnswers = (path: string) => Promise<SessionAnswer> | null

/** In characters, as an event's. */
const maxTabIdLength = 256
/** The worker's own requests need connections, too. */
const atOnce = 16
const retryAfterOutageSeconds = 5

export function sessionAnswers({
  find,
  perSecond,
  now = () => performance.now(),
}: SessionLookUp): SessionAnswers {
  let [allowance, since] = [perSecond, now()]
  let inWork = 0

  /** A bucket that holds the allowance of a second, and is filled evenly. */
  function isAllowed(): boolean {
    const at = now()
    allowance = Math.min(perSecond, allowance + ((at - since) / 1_000) * perSecond)
    since = at
    if (allowance < 1) return false
    allowance--
    return true
  }

  return path => {
    const match = /^\/tabs\/([^/]+)\/session$/.exec(path)
    return match === null ? null : answerFor(match[1] as string)
  }

  async function answerFor(encoded: string): Promise<SessionAnswer> {
    if (inWork >= atOnce || !isAllowed()) return said(429, 'too many requests', { 'retry-after': '1' })
    const tabId = decoded(encoded)
    if (tabId === null) return said(400, 'expected a tab id, percent-encoded')
    inWork++
    try {
      const info = await find(tabId)
      return info === null ? said(404, 'this tab has no session') : json(200, info)
    } catch {
      // The reason is the log's and /readyz's to tell: it may name hosts.
      return said(503, 'the store cannot be asked', { 'retry-after': String(retryAfterOutageSeconds) })
    } finally {
      inWork--
    }
  }
}

function decoded(encoded: string): string | null {
  try {
    const tabId = decodeURIComponent(encoded)
    return [...tabId].length <= maxTabIdLength ? tabId : null
  } catch {
    return null
  }
}

const said = (status: number, error: string, headers = {}): SessionAnswer => json(status, { error }, headers)

const json = (status: number, body: object, headers = {}): SessionAnswer => ({
  status,
  body: `${JSON.stringify(body)}\n`,
  headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
})
