// Letters as lines. What they hold comes from anyone, so nothing of it reaches a terminal as it is.
import type { StoredLetter } from '../adapters/kafka-stored-letter.ts'
import { formatInstant } from '../core/instant.ts'

/** Whether a letter was sent again, may be, or never is: documents, and values that were cut. */
export type LetterState = 'pending' | 'replayed' | 'never'

const excerptBytes = 120
const excerptLength = 60
const causeLength = 80

const widths = [9, 8, 24, 8, 19, 24] as const

/** The heads of the table's columns. */
export const letterHead = row(['PARTITION', 'OFFSET', 'WHEN', 'STATE', 'REASON', 'ORIGIN', 'CAUSE · VALUE'])

/** A letter as a line of the table. */
export function letterRow(letter: StoredLetter, state: LetterState): string {
  const { partition, record, kind, reason, cause, origin } = letter
  return row([
    String(partition),
    String(record.offset),
    record.timestamp === null ? '-' : instantOf(record.timestamp),
    state,
    escaped(kind === 'document' ? 'document' : reason),
    escaped(`${origin.topic}-${origin.partition}-${origin.offset}`),
    `${escaped(cause.slice(0, causeLength))} · ${excerpt(record.value)}`,
  ])
}

/** A letter as a line of JSON. Bytes that are no UTF-8 are given in base64, under another name. */
export function letterJson(letter: StoredLetter, state: LetterState): string {
  const { partition, record, kind, reason, cause, origin, lineage, isCut } = letter
  return JSON.stringify({
    partition,
    offset: record.offset,
    when: record.timestamp === null ? null : instantOf(record.timestamp),
    state,
    kind,
    reason,
    cause,
    origin: {
      ...origin,
      timestamp: origin.timestamp === null ? null : instantOf(origin.timestamp),
    },
    replays: lineage.replays,
    cut: isCut,
    ...bytesAs('key', record.key),
    ...bytesAs('value', record.value),
  })
}

/** The beginning of a value, fit for a terminal. */
export function excerpt(value: Uint8Array | null): string {
  if (value === null) return '(no value)'
  const bytes = value.subarray(0, excerptBytes)
  // What is cut in the middle of a character is left out.
  const text = textOf(bytes, { stream: true })
  const shown = text === null ? hexed(bytes) : escaped(text)
  const isWhole = value.length <= excerptBytes && shown.length <= excerptLength
  return isWhole ? shown : `${shown.slice(0, excerptLength)}…`
}

/** Control, format and other invisible characters as \u{…}, so that none moves the cursor or turns the text. */
export function escaped(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu,
    character => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}

function hexed(bytes: Uint8Array): string {
  return [...bytes]
    .map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${hex(byte)}`))
    .join('')
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0')

function bytesAs(name: string, bytes: Uint8Array | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null }
  const text = textOf(bytes)
  return text === null ? { [`${name}Base64`]: Buffer.from(bytes).toString('base64') } : { [name]: text }
}

/** Null if it is no UTF-8. */
function textOf(bytes: Uint8Array, options: { stream?: boolean } = {}): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, options)
  } catch {
    return null
  }
}

/** A header may hold any number. */
function instantOf(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? formatInstant(ms) : String(ms)
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(widths[i] ?? 0))
    .join('  ')
    .trimEnd()
}
