// What the worker tells of a batch, or of a closing, once all of it is durable.
import type { DeadLetterReason } from './core/outcome.ts'
import type { BatchEffects } from './pipeline.ts'
import type { Clock } from './ports/clock.ts'
import type { RecordBatch } from './ports/event-source.ts'
import type { WorkerEvent, WriteTiming } from './ports/telemetry.ts'

/** To be called when the documents and redirects of a batch are acknowledged; their write began at `since`. */
export function writeTiming(batch: RecordBatch, since: number, clock: Clock): WriteTiming {
  const now = clock.now()
  const recordAgesMs: number[] = []
  // A producer whose clock is ahead has records from the future.
  for (const { timestamp } of batch.records)
    if (timestamp !== null) recordAgesMs.push(Math.max(0, now - timestamp))
  return { writeMs: clock.monotonic() - since, recordAgesMs }
}

/** The event of a committed batch. */
export function batchProcessed(
  { partition, records }: RecordBatch,
  { tally, documents, redirects, deadLetters }: BatchEffects,
  conflicts: number,
  timing: WriteTiming,
): WorkerEvent {
  const reasons: Partial<Record<DeadLetterReason, number>> = {}
  for (const { reason } of deadLetters) reasons[reason] = (reasons[reason] ?? 0) + 1
  return {
    kind: 'BatchProcessed',
    partition,
    records: records.length,
    ...tally,
    documents: documents.length,
    redirects: redirects.length,
    conflicts,
    reasons,
    ...timing,
  }
}

/** The event of sessions that the clock has closed. */
export function sessionsClosed(
  partition: number,
  { documents, redirects }: Pick<BatchEffects, 'documents' | 'redirects'>,
  conflicts: number,
): WorkerEvent {
  return {
    kind: 'SessionsClosed',
    partition,
    documents: documents.length,
    redirects: redirects.length,
    conflicts,
  }
}
