/** Headers of a record, as a broker has them. */
export type RecordHeaders = {
  readonly [name: string]: Uint8Array | string | readonly (Uint8Array | string)[] | undefined
}

/** Header of a record that was written again: the timestamp of its first one, epoch ms. */
export const firstTimestampHeader = 'sessionloom-first-timestamp'

const [utf8, toUtf8] = [new TextDecoder(), new TextEncoder()]

/** A header as text; of several the last one. Null if it is missing. */
export function headerText(headers: RecordHeaders, name: string): string | null {
  const value = lastOf(headers[name])
  return value == null || typeof value === 'string' ? (value ?? null) : utf8.decode(value)
}

/** As `headerText`, as it is. */
export function headerBytes(headers: RecordHeaders, name: string): Uint8Array | null {
  const value = lastOf(headers[name])
  return typeof value === 'string' ? toUtf8.encode(value) : (value ?? null)
}

const lastOf = (header: RecordHeaders[string]): Uint8Array | string | undefined =>
  Array.isArray(header) ? header.at(-1) : (header as Uint8Array | string | undefined)

/** When the first record was written that this one repeats, epoch ms; null if it is the first. */
export function firstTimestamp(headers: RecordHeaders): number | null {
  // Most records have none: this is asked of every one.
  if (headers[firstTimestampHeader] === undefined) return null
  const text = headerText(headers, firstTimestampHeader)
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}
