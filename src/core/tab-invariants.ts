// What must hold of everything that is stored of a tab, whatever crashed and in which order it was written.
import type { SessionKey } from './session-id.ts'
import { joins } from './session-window.ts'

/** Of a tab, what a search has found. Redirects by the id that they stand under. */
export type StoredTab = {
  readonly tabId: string
  readonly sessions: readonly StoredSession[]
  readonly redirects: ReadonlyMap<string, SessionKey>
}

export type StoredSession = {
  readonly key: SessionKey
  readonly start: number
  readonly end: number
  readonly absorbed: readonly SessionKey[]
}

export type Violation = {
  readonly kind: /** Two sessions that should be one. */
    | 'within-gap'
    /** A session that another one has absorbed, and which is there still. */
    | 'absorbed-but-live'
    /** Nothing stands under an id that a session has absorbed. */
    | 'redirect-missing'
    /** A redirect that leads to no session. */
    | 'dead-redirect'
  readonly id: string
  readonly other: string
  /** Where to look whether it is so: the tab alone does not show what was erased. Null if it shows enough. */
  readonly key: SessionKey | null
}

export function violationsOf(tab: StoredTab, gapMs: number): Violation[] {
  return [...withinGap(tab, gapMs), ...ofAbsorbed(tab), ...ofRedirects(tab)]
}

function withinGap({ sessions }: StoredTab, gapMs: number): Violation[] {
  const violations: Violation[] = []
  let before: StoredSession | undefined
  for (const session of [...sessions].sort((a, b) => a.start - b.start)) {
    if (before !== undefined && joins(before, session.start, gapMs))
      violations.push({ kind: 'within-gap', id: session.key.id, other: before.key.id, key: null })
    if (before === undefined || session.end > before.end) before = session
  }
  return violations
}

function ofAbsorbed({ sessions, redirects }: StoredTab): Violation[] {
  const live = new Set(sessions.map(({ key }) => key.id))
  return sessions.flatMap(({ key: { id: other }, absorbed }) =>
    absorbed.flatMap((key): Violation[] => {
      const { id } = key
      if (live.has(id)) return [{ kind: 'absorbed-but-live', id, other, key: null }]
      return redirects.has(id) ? [] : [{ kind: 'redirect-missing', id, other, key }]
    }),
  )
}

function ofRedirects({ sessions, redirects }: StoredTab): Violation[] {
  const live = new Set(sessions.map(({ key }) => key.id))
  return [...redirects.keys()].flatMap((id): Violation[] => {
    const key = endOf(id, redirects)
    return live.has(key.id) ? [] : [{ kind: 'dead-redirect', id, other: key.id, key }]
  })
}

/** Where a redirect leads, however long the chain; one that leads in a circle ends where it began. */
function endOf(id: string, redirects: ReadonlyMap<string, SessionKey>): SessionKey {
  let at = redirects.get(id) as SessionKey
  for (let hop = 0; hop < redirects.size; hop++) {
    const next = redirects.get(at.id)
    if (next === undefined) return at
    at = next
  }
  return at
}
