// The last events of a session by arrival, as 64-bit hashes, to know a repeat when it comes. There are millions of them
// in memory, so they are plain numbers in one array that doubles, not in one that has room for 16 more when it is new.

import { withRoom } from './packed-numbers.ts'

/** How many events are remembered. A repeat that comes later than that counts again (design §1.2). */
export const dedupeWindowSize = 1024

/**
 * First how many events were put in. Then for each the upper and the lower half of its hash, unsigned, and its arrival,
 * which grows along the log, over epochs too (`arrivalOf`). In order of arrival, but that in a full window the next
 * one takes the place of the first. The rest is room.
 */
export type DedupeWindow = number[]

const stride = 3
/** Index of the event at a place: past the count. */
const at = (place: number): number => 1 + place * stride

/** Position in all logs of a topic as one exact number: epoch < 2^10, offset < 2^41. */
export const arrivalOf = (epoch: number, offset: number): number => epoch * 2 ** 41 + offset

/** How many events a window remembers. */
export const rememberedEvents = (window: DedupeWindow): number =>
  Math.min(window[0] as number, dedupeWindowSize)

/** Index of the event that was the `nth` to arrive, of those that are remembered. */
function indexOf(window: DedupeWindow, nth: number): number {
  const seen = window[0] as number
  return at(seen <= dedupeWindowSize ? nth : (seen + nth) % dedupeWindowSize)
}

/** Two unsigned halves of 32 bits. */
export type Identity = { readonly high: number; readonly low: number }

/** 64-bit hash of an event's identity (two lanes of a cyrb53-style mix). */
export function identityHash(eventId: string, time: number): Identity {
  let a = 0xdeadbeef ^ (time >>> 0)
  let b = 0x41c6ce57 ^ Math.floor(time / 2 ** 32)
  for (let i = 0; i < eventId.length; i++) {
    const code = eventId.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return { high: b >>> 0, low: a >>> 0 }
}

/** The window of one event. */
export const windowOf = ({ high, low }: Identity, arrival: number): DedupeWindow => [1, high, low, arrival]

/** Whether the event was met among the last ones. */
export function remembers(window: DedupeWindow, { high, low }: Identity): boolean {
  const end = at(rememberedEvents(window))
  for (let i = 1; i < end; i += stride) if (window[i + 1] === low && window[i] === high) return true
  return false
}

/** With an event that arrived after all others of the window, which is changed. */
export function remember(window: DedupeWindow, { high, low }: Identity, arrival: number): DedupeWindow {
  const seen = window[0] as number
  const i = at(seen % dedupeWindowSize)
  const held = i < window.length ? window : withRoom(window)
  held[i] = high
  held[i + 1] = low
  held[i + 2] = arrival
  held[0] = seen + 1
  return held
}

/** How many events of `a` are in `b`. */
export function inCommon(a: DedupeWindow, b: DedupeWindow): number {
  let common = 0
  for (let i = 1; i < at(rememberedEvents(a)); i += stride)
    if (remembers(b, { high: a[i] as number, low: a[i + 1] as number })) common++
  return common
}

/** The last events of both windows, by arrival. */
export function mergeWindows(a: DedupeWindow, b: DedupeWindow): DedupeWindow {
  const merged: number[] = []
  const [ofA, ofB] = [rememberedEvents(a), rememberedEvents(b)]
  let [i, j] = [0, 0]
  while (i < ofA || j < ofB) {
    const [atA, atB] = [indexOf(a, i), indexOf(b, j)]
    const isFromA = j >= ofB || (i < ofA && (a[atA + 2] as number) <= (b[atB + 2] as number))
    const [from, start] = isFromA ? [a, atA] : [b, atB]
    merged.push(from[start] as number, from[start + 1] as number, from[start + 2] as number)
    if (isFromA) i++
    else j++
  }
  const last = merged.slice(-dedupeWindowSize * stride)
  last.unshift(last.length / stride)
  return last
}

const bytesPerHash = 8
const scratch = Buffer.alloc(dedupeWindowSize * bytesPerHash)

/** As text for the document: hashes as base64 of 8 bytes each, arrivals as differences. */
export function encodeWindow(window: DedupeWindow): { hashes: string; arrivals: number[] } {
  const count = rememberedEvents(window)
  const arrivals = new Array<number>(count)
  let previous = 0
  for (let nth = 0; nth < count; nth++) {
    const i = indexOf(window, nth)
    scratch.writeUInt32BE(window[i] as number, nth * bytesPerHash)
    scratch.writeUInt32BE(window[i + 1] as number, nth * bytesPerHash + 4)
    const arrival = window[i + 2] as number
    arrivals[nth] = arrival - previous
    previous = arrival
  }
  return { hashes: scratch.toString('base64', 0, count * bytesPerHash), arrivals }
}

/** The inverse of `encodeWindow`. */
export function decodeWindow(encoded: {
  readonly hashes: string
  readonly arrivals: readonly number[]
}): DedupeWindow {
  const bytes = Buffer.from(encoded.hashes, 'base64')
  const window = [encoded.arrivals.length]
  let arrival = 0
  for (const [nth, difference] of encoded.arrivals.entries()) {
    arrival += difference
    const hash = nth * bytesPerHash
    window.push(bytes.readUInt32BE(hash), bytes.readUInt32BE(hash + 4), arrival)
  }
  return window.slice()
}
