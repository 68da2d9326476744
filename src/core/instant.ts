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

const msPerDay = 86_400_000
let lastDay = Number.NaN
let lastDate = ''

/** ISO 8601 in UTC with milliseconds: `2026-11-24T10:00:00.000Z`. The date of the last day asked for is kept. */
export function formatInstant(epochMs: number): string {
  const day = Math.floor(epochMs / msPerDay)
  if (day !== lastDay) {
    // biome-ignore lint/style/noRestrictedGlobals: a calendar computation, not a clock
    lastDate = new Date(day * msPerDay).toISOString().slice(0, -'00:00:00.000Z'.length)
    lastDay = day
  }
  const ms = Math.floor(epochMs - day * msPerDay)
  const minute = Math.floor(ms / 60_000)
  const rest = ms - minute * 60_000
  const second = Math.floor(rest / 1000)
  return lastDate + (minutes[minute] as string) + ((seconds[second] as string) + millis[rest - second * 1000])
}

// Parts that are there already: a text of many small pieces is as many objects.
const digits = (number: number, count: number) => String(number).padStart(count, '0')
const minutes = Array.from(
  { length: 1440 },
  (_, i) => `${digits(Math.floor(i / 60), 2)}:${digits(i % 60, 2)}:`,
)
const seconds = Array.from({ length: 60 }, (_, i) => `${digits(i, 2)}.`)
const millis = Array.from({ length: 1000 }, (_, i) => `${digits(i, 3)}Z`)

/** `yyyy-MM` of an instant in UTC: `2026-11`. */
export function monthOf(epochMs: number): string {
  return formatInstant(epochMs).slice(0, 7)
}
