// A message of the dead-letter topic, read back: a letter, or the mark that one was sent again.
import type { IHeaders, Message } from 'kafkajs'
import type { RecordHeaders } from '../core/record-headers.ts'
import type { SourceRecord } from '../ports/event-source.ts'
import { letterHeaders } from './kafka-letter.ts'
import { decodeLineage, encodeLineage, type Lineage, lineageHeader } from './kafka-lineage.ts'

/** A letter as it lies in its topic. */
export type StoredLetter = {
  readonly kind: 'record' | 'document'
  readonly partition: number
  /** With the original bytes; its timestamp is when the letter was written. */
  readonly record: SourceRecord
  readonly reason: string
  readonly cause: string
  /** Where the record of the letter was. */
  readonly origin: Omit<Lineage, 'replays'>
  readonly lineage: Lineage
  /** Whether the value lost its end to fit. */
  readonly isCut: boolean
}

/** Says that the letter of this lineage was sent again. */
export type ReplayMark = { readonly kind: 'mark'; readonly lineage: string }

const markKind = 'replayed'

/** Null for what nobody of ours wrote. */
export function readLetter(partition: number, record: SourceRecord): StoredLetter | ReplayMark | null {
  const header = (name: keyof typeof letterHeaders) => textOf(record.headers[letterHeaders[name]])
  const kind = header('kind')
  const first = decodeLineage(record.headers)
  if (kind === markKind) return first === null ? null : { kind: 'mark', lineage: encodeLineage(first) }
  if (kind !== 'record' && kind !== 'document') return null
  const origin = {
    topic: header('topic'),
    partition: Number(header('partition')),
    offset: Number(header('offset')),
    timestamp: header('timestamp') === '' ? null : Number(header('timestamp')),
  }
  return {
    kind,
    partition,
    record,
    reason: header('reason'),
    cause: header('message'),
    origin,
    lineage: first ?? { ...origin, replays: 0 },
    isCut: header('cut') !== '',
  }
}

/** Whether a message of the dead-letter topic is a mark, which is none of its letters. */
export function isReplayMark({ headers }: { readonly headers: RecordHeaders }): boolean {
  return textOf(headers[letterHeaders.kind]) === markKind
}

/** Into the partition of its letter, so that it never expires before it. */
export function markMessage({ partition, lineage }: StoredLetter): Message {
  const headers: IHeaders = { [letterHeaders.kind]: markKind, [lineageHeader]: encodeLineage(lineage) }
  return { key: null, partition, value: null, headers }
}

function textOf(header: RecordHeaders[string] | null): string {
  if (header == null || Array.isArray(header)) return ''
  return typeof header === 'string' ? header : Buffer.from(header as Uint8Array).toString('utf8')
}
