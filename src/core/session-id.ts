import { hash } from 'node:crypto'
import { cellOf } from './session-window.ts'

/** What names a session: its tab and the cell of its start. `id` follows from them and the gap. */
export type SessionKey = {
  readonly id: string
  /** Start of the cell, epoch ms. It decides which index holds the document. */
  readonly cellStart: number
}

/** Namespace of our UUIDs (RFC 9562 §5.5), drawn once at random. */
const namespace = Buffer.from('6f0b2c1e5d2a4f0c9b7e3a5c1d8e4f62', 'hex')

/** The key of the session of `tabId` that starts at `start` (epoch ms). */
export function sessionKey(tabId: string, start: number, gapMs: number): SessionKey {
  const cell = cellOf(start, gapMs)
  return { id: uuidV5(`${gapMs}:${cell}:${tabId}`), cellStart: cell * gapMs }
}

const dash = '-'.charCodeAt(0)
const scratch = Buffer.alloc(36, dash)
/** Where the hexadecimal digits of a UUID begin and end, and of the hash that they are taken from. */
const groups = [
  [0, 0, 8],
  [9, 8, 12],
  [14, 12, 16],
  [19, 16, 20],
  [24, 20, 32],
] as const

/** UUID version 5 (RFC 9562 §5.5) of a name in our namespace. */
export function uuidV5(name: string): string {
  const sha1 = hash('sha1', Buffer.concat([namespace, Buffer.from(name, 'utf8')]), 'hex')
  for (const [to, from, end] of groups) scratch.write(sha1.slice(from, end), to, 'latin1')
  scratch.write('5', 14, 'latin1')
  scratch.write(((Number.parseInt(sha1[16] as string, 16) & 0x3) | 0x8).toString(16), 19, 'latin1')
  // Put together from pieces, the text would stay in pieces: six times as large, and there are millions of ids.
  return scratch.toString('latin1')
}
