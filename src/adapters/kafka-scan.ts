// A topic from one place to another, read without a group: nothing of it stays on the broker.
import { WorkerError } from '../core/worker-error.ts'
import type { SourceRecord } from '../ports/event-source.ts'
import type { KafkaLogReader } from './kafka-log-reader.ts'

/** A piece of one partition. */
export type Span = { readonly partition: number; readonly from: number; readonly end: number }

/** What one fetch gave of a span. */
export type Piece = {
  readonly partition: number
  readonly records: readonly SourceRecord[]
  readonly nextOffset: number
  /** How many offsets before the first record were gone when they were asked for. */
  readonly expired: number
}

/** Fetches that bring nothing, although the log goes on: it holds batches that were emptied. */
const emptyAttempts = 20

/** All that a topic holds now, by partition. */
export async function spansOf(reader: KafkaLogReader): Promise<Span[]> {
  const partitions = Array.from({ length: await reader.partitions() }, (_, partition) => partition)
  return Promise.all(
    partitions.map(async partition => {
      const { start, end } = await reader.bounds(partition)
      return { partition, from: start, end }
    }),
  )
}

/** The records of a span, in order. Ends where the span does, whatever is appended meanwhile. */
export async function* scan(reader: KafkaLogReader, span: Span): AsyncGenerator<Piece> {
  const { partition, end } = span
  let expired = 0
  let empty = 0
  for (let at = span.from; at < end; ) {
    const fetched = await reader.fetch(partition, at)
    if (fetched === null) {
      const { start } = await reader.bounds(partition)
      if (start <= at) throw lostLog(partition, at)
      expired += Math.min(start, end) - at
      at = start
      continue
    }
    const { nextOffset } = fetched
    if (nextOffset === at && ++empty === emptyAttempts) throw stuck(partition, at)
    if (nextOffset > at) {
      empty = 0
      const records = fetched.records.filter(({ offset }) => offset < end)
      yield { partition, records, nextOffset: Math.min(nextOffset, end), expired }
      expired = 0
    }
    at = nextOffset
  }
  if (expired > 0) yield { partition, records: [], nextOffset: end, expired }
}

/** The pieces of all spans, one span after the other. */
export async function* scanAll(reader: KafkaLogReader, spans: readonly Span[]): AsyncGenerator<Piece> {
  for (const span of spans) yield* scan(reader, span)
}

function lostLog(partition: number, offset: number): WorkerError {
  return new WorkerError(
    'input',
    `partition ${partition} ends before offset ${offset}, which was there before: the topic was recreated meanwhile. ` +
      'Begin again.',
  )
}

function stuck(partition: number, offset: number): WorkerError {
  return new WorkerError(
    'input',
    `the broker gives nothing from offset ${offset} of partition ${partition} on, although the log goes on. A topic of ` +
      'events must not be compacted: set cleanup.policy=delete.',
  )
}
