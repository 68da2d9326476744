// The last events of a session by arrival, as 64-bit hashes, to know a repeat when it comes. There are millions of them
// in memory, so they are plain numbers in one array that doubles, not in one that has room for 16 more when it is new.

/** How many events are remembered. A repeat that comes later than that counts again (design §1.2). */
export const dedupeWindowSize = 1024

/**
 * First how many events there are. Then for each, in order of arrival, the upper and the lower half of its hash,
 * unsigned, and its arrival, which grows along the log, over epochs too (`arrivalOf`). The rest is room.
 */
export type DedupeWindow = number[]

const stride = 3
/** Index of the event at a position: past the count. */
const at = (position: number): number => 1 + position * stride

/** Position in all logs of a topic as one exact number: epoch < 2^10, offset < 2^41. */
export const arrivalOf = (epoch: number, offset: number): number => epoch * 2 ** 41 + offset

/** How many events a window remembers. */
export const rememberedEvents = (window: DedupeWindow): number => window[0] as number

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
export const windowOf = ({ high, low }: Identity, arrival: number): DedupeWindow => [1, high, low, arrival]

/** Whether the event was met among the last ones. */
export function remembers(window: DedupeWindow, { high, low }: Identity): boolean {
  const end = at(rememberedEvents(window))
  for (let i = 1; i < end; i += stride) if (window[i + 1] === low && window[i] === high) return true
  return false
}

/** With an event that arrived after all others of the window, which is changed. */
export function remember(window: DedupeWindow, { high, low }: Identity, arrival: number): DedupeWindow {
  let count = rememberedEvents(window)
  let held = window
  if (count === dedupeWindowSize) {
    held.copyWithin(1, at(1))
    count--
  } else if (held.length < at(count + 1)) held = held.concat(held.slice(1))
  const i = at(count)
  held[i] = high
  held[i + 1] = low
  held[i + 2] = arrival
  held[0] = count + 1
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
  const [endOfA, endOfB] = [at(rememberedEvents(a)), at(rememberedEvents(b))]
  let [i, j] = [1, 1]
  while (i < endOfA || j < endOfB) {
    const isFromA = j >= endOfB || (i < endOfA && (a[i + 2] as number) <= (b[j + 2] as number))
    const [from, start] = isFromA ? [a, i] : [b, j]
    merged.push(from[start] as number, from[start + 1] as number, from[start + 2] as number)
    if (isFromA) i += stride
    else j += stride
  }
  const last = merged.slice(-dedupeWindowSize * stride)
  return [last.length / stride].concat(last)
}

const bytesPerHash = 8
const scratch = Buffer.alloc(dedupeWindowSize * bytesPerHash)

/** As text for the document: hashes as base64 of 8 bytes each, arrivals as differences. */
export function encodeWindow(window: DedupeWindow): { hashes: string; arrivals: number[] } {
  const count = rememberedEvents(window)
  const arrivals = new Array<number>(count)
  let previous = 0
  for (let position = 0; position < count; position++) {
    const i = at(position)
    scratch.writeUInt32BE(window[i] as number, position * bytesPerHash)
    scratch.writeUInt32BE(window[i + 1] as number, position * bytesPerHash + 4)
    const arrival = window[i + 2] as number
    arrivals[position] = arrival - previous
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
  for (const [position, difference] of encoded.arrivals.entries()) {
    arrival += difference
    const hash = position * bytesPerHash
    window.push(bytes.readUInt32BE(hash), bytes.readUInt32BE(hash + 4), arrival)
  }
  return window.slice()
}
