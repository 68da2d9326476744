// Engaged time: the sum of the gaps of at most 30 s between successive events. Kept as the stretches of time that
// have no longer gap: within one, the gaps add up to its length. Unlike a sum, a set of stretches can be merged with
// another and does not depend on the order of arrival. Stretches are more than 30 s apart, so the 12 hours after
// which a session is given up have room for 1,440.

import { withRoom } from './packed-numbers.ts'
import { joins, type Span } from './session-window.ts'

/**
 * `whole`: one stretch, from the session's first event to its latest; most are. Two and more are numbers: how many
 * follow, then start, end, start, end… of the stretches, epoch ms, in order. The rest is room, which doubles. Null
 * where it was given up.
 */
export type Engagement = 'whole' | number[] | null
/** A session, as far as its engagement goes: where that is whole, the span is the stretch. */
export type Engaged = Span & { readonly engagement: Engagement }

const attentionMs = 30_000
/** A session that lasts longer is a robot or a kiosk. */
export const overlongMs = 12 * 3_600_000

/** With an event that the session's span does not include yet. In place where it can. */
export function engage(session: Engaged, time: number): Engagement {
  const { engagement: held, start, end } = session
  if (held === null || isOverlong(Math.min(start, time), Math.max(end, time))) return null
  if (held !== 'whole') return withEvent(held, time)
  if (joins(session, time, attentionMs)) return 'whole'
  return time < start ? [4, time, time, start, end] : [4, start, end, time, time]
}

const isOverlong = (start: number, end: number): boolean => end - start > overlongMs

function withEvent(held: number[], time: number): Engagement {
  const used = held[0] as number
  // The end of the stretch that it comes after, or is near enough to.
  let at = used
  while (at > 0 && time <= (held[at] as number) + attentionMs) at -= 2
  if (at === used || time < (held[at + 1] as number) - attentionMs) return inserted(held, at, time)
  join(held, at, time)
  return wholeIfOne(held)
}

/** Every engagement has one form, whatever the order it came about in. */
const wholeIfOne = (stretches: number[]): Engagement => (stretches[0] === 2 ? 'whole' : stretches)

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
export function mergeEngagement(a: Engaged, b: Engaged): Engagement {
  const [ofA, ofB] = [stretchesOf(a), stretchesOf(b)]
  if (ofA === null || ofB === null) return null
  if (isOverlong(Math.min(a.start, b.start), Math.max(a.end, b.end))) return null
  const merged = [0]
  const [endOfA, endOfB] = [ofA[0] as number, ofB[0] as number]
  let [i, j] = [1, 1]
  while (i <= endOfA || j <= endOfB) {
    const isFromA = j > endOfB || (i <= endOfA && (ofA[i] as number) <= (ofB[j] as number))
    const [from, at] = isFromA ? [ofA, i] : [ofB, j]
    append(merged, from[at] as number, from[at + 1] as number)
    if (isFromA) i += 2
    else j += 2
  }
  merged[0] = merged.length - 1
  return wholeIfOne(merged)
}

const stretchesOf = ({ engagement, start, end }: Engaged): number[] | null =>
  engagement === 'whole' ? [2, start, end] : engagement

function append(merged: number[], start: number, end: number): void {
  const last = merged.length === 1 ? Number.NEGATIVE_INFINITY : (merged.at(-1) as number)
  if (start > last + attentionMs) merged.push(start, end)
  else if (end > last) merged[merged.length - 1] = end
}

/** Whole seconds. */
export function engagedSeconds(session: Engaged): number | null {
  const stretches = stretchesOf(session)
  if (stretches === null) return null
  let ms = 0
  for (let at = 1; at <= (stretches[0] as number); at += 2)
    ms += (stretches[at + 1] as number) - (stretches[at] as number)
  return Math.floor(ms / 1000)
}

/**
 * For the document, as differences from one to the next. Undefined where it was given up, and for a single instant: the
 * span tells which.
 */
export function encodeEngagement(session: Engaged): number[] | undefined {
  const stretches = stretchesOf(session)
  if (stretches === null || session.start === session.end) return undefined
  const differences: number[] = []
  for (let at = 2; at <= (stretches[0] as number); at++)
    differences.push((stretches[at] as number) - (stretches[at - 1] as number))
  return differences
}

/** The inverse of `encodeEngagement`, for a session from `start` to `end`. */
export function decodeEngagement(encoded: readonly number[] | undefined, { start, end }: Span): Engagement {
  if (encoded === undefined) return start === end ? 'whole' : null
  const stretches = [encoded.length + 1, start]
  let time = start
  for (const difference of encoded) {
    time += difference
    stretches.push(time)
  }
  // A copy, without the room for more that `push` made.
  return wholeIfOne(stretches.slice())
}
