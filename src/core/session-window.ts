// The arithmetic of gap and watermark. Every comparison that decides where a session begins, ends,
// merges or is forgotten stands here, once. All values are epoch milliseconds.

/** An inclusive span of event times. */
export type Span = { readonly start: number; readonly end: number }

/** Whether an event at `time` lies inside the span or within `gapMs` of it. Exactly the gap joins. */
export function joins(span: Span, time: number, gapMs: number): boolean {
  return time >= span.start - gapMs && time <= span.end + gapMs
}

/** Whether `time` lies inside the span, its edges included. */
export function contains(span: Span, time: number): boolean {
  return span.start <= time && time <= span.end
}

/** Whether two spans share an instant. */
export function overlaps(a: Span, b: Span): boolean {
  return a.start <= b.end && b.start <= a.end
}

/**
 * Whether no event at or after the watermark can join any more. Strict, since exactly the gap joins:
 * together with `isLate` it makes the sessions independent of the order of arrival.
 */
export function isClosed(end: number, gapMs: number, watermark: number): boolean {
  return end + gapMs < watermark
}

/** Whether an event may touch a session that has left memory. The counterpart of `isClosed`. */
export function isLate(time: number, watermark: number): boolean {
  return time < watermark
}

/**
 * The cell of a session's start. Starts of one tab's sessions are more than a gap apart, so a cell
 * holds at most one of them.
 */
export function cellOf(start: number, gapMs: number): number {
  return Math.floor(start / gapMs)
}
