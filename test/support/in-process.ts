// Runs logs through the real worker in this process, with the SQLite store in memory or a file.

import { conversionRules } from '../../src/core/conversions.ts'
import type { Lookups } from '../../src/core/enrichment/enrich-session.ts'
import { nativeFormat } from '../../src/core/formats/native.ts'
import type { DeadLetter } from '../../src/ports/dead-letter-sink.ts'
import type { EventSource } from '../../src/ports/event-source.ts'
import type { SessionStore } from '../../src/ports/session-store.ts'
import type { Telemetry } from '../../src/ports/telemetry.ts'
import { Worker, type WorkerSettings } from '../../src/worker.ts'
import { storeAll } from './store-all.ts'
import { testLookups } from './test-lookups.ts'

export const testSettings: WorkerSettings = {
  topic: 'raw-events',
  epoch: 0,
  partitions: 1,
  gapMs: 600_000,
  allowedLatenessMs: 300_000,
  maxLatenessMs: 30 * 86_400_000,
  format: nativeFormat,
  timeZone: 'UTC',
  privacy: storeAll,
  conversions: conversionRules(['conversion']),
  onDataLoss: 'stop',
  writesOpen: true,
  closedKept: 0,
}

/** A worker over a source and a store, and the dead letters that it sends. */
export function testWorker(
  source: EventSource,
  store: SessionStore,
  settings: Partial<WorkerSettings> = {},
  lookups: Lookups = testLookups,
  telemetry: Telemetry = () => {},
): { worker: Worker; letters: DeadLetter[] } {
  const letters: DeadLetter[] = []
  const worker = new Worker({
    source,
    store,
    deadLetters: { send: async sent => void letters.push(...sent), close: async () => {} },
    lookups,
    clock: { now: () => 0, monotonic: () => 0 },
    telemetry,
    settings: { ...testSettings, ...settings },
  })
  return { worker, letters }
}
