// A store that holds documents of earlier releases, seen through this one. What the worker touches is written as this
// release writes it; everything else stays as it is.
import { type UpgradeSteps, upgraded, upgradeSteps } from './core/schema-upgrade.ts'
import type { SessionStore } from './ports/session-store.ts'

/** @throws WorkerError from each read that meets a document of a later release */
export function upgrading(store: SessionStore, steps: UpgradeSteps = upgradeSteps): SessionStore {
  const all = <D extends { readonly schema_version: number }>(documents: readonly D[]): readonly D[] =>
    documents.map(document => upgraded(document, steps))
  return {
    get waitsFor() {
      return store.waitsFor ?? null
    },
    write: documents => store.write(documents),
    async *restore(query) {
      for await (const page of store.restore(query)) yield all(page)
    },
    recall: async query => all(await store.recall(query)),
    ofProfiles: async query => all(await store.ofProfiles(query)),
    erasedSpans: async query => all(await store.erasedSpans(query)),
    get: async keys => (await store.get(keys)).map(document => document && upgraded(document, steps)),
    summary: () => store.summary(),
    latestPosition: (partition, epoch) => store.latestPosition(partition, epoch),
    close: () => store.close(),
  }
}
