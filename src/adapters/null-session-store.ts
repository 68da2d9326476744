import type { SessionStore } from '../ports/session-store.ts'

/**
 * Takes everything and holds nothing: for measuring what the pipeline costs. A session that has left memory is
 * gone, so late events begin new ones; results are not for use.
 */
export const nullSessionStore: SessionStore = {
  write: async writes => writes.map(() => ({ kind: 'written' })),
  async *restore() {},
  recall: async () => [],
  ofProfiles: async () => [],
  erasedSpans: async () => [],
  get: async keys => keys.map(() => null),
  summary: async () => ({ latestLastSeen: null, latestEpoch: null }),
  latestPosition: async () => null,
  close: async () => {},
}
