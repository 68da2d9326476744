/** Orders the events of a tab: by event time (epoch ms), then by event id. */
export type Stamp = { readonly time: number; readonly id: string }

/** What came from an event, with the stamp of that event. */
export type Stamped = { readonly stamp: Stamp }

/** A value beside the stamp of the event that it comes from. */
export type StampedValue<T> = Stamped & { readonly value: T }

/** Whether `a` comes strictly before `b`. */
export function earlier(a: Stamp, b: Stamp): boolean {
  return a.time < b.time || (a.time === b.time && a.id < b.id)
}

/** Whether an event comes before that of what is held, or nothing is. */
export const isEarliest = (stamp: Stamp, held: Stamped | undefined): boolean =>
  held === undefined || earlier(stamp, held.stamp)

/** Whether an event comes after that of what is held, or nothing is. */
export const isLatest = (stamp: Stamp, held: Stamped | undefined): boolean =>
  held === undefined || earlier(held.stamp, stamp)

/** Whichever is earlier, or the one that exists. */
export function earliest<T extends Stamped>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return earlier(b.stamp, a.stamp) ? b : a
}

/** Whichever is later, or the one that exists. */
export function latest<T extends Stamped>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return earlier(a.stamp, b.stamp) ? b : a
}
