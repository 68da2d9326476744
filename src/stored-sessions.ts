// Bringing stored sessions back into memory: `restore` when a partition is assigned, `recall` when late
// events may touch sessions that have left memory.
import { erasedSpanOf } from './core/erased-document.ts'
import { PartitionSessions } from './core/partition-sessions.ts'
import { storedPosition } from './core/restored-session.ts'
import {
  isRedirect,
  type RedirectDocument,
  type SessionDocument,
  type StoredDocument,
} from './core/session-document.ts'
import type { SessionKey } from './core/session-id.ts'
import type { SessionSettings } from './core/session-settings.ts'
import type { TabSpan } from './core/tab-span.ts'
import { watermarkAbove } from './core/watermark.ts'
import { WorkerError } from './core/worker-error.ts'
import type { Committed } from './ports/event-source.ts'
import type { LogPlace, SessionStore } from './ports/session-store.ts'

/** A redirect chain is as long as a session has moved; this is far beyond any, and ends a loop. */
const maxHops = 1000

/**
 * The sessions of a partition as of its committed offset. `place` is that offset: a document that is later
 * was written after the last commit, so its redirects may be missing.
 * Without a checkpoint of this epoch the watermark lies above everything stored, so that every event is
 * recalled until the log catches up: slow, and exact.
 */
export async function restore(
  store: SessionStore,
  partition: number,
  committed: Committed,
  place: LogPlace,
  settings: SessionSettings,
): Promise<PartitionSessions> {
  const isOurs = committed.offset !== null && committed.metadata?.epoch === place.epoch
  const watermark = isOurs
    ? (committed.metadata.watermark ?? Number.NEGATIVE_INFINITY)
    : watermarkAbove((await store.summary()).latestLastSeen, settings.gapMs)
  const lastSeenFrom = watermark - settings.gapMs
  const query = { partition, lastSeenFrom, redirectsAfter: isOurs ? place : null }
  const erasedQuery = { partition, after: place }
  let erased = await store.erasedSpans(erasedQuery)
  for (;;) {
    const sessions = new PartitionSessions(settings, watermark)
    for (const span of erased) sessions.knowErased(erasedSpanOf(span))
    await admitAll(store.restore(query), store, sessions, place, partition)
    // What the search has missed was erased, and its span written, before: known now, it would have kept sessions
    // apart. That takes a stale writer in this very moment.
    const known = erased.length
    erased = await store.erasedSpans(erasedQuery)
    if (erased.length > known) continue
    // Asked last: a document of a later epoch may have come while the search ran.
    refuseLaterEpoch((await store.summary()).latestEpoch, place.epoch)
    return sessions
  }
}

async function admitAll(
  pages: AsyncIterable<readonly StoredDocument[]>,
  store: SessionStore,
  sessions: PartitionSessions,
  place: LogPlace,
  partition: number,
): Promise<void> {
  for await (const page of pages) {
    const live = await liveOf(page, store, place)
    // A target in another partition has moved with its tab; its owner has it.
    const ours = live.filter(({ source }) => source.partition === partition)
    admit(sessions, ours, place)
  }
}

/** Every stored session that overlaps one of the spans. `fresh`: see what was written before. */
export async function recall(
  store: SessionStore,
  spans: readonly TabSpan[],
  place: LogPlace,
  fresh: boolean,
): Promise<readonly SessionDocument[]> {
  if (spans.length === 0) return []
  const query = { ranges: withoutOverlaps(spans), redirectsAfter: place, fresh }
  return liveOf(await store.recall(query), store, place)
}

/** Every stored session of the partition, touched in this epoch, that shows one of the profiles. */
export async function recallProfiles(
  store: SessionStore,
  partition: number,
  profileIds: readonly string[],
  place: LogPlace,
): Promise<readonly SessionDocument[]> {
  if (profileIds.length === 0) return []
  const query = { partition, epoch: place.epoch, profileIds, redirectsAfter: place }
  return liveOf(await store.ofProfiles(query), store, place)
}

