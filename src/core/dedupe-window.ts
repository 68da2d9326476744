// The last events of a session by arrival, as 64-bit hashes, to know a repeat when it comes. Three
// parallel columns rather than an object per event: there are millions of them in memory.

/** How many events are remembered. A repeat that comes later than that counts again (design §1.2). */
export const dedupeWindowSize = 1024

export type DedupeWindow = {
  /** Upper and lower halves of the hashes, unsigned, in order of arrival. */
  readonly high: number[]
  readonly low: number[]
  /** Arrival: grows along the log, over epochs too (`arrivalOf`). */
  readonly arrivals: number[]
}

/** Position in all logs of a topic as one exact number: epoch < 2^10, offset < 2^41. */
export const arrivalOf = (epoch: number, offset: number): number => epoch * 2 ** 41 + offset

export const emptyWindow = (): DedupeWindow => ({ high: [], low: [], arrivals: [] })

/** 64-bit hash of an event's identity, as two unsigned halves (two lanes of a cyrb53-style mix). */
export function identityHash(eventId: string, time: number): { high: number; low: number } {
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

/** Whether the event was met among the last ones. */
export function remembers(window: DedupeWindow, high: number, low: number): boolean {
  let at = window.low.indexOf(low)
  while (at !== -1) {
    if (window.high[at] === high) return true
    at = window.low.indexOf(low, at + 1)
  }
  return false
}

/** Adds an event that arrived after all others of the window. */
export function remember(window: DedupeWindow, high: number, low: number, arrival: number): void {
  if (window.low.length >= dedupeWindowSize) {
    window.high.shift()
    window.low.shift()
    window.arrivals.shift()
  }
  window.high.push(high)
  window.low.push(low)
  window.arrivals.push(arrival)
}

/** The last events of both windows, by arrival. */
export function mergeWindows(a: DedupeWindow, b: DedupeWindow): DedupeWindow {
  const merged = emptyWindow()
  let i = 0
  let j = 0
  while (i < a.low.length || j < b.low.length) {
    const fromA =
      j >= b.low.length || (i < a.low.length && (a.arrivals[i] as number) <= (b.arrivals[j] as number))
    const [from, at] = fromA ? [a, i++] : [b, j++]
    merged.high.push(from.high[at] as number)
    merged.low.push(from.low[at] as number)
    merged.arrivals.push(from.arrivals[at] as number)
  }
  const excess = merged.low.length - dedupeWindowSize
  if (excess > 0) for (const column of [merged.high, merged.low, merged.arrivals]) column.splice(0, excess)
  return merged
}

/** As text for the document: hashes as base64 of 8 bytes each, arrivals as differences. */
export function encodeWindow(window: DedupeWindow): { hashes: string; arrivals: number[] } {
  const bytes = Buffer.alloc(window.low.length * 8)
  for (let i = 0; i < window.low.length; i++) {
    bytes.writeUInt32BE(window.high[i] as number, i * 8)
    bytes.writeUInt32BE(window.low[i] as number, i * 8 + 4)
  }
  const arrivals = window.arrivals.map((arrival, i) => arrival - (window.arrivals[i - 1] ?? 0))
  return { hashes: bytes.toString('base64'), arrivals }
}

/** The inverse of `encodeWindow`. */
export function decodeWindow(encoded: {
  readonly hashes: string
  readonly arrivals: readonly number[]
}): DedupeWindow {
  const bytes = Buffer.from(encoded.hashes, 'base64')
  const window = emptyWindow()
  let arrival = 0
  for (let i = 0; i < encoded.arrivals.length; i++) {
    arrival += encoded.arrivals[i] as number
    window.high.push(bytes.readUInt32BE(i * 8))
    window.low.push(bytes.readUInt32BE(i * 8 + 4))
    window.arrivals.push(arrival)
  }
  return window
}
