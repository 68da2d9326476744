/** Headers of a record, as a broker has them. */
export type RecordHeaders = {
  readonly [name: string]: Uint8Array | string | readonly (Uint8Array | string)[] | undefined
}

/** Header of a record that was written again: the timestamp of its first one, epoch ms. */
export const firstTimestampHeader = 'sessionloom-first-timestamp'

const utf8 = new TextDecoder()

/** A header as text; of several the last one. Null if it is missing. */
export function headerText(headers: RecordHeaders, name: string): string | null {
  const header = headers[name]
  if (header == null) return null
  const value = Array.isArray(header) ? header.at(-1) : header
  if (value == null || typeof value === 'string') return value ?? null
  return utf8.decode(value as Uint8Array)
}

/** When the first record was written that this one repeats, epoch ms; null if it is the first. */
export function firstTimestamp(headers: RecordHeaders): number | null {
  // Most records have none: this is asked of every one.
  if (headers[firstTimestampHeader] === undefined) return null
  const text = headerText(headers, firstTimestampHeader)
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}
