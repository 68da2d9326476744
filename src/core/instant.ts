// Conversions between epoch milliseconds and text. `Date` is used as a calendar here, never as a clock.

/** Latest instant that is accepted: the end of the year 9999, the last with a four-digit year. Epoch ms. */
export const maxInstantMs = 253_402_300_799_999

const isoWithOffset = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/

/**
 * Epoch milliseconds of an ISO 8601 date-time with offset, or null if it is not one.
 * Fractions beyond milliseconds are cut off. 30 February and hour 25 are refused, not rolled over.
 */
export function parseInstant(text: string): number | null {
  if (!isoWithOffset.test(text)) return null
  // biome-ignore lint/style/noRestrictedGlobals: a calendar computation, not a clock
  const epochMs = Date.parse(text)
  if (Number.isNaN(epochMs)) return null
  const day = text.slice(8, 10)
  // Date.parse rolls 2026-02-30 over to March; days up to 28 exist in every month.
  return day <= '28' || dayExists(text) ? epochMs : null
}

function dayExists(text: string): boolean {
  // biome-ignore lint/style/noRestrictedGlobals: a calendar computation, not a clock
  const lastDay = new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
  return Number(text.slice(8, 10)) <= lastDay
}

/** ISO 8601 in UTC with milliseconds: `2026-11-24T10:00:00.000Z`. */
export function formatInstant(epochMs: number): string {
  // biome-ignore lint/style/noRestrictedGlobals: a calendar computation, not a clock
  return new Date(epochMs).toISOString()
}

/** `yyyy-MM` of an instant in UTC: `2026-11`. */
export function monthOf(epochMs: number): string {
  return formatInstant(epochMs).slice(0, 7)
}
