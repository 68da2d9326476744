// What restore and recall ask for. Sessions are named by their status, so that redirects and erased sessions
// are never taken for one.

import type { TabSpan } from '../core/tab-span.ts'
import type {
  ErasedQuery,
  LogPlace,
  ProfileQuery,
  RecallQuery,
  RestoreQuery,
} from '../ports/session-store.ts'
import type { Query } from './elasticsearch-scan.ts'

const sessions: Query = { terms: { 'metadata.status': ['active', 'ended'] } }

/** The sessions of a partition that memory must hold, and its redirects later than a place. */
export function restoreQuery({ partition, lastSeenFrom, redirectsAfter }: RestoreQuery): Query {
  const open = anyOf([{ term: { 'metadata.status': 'active' } }, notBefore('lastSeen', lastSeenFrom)])
  const wanted = [allOf([sessions, open])]
  if (redirectsAfter !== null) wanted.push(redirectsLaterThan(redirectsAfter))
  return allOf([{ term: { 'source.partition': partition } }, anyOf(wanted)])
}

/**
 * The sessions of tabs that overlap given spans, and redirects of these tabs later than a place. Several
 * queries: a node takes at least 1,024 clauses in one, and each range is three.
 */
export function recallQueries({ ranges, redirectsAfter }: RecallQuery): Query[] {
  return chunks(ranges, 300).map(chunk => {
    const tabs: Query = { terms: { tabId: [...new Set(chunk.map(({ tabId }) => tabId))] } }
    const overlapping = allOf([sessions, anyOf(chunk.map(overlapOf))])
    return anyOf([overlapping, allOf([tabs, redirectsLaterThan(redirectsAfter)])])
  })
}

/** The sessions of a partition in one epoch that show one of the profiles, and its redirects later than a place. */
export function profileQuery({ partition, epoch, profileIds, redirectsAfter }: ProfileQuery): Query {
  const shown = allOf([
    sessions,
    { term: { 'source.epoch': epoch } },
    { terms: { 'profile.id': [...profileIds] } },
  ])
  return allOf([
    { term: { 'source.partition': partition } },
    anyOf([shown, redirectsLaterThan(redirectsAfter)]),
  ])
}

/** What stays under the keys of erased sessions has no tab. */
export function erasedSpansQuery({ partition, after }: ErasedQuery): Query {
  return allOf([
    { term: { 'source.partition': partition } },
    { term: { 'metadata.status': 'erased' } },
    { exists: { field: 'tabId' } },
    laterThan(after),
  ])
}

function overlapOf({ tabId, from, to }: TabSpan): Query {
  return allOf([{ term: { tabId } }, notAfter('metadata.time.insert', to), notBefore('lastSeen', from)])
}

function redirectsLaterThan(place: LogPlace): Query {
  return allOf([{ term: { 'metadata.status': 'merged' } }, laterThan(place)])
}

function laterThan({ epoch, offset }: LogPlace): Query {
  const laterInEpoch = allOf([
    { term: { 'source.epoch': epoch } },
    { range: { 'source.offset': { gt: offset } } },
  ])
  return anyOf([{ range: { 'source.epoch': { gt: epoch } } }, laterInEpoch])
}

// Infinity has no JSON. The format is stated, whatever the mapping's own becomes.
function notBefore(field: string, epochMs: number): Query {
  if (epochMs === Number.NEGATIVE_INFINITY) return { match_all: {} }
  if (epochMs === Number.POSITIVE_INFINITY) return { match_none: {} }
  return { range: { [field]: { gte: epochMs, format: 'epoch_millis' } } }
}

function notAfter(field: string, epochMs: number): Query {
  if (epochMs === Number.POSITIVE_INFINITY) return { match_all: {} }
  if (epochMs === Number.NEGATIVE_INFINITY) return { match_none: {} }
  return { range: { [field]: { lte: epochMs, format: 'epoch_millis' } } }
}

const allOf = (filter: Query[]): Query => ({ bool: { filter } })
const anyOf = (should: Query[]): Query => ({ bool: { should, minimum_should_match: 1 } })

export function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = []
  for (let i = 0; i < items.length; i += size) parts.push(items.slice(i, i + size))
  return parts
}
