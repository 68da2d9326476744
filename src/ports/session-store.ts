import type { ErasedDocument, ErasedSpanDocument } from '../core/erased-document.ts'
import type { Position } from '../core/position.ts'
import type { StoredDocument } from '../core/session-document.ts'
import type { SessionKey } from '../core/session-id.ts'
import type { TabSpan } from '../core/tab-span.ts'

/** One document to write. A document of a lower version never replaces one of a higher. */
export type DocumentWrite<D extends StoredDocument | ErasedDocument = StoredDocument> = {
  readonly key: SessionKey
  /** `documentVersion` of its content: equal versions mean equal content, so a repeat is harmless. */
  readonly version: number
  /** May be made anew each time: to be taken once, and let go soon, since a large batch has thousands of them. */
  readonly document: D
}

export type AnyWrite = DocumentWrite<StoredDocument | ErasedDocument>

export type WriteResult =
  | { readonly kind: 'written' }
  /** The store holds a later state already: success, and what it holds, for the epoch's checks. */
  | { readonly kind: 'stale'; readonly stored: Position }
  /** The store refused the document for good and took its reduced form under the same version. */
  | { readonly kind: 'reduced'; readonly reason: string }

export type RestoreQuery = {
  readonly partition: number
  /** Sessions that are `active`, or whose last event is not before this time (epoch ms). */
  readonly lastSeenFrom: number
  /** Also redirects of this partition later than this; null asks for none. */
  readonly redirectsAfter: LogPlace | null
}

export type RecallQuery = {
  /** Sessions of a tab that overlap a span of event times, epoch ms, edges included. */
  readonly ranges: readonly TabSpan[]
  /** Also redirects of these tabs, of any time, later than this. */
  readonly redirectsAfter: LogPlace
  /** Whether writes that this process made before must be seen. */
  readonly fresh: boolean
}

/** Sessions of one partition in one epoch. */
export type ProfileQuery = {
  readonly partition: number
  readonly epoch: number
  readonly profileIds: readonly string[]
  /** Also redirects of this partition later than this. */
  readonly redirectsAfter: LogPlace
}

export type ErasedQuery = {
  readonly partition: number
  /** Erased by a record later than this. */
  readonly after: LogPlace
}

export type LogPlace = { readonly epoch: number; readonly offset: number }

/** What a new owner must know before it reads the first record. */
export type StoreSummary = {
  /** Largest `lastSeen` of all sessions, epoch ms; null while there are none. */
  readonly latestLastSeen: number | null
  /** Largest epoch of any document; null while there are none. */
  readonly latestEpoch: number | null
}

/**
 * Where Session documents live. It is the worker's only state, so it promises:
 * - a resolved `write` is durable, and its results are in the order of its documents;
 * - versions are compared in real time, not as of the last refresh;
 * - `restore` sees every write acknowledged before the call, and all of them, page by page;
 * - `get` sees every acknowledged write;
 * - `ofProfiles` and `erasedSpans` see every write acknowledged before the call.
 * Searches need not be atomic: one may see a survivor before a merge and the absorbed one after it.
 * Trouble that can heal is retried inside; what cannot is thrown as `WorkerError`.
 */
export interface SessionStore {
  /** The trouble that is being waited out, null if there is none. Absent in a store that never waits. */
  readonly waitsFor?: string | null
  write(documents: readonly AnyWrite[]): Promise<readonly WriteResult[]>
  /** Begins anew when it is interrupted, so that a document may come twice. */
  restore(query: RestoreQuery): AsyncIterable<readonly StoredDocument[]>
  recall(query: RecallQuery): Promise<readonly StoredDocument[]>
  /** The sessions that show one of these profiles. */
  ofProfiles(query: ProfileQuery): Promise<readonly StoredDocument[]>
  erasedSpans(query: ErasedQuery): Promise<readonly ErasedSpanDocument[]>
  /** The documents of these keys, null where there is none or only an erased one, in their order. */
  get(keys: readonly SessionKey[]): Promise<readonly (StoredDocument | null)[]>
  summary(): Promise<StoreSummary>
  /** Of the documents of one partition and epoch, the largest position; null if there is none. */
  latestPosition(partition: number, epoch: number): Promise<Position | null>
  close(): Promise<void>
}
