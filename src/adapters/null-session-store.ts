import type { AnyWrite, SessionStore, WriteResult } from '../ports/session-store.ts'

/**
 * Takes everything and holds nothing: for measuring what the pipeline costs. A session that has left memory is
 * gone, so late events begin new ones; results are not for use.
 */
export const nullSessionStore: SessionStore = {
  write: async writes => writes.map(({ document }) => taken(document)),
  async *restore() {},
  recall: async () => [],
  ofProfiles: async () => [],
  erasedSpans: async () => [],
  get: async keys => keys.map(() => null),
  summary: async () => ({ latestLastSeen: null, latestEpoch: null }),
  latestPosition: async () => null,
  close: async () => {},
}

/** The document is made when it is asked for, and belongs to the cost. */
const taken = (_document: AnyWrite['document']): WriteResult => ({ kind: 'written' })
