import type { SessionDocument } from './session-document.ts'

/**
 * What services ask of a tab's session, as the clients of Glean have it: `SessionInfo`. What is not known is left out:
 * their type has no null.
 */
export type SessionInfo = {
  readonly sessionTrackingToken: string
  readonly tabId: string
  /** ISO 8601 in UTC. */
  readonly lastSeen: string
  readonly lastQuery?: string
}

export type SessionInfoSource = Pick<
  SessionDocument,
  'sessionTrackingToken' | 'tabId' | 'lastSeen' | 'lastQuery'
>

export function sessionInfoOf({
  sessionTrackingToken,
  tabId,
  lastSeen,
  lastQuery,
}: SessionInfoSource): SessionInfo {
  return { sessionTrackingToken, tabId, lastSeen, ...(lastQuery !== null && { lastQuery }) }
}
