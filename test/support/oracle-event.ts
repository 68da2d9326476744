// Raw record → event and event time, written from design §1.1 alone. What is no valid event gives null: why is
// the product's business.

/** A record: JSON text, and the broker's timestamp (epoch ms), null in a file. */
export type OracleRecord = { readonly value: string | Uint8Array | null; readonly timestamp: number | null }

// biome-ignore lint/suspicious/noExplicitAny: raw JSON, whose shape was checked
export type Loose = any

export type OracleEvent = {
  readonly raw: Loose
  readonly id: string
  readonly tabId: string
  /** Event time, epoch ms. */
  readonly time: number
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

export function readEvent(record: OracleRecord, maxLatenessMs: number): OracleEvent | null {
  const raw = parse(record.value)
  if (!isEvent(raw) || !raw.eventId.isWellFormed() || !raw.tabId.isWellFormed()) return null
  const received = receivedTime(raw, record.timestamp)
  if (received === null) return null
  const time = Math.min((epochMs(raw.timestamp) ?? received) + skewMs(raw), received)
  if (time < 0 || received - time > maxLatenessMs) return null
  return { raw, id: raw.eventId, tabId: raw.tabId, time }
}

function parse(value: OracleRecord['value']): Loose {
  if (value === null) return null
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  if (bytes.length > 1024 * 1024) return null
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return null
  }
}

/** `receivedAt`, at most five minutes after the record's timestamp; a file has no records. */
function receivedTime(raw: Loose, recordTime: number | null): number | null {
  const receivedAt = epochMs(raw.receivedAt)
  if (recordTime === null) return receivedAt ?? epochMs(raw.sentAt) ?? epochMs(raw.timestamp)
  return receivedAt === null ? recordTime : Math.min(receivedAt, recordTime + 5 * 60_000)
}

function skewMs(raw: Loose): number {
  const [receivedAt, sentAt] = [epochMs(raw.receivedAt), epochMs(raw.sentAt)]
  if (receivedAt === null || sentAt === null || raw.timestamp == null) return 0
  return Math.abs(receivedAt - sentAt) > 5_000 ? receivedAt - sentAt : 0
}

/** Null for an absent time. Only called for what `instant` let through. */
function epochMs(value: Loose): number | null {
  if (value == null) return null
  return typeof value === 'number' ? Math.trunc(value) : isoToMs(value)
}

const iso = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))$/

/** ISO 8601 with offset → epoch ms by the calendar's rules, null for what is none. */
function isoToMs(text: string): number | null {
  const parts = iso.exec(text)
  if (parts === null) return null
  const [year, month, day, hour, minute, second] = parts
    .slice(1, 7)
    .map(part => Number(part ?? 0)) as number[]
  const [offsetHours, offsetMinutes] = parts.slice(9, 11).map(part => Number(part ?? 0)) as number[]
  const daysInMonth = new Date(Date.UTC(year!, month!, 0)).getUTCDate()
  const isMidnight = hour === 24 && minute === 0 && second === 0 && !Number(parts[7] ?? 0)
  if (year! < 1900 || month! < 1 || month! > 12 || day! < 1 || day! > daysInMonth) return null
  if ((hour! > 23 && !isMidnight) || minute! > 59 || second! > 59) return null
  if (offsetHours! > 23 || offsetMinutes! > 59) return null
  const fraction = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3))
  const offset = (offsetHours! * 60 + offsetMinutes!) * (parts[8] === '-' ? -60_000 : 60_000)
  return Date.UTC(year!, month! - 1, day, hour, minute, second, fraction) - offset
}

type Check = (value: unknown) => boolean

const lastInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

const optional =
  (check: Check): Check =>
  value =>
    value === undefined || value === null || check(value)
const text = (max: number, min = 0): Check => optional(required(max, min))
function required(max: number, min: number): Check {
  return value => typeof value === 'string' && value.length >= min && [...value].length <= max
}
const number = (min: number, max: number): Check =>
  optional(value => typeof value === 'number' && value >= min && value <= max)
const whole = (min: number, max: number): Check =>
  optional(value => Number.isInteger(value) && number(min, max)(value))
const boolean: Check = optional(value => typeof value === 'boolean')
const either =
  (a: Check, b: Check): Check =>
  value =>
    a(value) || b(value)
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const object = (fields: Readonly<Record<string, Check>>): Check =>
  optional(value => isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name])))
const instant: Check = optional(value => {
  const ms = typeof value === 'number' ? Math.trunc(value) : typeof value === 'string' ? isoToMs(value) : null
  return ms !== null && ms >= 0 && ms <= lastInstant
})
/** An object of the user's: up to 256 keys; keys of one to 256 characters, without NUL, at every level. */
const keyed: Check = optional(
  value => isObject(value) && Object.keys(value).length <= 256 && hasGoodKeys(value),
)

function hasGoodKeys(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(hasGoodKeys)
  if (!isObject(value)) return true
  return Object.entries(value).every(
    ([key, inner]) => key.length >= 1 && key.length <= 256 && !key.includes('\0') && hasGoodKeys(inner),
  )
}

const pixels = number(0, 100_000)
const degrees = either(number(-Infinity, Infinity), text(32))
const texts = (names: string, max: number) =>
  object(Object.fromEntries(names.split(' ').map(name => [name, text(max)])))

const context = object({
  ip: text(64),
  userAgent: text(8192),
  clientHints: object({}),
  locale: text(64),
  timeZone: text(64),
  channel: text(128),
  aux: keyed,
  page: object({ url: text(8192), title: text(2048), referrer: text(8192) }),
  screen: object({
    width: pixels,
    height: pixels,
    colorDepth: either(pixels, text(16)),
    orientation: text(64),
    touch: either(boolean, pixels),
  }),
  viewport: object({ width: pixels, height: pixels }),
  utm: texts('source medium campaign term content', 512),
  app: object({ type: text(64), name: text(256), version: text(128), language: text(64) }),
  geo: object({
    country: object({ name: text(256), code: text(16) }),
    city: text(256),
    county: text(256),
    region: text(256),
    postal: text(32),
    latitude: degrees,
    longitude: degrees,
    time_zone: text(64),
    asn: whole(0, 4_294_967_295),
    as_org: text(256),
  }),
})

const event = object({
  eventId: required(128, 1),
  tabId: required(256, 1),
  type: required(64, 1),
  timestamp: instant,
  receivedAt: instant,
  sentAt: instant,
  query: text(2048),
  value: number(-1e9, 1e9),
  site: text(128),
  profile: object({ id: required(256, 1), primaryId: text(256), metadata: keyed }),
  context,
  properties: keyed,
  traits: keyed,
  aux: keyed,
})

const isEvent = (raw: unknown): boolean => isObject(raw) && !nestsDeeper(raw, 20) && event(raw)

/** A scalar has no depth, `{}` has one. */
function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some(inner => nestsDeeper(inner, levels - 1))
}
