// A format: what a producer writes, made into what the schema of raw events then judges. Pure, and one file each.
import type { JsonObject } from '../json.ts'
import type { Outcome } from '../outcome.ts'
import type { RecordHeaders } from '../record-headers.ts'

/** Fields of a raw event before the schema has seen it: each may be anything. */
export type Unjudged = { readonly [field: string]: unknown }

export type Mapped = {
  readonly event: Unjudged
  /** What did it, where one format chooses among others. */
  readonly format: string
  /** Path of the field that the tab id was taken from; null if none of the chain was there. */
  readonly tabIdFrom: string | null
  /** All that a tab id was looked for in. */
  readonly tabIdChain: readonly string[]
  /** Whoever wrote it does not know our limits: a detail over one of them counts as missing. */
  readonly isOthers?: boolean
}

export type Format = {
  readonly name: string
  /** Fields that the tab id is taken from, the first one that is there. For messages and the documentation. */
  readonly tabIdChain: readonly string[]
  /** Reads what is not JSON; null where it is not of this format either. */
  readonly parse?: (text: string) => JsonObject | null
  /** Reads values that are no texts; absent where all are. */
  readonly read?: (value: Uint8Array, headers: RecordHeaders) => Outcome<JsonObject>
  /** It is given what is inside of an envelope, unless it reads envelopes itself. */
  readonly readsEnvelopes?: boolean
  /** Makes a raw event of a value; null where the value is one already. */
  readonly map: ((value: JsonObject) => Outcome<Mapped>) | null
}
