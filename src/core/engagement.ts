// Engaged time: the sum of the gaps of at most 30 s between successive events. Kept as the stretches of time that
// have no longer gap: within one, the gaps add up to its length. Unlike a sum, a set of stretches can be merged with
// another and does not depend on the order of arrival. Stretches are more than 30 s apart, so the 12 hours after
// which a session is given up have room for 1,440.

/** [start, end, start, end, …], epoch ms, in order; null where it was given up. */
export type Engagement = number[] | null

const attentionMs = 30_000
/** A session that lasts longer is a robot or a kiosk. */
export const overlongMs = 12 * 3_600_000

export const engagementAt = (time: number): Engagement => [time, time]

/** Adds an event. In place where it can; to be told of the session's length, which decides for every order alike. */
export function engage(held: Engagement, time: number, lengthMs: number): Engagement {
  if (held === null || lengthMs > overlongMs) return null
  let at = held.length
  while (at > 0 && time <= (held[at - 1] as number) + attentionMs) at -= 2
  if (at === held.length) return extended(held, time)
  if (time < (held[at] as number) - attentionMs) held.splice(at, 0, time, time)
  else join(held, at, time)
  return held
}

/** As of a window of events: there are millions of these, so what is short has no room to spare. */
function extended(held: number[], time: number): number[] {
  if (held.length < 16) return held.concat([time, time])
  held.push(time, time)
  return held
}

/** Takes an event into a stretch that it is near enough to, and what follows as well where that closes the gap. */
function join(held: number[], at: number, time: number): void {
  if (time < (held[at] as number)) held[at] = time
  if (time <= (held[at + 1] as number)) return
  held[at + 1] = time
  const next = held[at + 2]
  if (next === undefined || next > time + attentionMs) return
  held[at + 1] = held[at + 3] as number
  held.splice(at + 2, 2)
}

/** The stretches of both. Leaves both as they are. */
export function mergeEngagement(a: Engagement, b: Engagement, lengthMs: number): Engagement {
  if (a === null || b === null || lengthMs > overlongMs) return null
  const merged: number[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const isFromA = j >= b.length || (i < a.length && (a[i] as number) <= (b[j] as number))
    const [start, end] = isFromA ? a.slice(i, i + 2) : b.slice(j, j + 2)
    if (isFromA) i += 2
    else j += 2
    append(merged, start as number, end as number)
  }
  return merged
}

function append(merged: number[], start: number, end: number): void {
  const last = merged.at(-1)
  if (last === undefined || start > last + attentionMs) merged.push(start, end)
  else if (end > last) merged[merged.length - 1] = end
}

/** Whole seconds. */
export function engagedSeconds(engagement: Engagement): number | null {
  if (engagement === null) return null
  let ms = 0
  for (let at = 0; at < engagement.length; at += 2)
    ms += (engagement[at + 1] as number) - (engagement[at] as number)
  return Math.floor(ms / 1000)
}

/** For the document, as differences from one to the next; undefined where the session's span tells all. */
export function encodeEngagement(engagement: Engagement): number[] | undefined {
  if (engagement === null || (engagement.length === 2 && engagement[0] === engagement[1])) return undefined
  return engagement.slice(1).map((time, i) => time - (engagement[i] as number))
}

/** The inverse of `encodeEngagement`, for a session from `start` to `end`. */
export function decodeEngagement(
  encoded: readonly number[] | undefined,
  start: number,
  end: number,
): Engagement {
  if (encoded === undefined) return start === end ? [start, end] : null
  let time = start
  return [
    start,
    ...encoded.map(difference => {
      time += difference
      return time
    }),
  ]
}
