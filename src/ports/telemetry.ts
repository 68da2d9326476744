import type { DeadLetterReason } from '../core/outcome.ts'
import type { WorkerErrorCode } from '../core/worker-error.ts'

/** Everything the worker tells about itself: a closed vocabulary, one entry per batch or rarer. */
export type WorkerEvent =
  | {
      readonly kind: 'WorkerStarted'
      readonly topic: string
      readonly partitions: number
      readonly index: string
    }
  | { readonly kind: 'PartitionsAssigned'; readonly partitions: readonly number[] }
  | {
      readonly kind: 'PartitionRestored'
      readonly partition: number
      readonly offset: number
      readonly sessions: number
      readonly ms: number
    }
  | ({ readonly kind: 'BatchProcessed'; readonly partition: number } & BatchCounts & BatchDetails)
  /** Told once for each time that a partition is owned; `BatchProcessed` counts them. */
  | {
      readonly kind: 'KeysAstray'
      readonly partition: number
      readonly records: number
    }
  | { readonly kind: 'BatchFenced'; readonly partition: number }
  | {
      readonly kind: 'SessionsRecalled'
      readonly partition: number
      readonly spans: number
      readonly documents: number
    }
  | { readonly kind: 'SessionsErased'; readonly partition: number; readonly sessions: number }
  | {
      readonly kind: 'SessionsClosed'
      readonly partition: number
      readonly documents: number
      readonly redirects: number
      readonly conflicts: number
    }
  | { readonly kind: 'DocumentReduced'; readonly id: string; readonly reason: string }
  | { readonly kind: 'RecordsExpired'; readonly partition: number; readonly records: number }
  | { readonly kind: 'StoreUnavailable'; readonly reason: string }
  | { readonly kind: 'StoreRecovered'; readonly afterMs: number }
  | { readonly kind: 'RegistryUnavailable'; readonly reason: string }
  | { readonly kind: 'RegistryRecovered'; readonly afterMs: number }
  | { readonly kind: 'MembershipEnded'; readonly reason: string }
  | { readonly kind: 'SourceInterrupted'; readonly reason: string }
  | {
      readonly kind: 'GeoDatabaseReloaded'
      readonly path: string
      readonly type: string
      /** Age, where the file tells it. */
      readonly days: number | null
    }
  | { readonly kind: 'GeoDatabaseRefused'; readonly path: string; readonly reason: string }
  | { readonly kind: 'GeoDatabaseAged'; readonly path: string; readonly days: number }
  | { readonly kind: 'StatusServed'; readonly address: string }
  | { readonly kind: 'WorkerStopping'; readonly signal: string }
  | { readonly kind: 'WorkerStopped'; readonly reason: string }
  | { readonly kind: 'WorkerFailed'; readonly code: WorkerErrorCode | 'unexpected'; readonly reason: string }

/** Every record read is exactly one of applied, duplicate, already applied, control, or dead letter. */
export type BatchCounts = {
  readonly records: number
  readonly applied: number
  readonly duplicates: number
  readonly alreadyApplied: number
  readonly controls: number
  readonly deadLetters: number
  readonly documents: number
  readonly redirects: number
  readonly conflicts: number
  /** Events whose record has another key than their tab id. */
  readonly keysAstray: number
}

/** How long the write of a batch took, and how old its records were when it was acknowledged. */
export type WriteTiming = {
  readonly writeMs: number
  /** By Kafka's timestamp of each record; empty where there is no broker. */
  readonly recordAgesMs: readonly number[]
}

export type BatchDetails = WriteTiming & {
  /** How many dead letters for each reason. */
  readonly reasons: Readonly<Partial<Record<DeadLetterReason, number>>>
}

/** One partition of the worker at the moment of asking. */
export type PartitionFigures = {
  readonly partition: number
  readonly openSessions: number
  /** Records that are not committed yet; null while it is not known. */
  readonly lag: number | null
  /** Epoch ms; null while there is none. */
  readonly watermark: number | null
  /** Timestamp of the latest record that was committed, epoch ms; null while there is none. */
  readonly newestRecordAt: number | null
}

/** One geo database at the moment of asking. */
export type GeoFigures = { readonly holds: 'places' | 'networks'; readonly ageMs: number }

export type Telemetry = (event: WorkerEvent) => void

/** One that tells all of them, in this order. */
export function tellAll(...listeners: readonly Telemetry[]): Telemetry {
  return event => {
    for (const tell of listeners) tell(event)
  }
}
