// Several partitions as one stream, by the time of their records: who reads the copy meets events about in the
// order of their times, not one partition's past after the other's present.
import type { SourceRecord } from '../ports/event-source.ts'
import type { KafkaLogReader } from './kafka-log-reader.ts'
import { type Piece, type Span, scan } from './kafka-scan.ts'

/** Some records of one partition, in their order. */
export type Run = {
  readonly partition: number
  readonly records: readonly SourceRecord[]
  /** All before this offset was given. */
  readonly nextOffset: number
  readonly expired: number
}

/** A span, as far as it was read. */
type Cursor = {
  readonly pieces: AsyncGenerator<Piece>
  piece: Piece
  /** How many of the piece's records were given. */
  given: number
}

/** The records of all spans: each span's in its order, of several the earlier first. */
export async function* mergeByTime(reader: KafkaLogReader, spans: readonly Span[]): AsyncGenerator<Run> {
  const cursors: Cursor[] = []
  for (const span of spans) {
    const pieces = scan(reader, span)
    const first = await pieces.next()
    if (!first.done) cursors.push({ pieces, piece: first.value, given: 0 })
  }
  while (cursors.length > 0) {
    cursors.sort((a, b) => timeOf(a) - timeOf(b))
    const [first, second] = cursors as [Cursor, Cursor | undefined]
    yield take(first, second === undefined ? Number.POSITIVE_INFINITY : timeOf(second))
    if (first.given < first.piece.records.length) continue
    const next = await first.pieces.next()
    if (next.done) cursors.shift()
    else Object.assign(first, { piece: next.value, given: 0 })
  }
}

/** The next record, and those after it up to this time. */
function take(cursor: Cursor, until: number): Run {
  const { partition, records, nextOffset, expired } = cursor.piece
  const from = cursor.given
  let to = Math.min(from + 1, records.length)
  while (to < records.length && (records[to]?.timestamp ?? 0) <= until) to++
  cursor.given = to
  const isWhole = to === records.length
  return {
    partition,
    records: records.slice(from, to),
    nextOffset: isWhole ? nextOffset : (records[to] as SourceRecord).offset,
    expired: from === 0 ? expired : 0,
  }
}

function timeOf({ piece: { records }, given }: Cursor): number {
  return records[given]?.timestamp ?? Number.NEGATIVE_INFINITY
}
