// The last events of a session by arrival, as 64-bit hashes, to know a repeat when it comes. There are millions of them
// in memory, so they are plain numbers in one array, and that has no room to spare while it is short.

/** How many events are remembered. A repeat that comes later than that counts again (design §1.2). */
export const dedupeWindowSize = 1024

/**
 * For each event the upper and the lower half of its hash, unsigned, and its arrival, which grows along the log, over
 * epochs too (`arrivalOf`). In order of arrival.
 */
export type DedupeWindow = number[]

const stride = 3
/** An array that is pushed to has room for 16 numbers more; a copy of this many costs less than that room. */
const shortLength = 8 * stride

/** Position in all logs of a topic as one exact number: epoch < 2^10, offset < 2^41. */
export const arrivalOf = (epoch: number, offset: number): number => epoch * 2 ** 41 + offset

/** How many events a window remembers. */
export const rememberedEvents = (window: DedupeWindow): number => window.length / stride

/** 64-bit hash of an event's identity, as two unsigned halves (two lanes of a cyrb53-style mix). */
export type Identity = { readonly high: number; readonly low: number }

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
export const windowOf = ({ high, low }: Identity, arrival: number): DedupeWindow => [high, low, arrival]

/** Whether the event was met among the last ones. */
export function remembers(window: DedupeWindow, { high, low }: Identity): boolean {
  for (let at = 0; at < window.length; at += stride)
    if (window[at + 1] === low && window[at] === high) return true
  return false
}

/** With an event that arrived after all others of the window, which may be changed. */
export function remember(window: DedupeWindow, identity: Identity, arrival: number): DedupeWindow {
  if (window.length < shortLength) return window.concat(windowOf(identity, arrival))
  if (window.length >= dedupeWindowSize * stride) window.splice(0, stride)
  window.push(identity.high, identity.low, arrival)
  return window
}

/** How many events of `a` are in `b`. */
export function inCommon(a: DedupeWindow, b: DedupeWindow): number {
  let common = 0
  for (let at = 0; at < a.length; at += stride)
    if (remembers(b, { high: a[at] as number, low: a[at + 1] as number })) common++
  return common
}

/** The last events of both windows, by arrival. */
export function mergeWindows(a: DedupeWindow, b: DedupeWindow): DedupeWindow {
  const merged: DedupeWindow = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const isFromA = j >= b.length || (i < a.length && (a[i + 2] as number) <= (b[j + 2] as number))
    const [from, at] = isFromA ? [a, i] : [b, j]
    merged.push(from[at] as number, from[at + 1] as number, from[at + 2] as number)
    if (isFromA) i += stride
    else j += stride
  }
  return merged.slice(-dedupeWindowSize * stride)
}

const bytesPerHash = 8
const scratch = Buffer.alloc(dedupeWindowSize * bytesPerHash)

/** As text for the document: hashes as base64 of 8 bytes each, arrivals as differences. */
export function encodeWindow(window: DedupeWindow): { hashes: string; arrivals: number[] } {
  const arrivals: number[] = []
  let length = 0
  let previous = 0
  for (let at = 0; at < window.length; at += stride) {
    scratch.writeUInt32BE(window[at] as number, length)
    scratch.writeUInt32BE(window[at + 1] as number, length + 4)
    length += bytesPerHash
    const arrival = window[at + 2] as number
    arrivals.push(arrival - previous)
    previous = arrival
  }
  return { hashes: scratch.toString('base64', 0, length), arrivals }
}

/** The inverse of `encodeWindow`. */
export function decodeWindow(encoded: {
  readonly hashes: string
  readonly arrivals: readonly number[]
}): DedupeWindow {
  const bytes = Buffer.from(encoded.hashes, 'base64')
  const window: DedupeWindow = []
  let arrival = 0
  for (const [i, difference] of encoded.arrivals.entries()) {
    arrival += difference
    const at = i * bytesPerHash
    window.push(bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4), arrival)
  }
  return window.slice()
}
