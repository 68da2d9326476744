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
  | ({ readonly kind: 'BatchProcessed'; readonly partition: number } & BatchCounts)
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
  | { readonly kind: 'SessionsClosed'; readonly partition: number; readonly documents: number }
  | { readonly kind: 'DocumentReduced'; readonly id: string; readonly reason: string }
  | { readonly kind: 'RecordsExpired'; readonly partition: number; readonly records: number }
  | { readonly kind: 'StoreUnavailable'; readonly reason: string }
  | { readonly kind: 'StoreRecovered'; readonly afterMs: number }
  | { readonly kind: 'MembershipEnded'; readonly reason: string }
  | { readonly kind: 'SourceInterrupted'; readonly reason: string }
  | { readonly kind: 'StatusServed'; readonly address: string }
  | { readonly kind: 'WorkerStopping'; readonly signal: string }
  | { readonly kind: 'WorkerStopped'; readonly reason: string }

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

export type Telemetry = (event: WorkerEvent) => void

/** One that tells all of them, in this order. */
export function tellAll(...listeners: readonly Telemetry[]): Telemetry {
  return event => {
    for (const tell of listeners) tell(event)
  }
}
