import type { DeadLetterReason } from '../core/outcome.ts'
import type { SessionDocument } from '../core/session-document.ts'
import type { SourceRecord } from './event-source.ts'

/** A record that could not be decoded, with its original bytes. */
export type RecordLetter = {
  readonly kind: 'record'
  readonly reason: DeadLetterReason
  readonly message: string
  readonly topic: string | null
  readonly partition: number
  readonly record: SourceRecord
}

/** The full form of a document that the store took only in its reduced form. */
export type DocumentLetter = {
  readonly kind: 'document'
  readonly reason: string
  readonly document: SessionDocument
}

export type DeadLetter = RecordLetter | DocumentLetter

/**
 * Where records go that cannot become events. A resolved `send` is durable; letters may repeat after a
 * crash and are recognised by their origin. It is awaited before the offset is committed.
 */
export interface DeadLetterSink {
  /** The trouble that is being waited out, null if there is none. Absent in a sink that never waits. */
  readonly waitsFor?: string | null
  send(letters: readonly DeadLetter[]): Promise<void>
  close(): Promise<void>
}