/** Takes stored sessions into memory. */
export function admit(
  sessions: PartitionSessions,
  documents: readonly SessionDocument[],
  place: LogPlace,
): void {
  for (const document of documents) sessions.admit(document, isAfter(document, place))
}

async function liveOf(
  found: readonly StoredDocument[],
  store: SessionStore,
  place: LogPlace,
): Promise<SessionDocument[]> {
  for (const { source } of found) refuseLaterEpoch(source.epoch, place.epoch)
  return withTargets(found, store)
}

/** Overlapping spans of a tab as one. */
function withoutOverlaps(spans: readonly TabSpan[]): TabSpan[] {
  const sorted = [...spans].sort((a, b) => (a.tabId < b.tabId ? -1 : a.tabId > b.tabId ? 1 : a.from - b.from))
  const result: TabSpan[] = []
  for (const span of sorted) {
    const last = result.at(-1)
    if (last !== undefined && last.tabId === span.tabId && span.from <= last.to)
      result[result.length - 1] = { ...last, to: Math.max(last.to, span.to) }
    else result.push(span)
  }
  return result
}

/**
 * The live documents among those found, and the live ones to which the redirects lead. A search is not atomic
 * over shards: it may have seen the survivor before a merge and the absorbed one after it.
 */
async function withTargets(
  found: readonly StoredDocument[],
  store: SessionStore,
): Promise<SessionDocument[]> {
  const live = new Map<string, SessionDocument>()
  let redirects: RedirectDocument[] = []
  for (const document of found) {
    if (isRedirect(document)) redirects.push(document)
    else live.set(document.id, document)
  }
  for (let hop = 0; redirects.length > 0 && hop < maxHops; hop++) {
    const targets = await store.get(targetKeys(redirects))
    redirects = []
    for (const target of targets) {
      if (target === null) continue
      if (isRedirect(target)) redirects.push(target)
      else if (isLater(target, live.get(target.id))) live.set(target.id, target)
    }
  }
  return [...live.values()]
}

function targetKeys(redirects: readonly RedirectDocument[]): SessionKey[] {
  const keys = new Map<string, SessionKey>()
  for (const { merged_into, state } of redirects)
    keys.set(merged_into, { id: merged_into, cellStart: state.merged_into_cell_start })
  return [...keys.values()]
}

function isLater(candidate: SessionDocument, held: SessionDocument | undefined): boolean {
  if (held === undefined) return true
  const { epoch, offset } = candidate.source
  return epoch > held.source.epoch || (epoch === held.source.epoch && offset >= held.source.offset)
}

function isAfter(document: StoredDocument, place: LogPlace): boolean {
  const { epoch, offset } = storedPosition(document)
  return epoch > place.epoch || (epoch === place.epoch && offset > place.offset)
}

type Place = { readonly epoch: number; readonly partition: number }

/** A process that has been left behind by an epoch's switch ends with this, and writes nothing more. */
export function refuseLaterEpoch(stored: number | null, own: number): void {
  if (stored === null || stored <= own) return
  throw new WorkerError(
    'epoch-mismatch',
    `the store holds documents of epoch ${stored}, but this worker runs with SOURCE_EPOCH=${own}: ` +
      'the switch to a new topic has happened. Start it with the new KAFKA_TOPIC and SOURCE_EPOCH.',
  )
}

/**
 * Of a write that met a later state: nothing to do, unless it shows that two logs or processes are mixed up.
 * `written` may be of an earlier epoch than this process: a session that only closes keeps its position.
 */
export function refuseMixedLogs(written: Place, stored: Place, epoch: number): void {
  refuseLaterEpoch(stored.epoch, epoch)
  if (stored.epoch !== written.epoch || stored.partition === written.partition) return
  throw new WorkerError(
    'partition-conflict',
    `a session of partition ${written.partition} is stored as one of partition ${stored.partition} in the same epoch: the ` +
      "events of one tab reach two partitions, or two topics share an index prefix. Key the topic's records by tab id " +
      '(`sessionloom rekey`), and give each topic an INDEX_PREFIX of its own.',
  )
}
