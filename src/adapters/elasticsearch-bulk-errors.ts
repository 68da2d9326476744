// What to do about each answer to a bulk request, by status and error type: a status alone misleads, since a
// closed index gives 400 and a blocked one 403.
import { type Failure, heals } from './elasticsearch-failure.ts'

export type BulkVerdict =
  /** It is stored. */
  | 'done'
  /** A later version is stored. */
  | 'stale'
  /** The same again, later. */
  | 'retry'
  /** Less at once; of a single document, less of it. */
  | 'split'
  /** This document can never be stored as it is. */
  | 'refused-document'
  /** No document is at fault: the process ends. */
  | 'fatal'

/** 400s that are about the index, or about our own request. */
const notTheDocument: ReadonlySet<string> = new Set([
  'strict_dynamic_mapping_exception',
  'routing_missing_exception',
  'invalid_index_name_exception',
  'invalid_alias_name_exception',
  // "this cluster currently has [1000]/[1000] maximum normal shards open"
  'validation_exception',
])

/** The verdict on one item. `failure` is null if its status is 2xx. */
export function itemVerdict(failure: Failure | null): BulkVerdict {
  if (failure === null) return 'done'
  const { status, type } = failure
  if (status === 409 && type === 'version_conflict_engine_exception') return 'stale'
  if (failure.isTooLarge) return 'split'
  if (heals(failure)) return 'retry'
  // 403 also comes from an index that is blocked for writing, 404 when indices may not be created.
  if (status === 401 || status === 403 || status === 404 || notTheDocument.has(type)) return 'fatal'
  return 'refused-document'
}

/** The verdict on a request of which nothing was written. */
export function requestVerdict(failure: Failure): 'retry' | 'split' | 'fatal' {
  if (failure.isTooLarge) return 'split'
  if (heals(failure)) return 'retry'
  // The version of the client's media type: no smaller request can mend it.
  if (failure.type === 'media_type_header_exception') return 'fatal'
  // One line of it that Elasticsearch cannot take refuses the whole request: the halves show which.
  return failure.status === 400 ? 'split' : 'fatal'
}
