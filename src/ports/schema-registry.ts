import type { WrittenSchemas } from '../core/formats/wire-format.ts'
import type { RecordHeaders } from '../core/record-headers.ts'

export type WrittenRecord = { readonly value: Uint8Array | null; readonly headers?: RecordHeaders }

/**
 * Where the schemas are that values were written with. A schema never changes under its id.
 * Trouble that can heal is retried inside; what cannot is thrown as `WorkerError`.
 */
export interface SchemaRegistry {
  /** The trouble that is being waited out, null if there is none. */
  readonly waitsFor: string | null
  /** The schemas of all these records that name one. */
  schemasOf(records: Iterable<WrittenRecord>): Promise<WrittenSchemas>
  /** Ends what waits. */
  close(): Promise<void>
}
