import type { WrittenSchemas } from '../core/formats/wire-format.ts'

/**
 * Where the schemas are that values were written with. A schema never changes under its id.
 * Trouble that can heal is retried inside; what cannot is thrown as `WorkerError`.
 */
export interface SchemaRegistry {
  /** The trouble that is being waited out, null if there is none. */
  readonly waitsFor: string | null
  /** The schemas of all these values that name one. */
  schemasOf(values: Iterable<{ readonly value: Uint8Array | null }>): Promise<WrittenSchemas>
  /** Ends what waits. */
  close(): Promise<void>
}
