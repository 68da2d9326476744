// A log in pieces, each of which merges sessions of the piece before it by late events, and sessions of its own;
// it repeats some records, and has some that are no events.
import type { WrittenEvent } from '../../src/adapters/kafka-event-writer.ts'

const start = Date.parse('2026-03-02T08:00:00Z')
const minute = 60_000
const received = start + 7 * 24 * 60 * minute
const tabsOfAPiece = 8

/** Piece `n`, counted from 0. The gap is ten minutes, and each piece is half an hour later than the one before. */
export function mergingPiece(n: number): WrittenEvent[] {
  const records: WrittenEvent[] = []
  for (let i = 0; i < tabsOfAPiece; i++) {
    // Two sessions, and no event between them before the next piece.
    records.push(event(n, `late-${n}-${i}`, 0), event(n, `late-${n}-${i}`, 20))
    // Two sessions, and the event that makes them one.
    records.push(event(n, `early-${n}-${i}`, 0), event(n, `early-${n}-${i}`, 20))
    records.push(event(n, `early-${n}-${i}`, 10))
    if (n > 0) records.push(event(n - 1, `late-${n - 1}-${i}`, 10))
    if (n > 0 && i % 2 === 0) records.push(event(n - 1, `early-${n - 1}-${i}`, 20))
    if (i % 2 === 0) records.push(event(n, `late-${n}-${i}`, 20))
    records.push({ key: `broken-${n}-${i}`, value: `{"broken": "${n}-${i}"` })
  }
  return records
}

function event(piece: number, tabId: string, minutes: number): WrittenEvent {
  const timestamp = start + (piece * 30 + minutes) * minute
  const type = minutes === 10 ? 'search' : 'page-view'
  const page = { url: `https://example.org/${tabId}/${minutes}`, title: tabId }
  const value = { eventId: `${tabId}@${minutes}`, tabId, type, timestamp, receivedAt: received, page }
  return { key: tabId, value: JSON.stringify(value) }
}

/** Whether a record's value is one of those that are no events. */
export function isBroken(value: string): boolean {
  return value.startsWith('{"broken')
}
