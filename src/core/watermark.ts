// The watermark of a partition: no earlier event is expected. It never moves back. Epoch ms;
// −Infinity until the first event.

/** The watermark after an event. */
export function watermarkAfter(watermark: number, eventTime: number, allowedLatenessMs: number): number {
  return Math.max(watermark, eventTime - allowedLatenessMs)
}

/**
 * The watermark of a partition that is caught up: it follows the clock from where it stood, so that sessions
 * of a quiet topic end too, but never past the point where the last open session closes: an upstream outage
 * must not make a backlog late.
 */
export function idleWatermark(
  watermark: number,
  elapsedMs: number,
  latestEnd: number,
  gapMs: number,
): number {
  return Math.min(watermark + elapsedMs, latestEnd + gapMs + 1)
}

/** Above everything that the store holds, so that every event is recalled until the log catches up. */
export function watermarkAbove(latestLastSeen: number | null, gapMs: number): number {
  return latestLastSeen === null ? Number.NEGATIVE_INFINITY : latestLastSeen + gapMs + 1
}
