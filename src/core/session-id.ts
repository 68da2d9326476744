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

/** UUID version 5 (RFC 9562 §5.5) of a name in our namespace. */
export function uuidV5(name: string): string {
  const sha1 = hash('sha1', Buffer.concat([namespace, Buffer.from(name, 'utf8')]), 'hex')
  const variant = ((Number.parseInt(sha1[16] as string, 16) & 0x3) | 0x8).toString(16)
  return `${sha1.slice(0, 8)}-${sha1.slice(8, 12)}-5${sha1.slice(13, 16)}-${variant}${sha1.slice(17, 20)}-${sha1.slice(20, 32)}`
}
