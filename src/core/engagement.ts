// Engaged time: the sum of the gaps of at most 30 s between successive events. Kept as the stretches of time that
// have no longer gap: within one, the gaps add up to its length. Unlike a sum, a set of stretches can be merged with
// another and does not depend on the order of arrival. Stretches are more than 30 s apart, so the 12 hours after
// which a session is given up have room for 1,440.

import { withRoom } from './packed-numbers.ts'

/**
 * First how many numbers follow: start, end, start, end… of the stretches, epoch ms, in order. The rest is room, which
 * doubles. Null where it was given up.
 */
export type Engagement = number[] | null

const attentionMs = 30_000
/** A session that lasts longer is a robot or a kiosk. */
export const overlongMs = 12 * 3_600_000

export const engagementAt = (time: number): Engagement => [2, time, time]

/** Adds an event. In place where it can; to be told of the session's length, which decides for every order alike. */
export function engage(held: Engagement, time: number, lengthMs: number): Engagement {
  if (held === null || lengthMs > overlongMs) return null
  const used = held[0] as number
  // The end of the stretch that it comes after, or is near enough to.
  let at = used
  while (at > 0 && time <= (held[at] as number) + attentionMs) at -= 2
  if (at === used || time < (held[at + 1] as number) - attentionMs) return inserted(held, at, time)
  join(held, at, time)
  return held
}

/** With a stretch of its own for an event, behind the one that ends at this index. */
function inserted(held: number[], at: number, time: number): number[] {
  const used = held[0] as number
  const roomy = used + 2 < held.length ? held : withRoom(held)
  for (let i = used; i > at; i--) roomy[i + 2] = roomy[i] as number
  roomy[at + 1] = time
  roomy[at + 2] = time
  roomy[0] = used + 2
  return roomy
}

/** Takes an event into the stretch behind this index, and what follows as well where that closes the gap. */
function join(held: number[], at: number, time: number): void {
  if (time < (held[at + 1] as number)) held[at + 1] = time
  if (time <= (held[at + 2] as number)) return
  held[at + 2] = time
  const used = held[0] as number
  if (at + 2 === used || (held[at + 3] as number) > time + attentionMs) return
  held[at + 2] = held[at + 4] as number
  for (let i = at + 3; i <= used - 2; i++) held[i] = held[i + 2] as number
  held[0] = used - 2
}

/** The stretches of both. Leaves both as they are. */
export function mergeEngagement(a: Engagement, b: Engagement, lengthMs: number): Engagement {
  if (a === null || b === null || lengthMs > overlongMs) return null
  const merged = [0]
  const [endOfA, endOfB] = [a[0] as number, b[0] as number]
  let [i, j] = [1, 1]
  while (i <= endOfA || j <= endOfB) {
    const isFromA = j > endOfB || (i <= endOfA && (a[i] as number) <= (b[j] as number))
    const [from, at] = isFromA ? [a, i] : [b, j]
    append(merged, from[at] as number, from[at + 1] as number)
    if (isFromA) i += 2
    else j += 2
  }
  merged[0] = merged.length - 1
  return merged
}

function append(merged: number[], start: number, end: number): void {
  const last = merged.length === 1 ? Number.NEGATIVE_INFINITY : (merged.at(-1) as number)
  if (start > last + attentionMs) merged.push(start, end)
  else if (end > last) merged[merged.length - 1] = end
}

/** Whole seconds. */
export function engagedSeconds(engagement: Engagement): number | null {
  if (engagement === null) return null
  let ms = 0
  for (let at = 1; at <= (engagement[0] as number); at += 2)
    ms += (engagement[at + 1] as number) - (engagement[at] as number)
  return Math.floor(ms / 1000)
}

/** For the document, as differences from one to the next; undefined where the session's span tells all. */
export function encodeEngagement(engagement: Engagement): number[] | undefined {
  if (engagement === null) return undefined
  const [used, first, second] = engagement as [number, number, number]
  if (used === 2 && first === second) return undefined
  const differences: number[] = []
  for (let at = 2; at <= used; at++)
    differences.push((engagement[at] as number) - (engagement[at - 1] as number))
  return differences
}

/** The inverse of `encodeEngagement`, for a session from `start` to `end`. */
export function decodeEngagement(
  encoded: readonly number[] | undefined,
  start: number,
  end: number,
): Engagement {
  if (encoded === undefined) return start === end ? engagementAt(start) : null
  const engagement = [encoded.length + 1, start]
  let time = start
  for (const difference of encoded) {
    time += difference
    engagement.push(time)
  }
  return engagement.slice()
}
