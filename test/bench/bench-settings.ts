// What the benchmarks on Elasticsearch have in common.

import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import { ElasticsearchSessionStore } from '../../src/adapters/elasticsearch-session-store.ts'
import { conversionRules } from '../../src/core/conversions.ts'
import { nativeFormat } from '../../src/core/formats/native.ts'
import type { WorkerSettings } from '../../src/worker.ts'
import { storeAll } from '../support/store-all.ts'

export const settings: WorkerSettings = {
  topic: 'raw-events',
  epoch: 0,
  partitions: 4,
  gapMs: 600_000,
  // Everything that is generated for a fill stays open.
  allowedLatenessMs: 3_600_000,
  maxLatenessMs: Number.POSITIVE_INFINITY,
  format: nativeFormat,
  timeZone: 'UTC',
  privacy: storeAll,
  conversions: conversionRules(['conversion']),
  onDataLoss: 'stop',
  writesOpen: true,
  // What is the default of a worker.
  closedKept: 20_000,
}

/** The same, with what is the default of a worker. */
export const workload: WorkerSettings = { ...settings, allowedLatenessMs: 300_000 }

export const partitionNumbers = Array.from({ length: settings.partitions }, (_, i) => i)

/** By the first digits of the tab id, so that a copy of a session keeps its partition. */
export function partitionOf(tabId: string): number {
  return Number.parseInt(tabId.slice(0, 4), 16) % settings.partitions
}

export function storeOn(node: string, prefix: string): ElasticsearchSessionStore {
  const telemetry = (event: { kind: string }) => process.stderr.write(`${JSON.stringify(event)}\n`)
  return new ElasticsearchSessionStore({ client: elasticsearchClient({ node }), prefix, telemetry })
}
