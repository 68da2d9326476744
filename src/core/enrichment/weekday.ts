import { TZDate, tzOffset } from '@date-fns/tz'
// Not from 'date-fns' itself: its index loads every function, which takes seconds.
import { getDay } from 'date-fns/getDay'
import { getHours } from 'date-fns/getHours'
import { toDate } from 'date-fns/toDate'
import { type BoundedCache, boundedCache } from '../bounded-cache.ts'

/** Local calendar position of an instant: weekday 0 = Sunday … 6 = Saturday, hour 0–23. */
export type WeekdayAndHour = { readonly weekday: number; readonly hour: number }

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Stands for an hour in which the zone's offset changes. */
const CHANGES = 'changes'
type HourOffset = number | typeof CHANGES

type Zone = { readonly name: string; readonly offsets: BoundedCache<number, HourOffset> }

const ZONES = 256
const HOURS_PER_ZONE = 1024
// Visitors send zone names, so both the good and the bad ones are remembered within bounds.
const zones = boundedCache<string, Zone | null>(ZONES)

/** Whether `name` is an IANA zone or an offset of whole quarter hours up to ±14 (`+05:30`). */
export function isTimeZone(name: string): boolean {
  return zoneOf(name) !== null
}

/**
 * Weekday and hour of an instant in a time zone, as date-fns' getDay and getHours give them.
 *
 * A TZDate costs some 12 µs, so the offset is kept per zone and hour: where both ends of an hour have the same
 * offset the rest is arithmetic. Not every zone changes on a quarter hour (St John's did at 00:01 until 2011),
 * so an hour whose ends differ goes to date-fns each time.
 *
 * @param epochMs a finite instant
 * @param timeZone a name that passes {@link isTimeZone}
 * @throws RangeError for another zone name
 */
export function weekdayAndHour(epochMs: number, timeZone: string): WeekdayAndHour {
  if (timeZone === 'UTC') return atLocal(epochMs)
  const zone = zoneOf(timeZone)
  if (zone === null) throw new RangeError(`not a time zone: ${timeZone}`)

  const hour = Math.floor(epochMs / HOUR_MS)
  let offset = zone.offsets.get(hour)
  if (offset === undefined) {
    offset = offsetOfHour(zone.name, hour)
    zone.offsets.set(hour, offset)
  }
  if (offset !== CHANGES) return atLocal(epochMs + offset)
  const local = new TZDate(epochMs, zone.name)
  return { weekday: getDay(local), hour: getHours(local) }
}

function offsetOfHour(zoneName: string, hour: number): HourOffset {
  const first = offsetMs(zoneName, hour * HOUR_MS)
  const last = offsetMs(zoneName, hour * HOUR_MS + HOUR_MS - 1)
  return first === last ? first : CHANGES
}

function offsetMs(zoneName: string, epochMs: number): number {
  // Rounded to whole seconds: offsets before the twentieth century's reforms have odd ones, as fractions of minutes.
  return Math.round(tzOffset(zoneName, toDate(epochMs)) * 60) * 1000
}

function atLocal(localMs: number): WeekdayAndHour {
  const day = Math.floor(localMs / DAY_MS)
  // 1 January 1970 was a Thursday; the second remainder is for the days before it.
  return { weekday: (((day + 4) % 7) + 7) % 7, hour: Math.floor((localMs - day * DAY_MS) / HOUR_MS) }
}

/**
 * Under the canonical name, because @date-fns/tz keeps a formatter of some 28 kB for every spelling it is ever
 * given, and `eUrOpE/bErLiN` is a valid one.
 */
function zoneOf(name: string): Zone | null {
  const known = zones.get(name)
  if (known !== undefined) return known
  const canonical = canonicalName(name)
  const zone =
    canonical === null ? null : { name: canonical, offsets: boundedCache<number, HourOffset>(HOURS_PER_ZONE) }
  if (name.length <= 64) zones.set(name, zone)
  return zone
}

function canonicalName(name: string): string | null {
  if (/^[+-]/.test(name) && !/^[+-](?:0\d|1[0-4]):?(?:00|15|30|45)$/.test(name)) return null
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return null
  }
}
