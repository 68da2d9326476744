import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { type BatchEffects, processBatch } from '../../src/pipeline.ts'
import type { SourceRecord } from '../../src/ports/event-source.ts'
import { testSettings } from './in-process.ts'
import { testLookups } from './test-lookups.ts'

/** What the records do as the first batch of a partition that holds no sessions. `nowMs`: the wall clock, epoch ms. */
export function effectsOfFirstBatch(records: readonly SourceRecord[], nowMs: number): Promise<BatchEffects> {
  const batch = { partition: 0, records, firstOffset: 0, nextOffset: records.length }
  const settings = { ...testSettings, allowedLatenessMs: 0, maxLatenessMs: 1 }
  const sessions = new PartitionSessions(settings, Number.NEGATIVE_INFINITY)
  return processBatch(batch, sessions, () => null, testLookups, nowMs, settings)
}
