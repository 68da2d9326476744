// How commands say at their end what they have read, what became of it, and how long it took: a finite input through the
// worker says it in one way, `replay` and `demo` alike.
import type { CountingDeadLetterSink } from '../adapters/ndjson-dead-letter-sink.ts'
import type { Totals } from './finite-run.ts'
import { counted, grouped } from './progress.ts'

/** Every record is in one of the counts; those that are rare are left out while they are zero. */
export function recordsLine(totals: Totals, took: string): string {
  const { records, applied, duplicates, alreadyApplied, controls, deadLetters } = totals
  const parts = [
    `${grouped(applied)} applied`,
    counted(duplicates, 'duplicate'),
    ...(alreadyApplied > 0 ? [`${grouped(alreadyApplied)} already applied`] : []),
    ...(controls > 0 ? [counted(controls, 'control record')] : []),
    counted(deadLetters, 'dead letter'),
  ]
  return `${counted(records, 'record')} read in ${took}: ${parts.join(', ')}`
}

/** The reasons, each with its first record. */
export function reasonLines({ reasons }: CountingDeadLetterSink): readonly string[] {
  return [...reasons].map(
    ([reason, { count, example }]) => `  ${grouped(count)} × ${reason}, for example ${example}`,
  )
}

/** `0.4 s`, `5 min 3 s`, `2 h 10 min`. */
export function spanOf(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${(ms / 1000).toFixed(1)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** Tells how long it has been since the call, in words. */
export function stopwatch(): () => string {
  const since = performance.now()
  return () => spanOf(performance.now() - since)
}
