import { conversionRules } from '../../src/core/conversions.ts'
import { nativeFormat } from '../../src/core/formats/native.ts'
import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { type BatchEffects, processBatch } from '../../src/pipeline.ts'
import type { SourceRecord } from '../../src/ports/event-source.ts'
import { storeAll } from './store-all.ts'
import { testLookups } from './test-lookups.ts'

/** What the records do as the first batch of a partition that holds no sessions. `nowMs`: the wall clock, epoch ms. */
export function effectsOfFirstBatch(records: readonly SourceRecord[], nowMs: number): Promise<BatchEffects> {
  const batch = { partition: 0, records, firstOffset: 0, nextOffset: records.length }
  const sessions = new PartitionSessions(
    {
      gapMs: 600_000,
      allowedLatenessMs: 0,
      conversions: conversionRules([]),
      writesOpen: true,
      closedKept: 0,
    },
    Number.NEGATIVE_INFINITY,
  )
  return processBatch(batch, sessions, () => null, testLookups, nowMs, {
    topic: 'raw-events',
    epoch: 0,
    maxLatenessMs: 1,
    format: nativeFormat,
    timeZone: 'UTC',
    privacy: storeAll,
  })
}
