/**
 * Where an address is, as far as a database knows. Names are English, `latitude` and `longitude` decimal degrees
 * with at most six decimals, `location` both as `"lat,lon"`. Null stands for all that is not known.
 */
export type Geo = {
  readonly country: { readonly name: string | null; readonly code: string | null }
  readonly city: string | null
  /** The second subdivision (Boxford is in West Berkshire), else the first. */
  readonly county: string | null
  /** The first subdivision: state, province, one of the United Kingdom's countries. */
  readonly region: string | null
  readonly postal: string | null
  readonly latitude: string | null
  readonly longitude: string | null
  readonly location: string | null
  /** IANA name. */
  readonly time_zone: string | null
  readonly asn: number | null
  readonly as_org: string | null
}

/** Never throws; null for an address that is malformed, not public, or not in the database. */
export type GeoLookup = (ip: string) => Geo | null

export const noGeo: Geo = {
  country: { name: null, code: null },
  city: null,
  county: null,
  region: null,
  postal: null,
  latitude: null,
  longitude: null,
  location: null,
  time_zone: null,
  asn: null,
  as_org: null,
}

/**
 * One shape from those that MMDB files use: nested (MaxMind, DB-IP's own downloads, IP2Location) and flat (sapics'
 * files on npm, IPinfo). Null when the record says nothing.
 */
export function geoFromRecord(record: unknown): Geo | null {
  const fields = objectOf(record)
  if (fields === null) return null
  const isFlat = [fields.country_code, fields.country, fields.city].some(value => typeof value === 'string')
  const place = isFlat ? flatPlace(fields) : nestedPlace(fields)
  const geo: Geo = { ...place, ...autonomousSystem(fields) }
  return isEmpty(geo) ? null : geo
}

type Fields = Readonly<Record<string, unknown>>
type Place = Omit<Geo, 'asn' | 'as_org'>

function flatPlace(fields: Fields): Place {
  const region = text(fields.state1) ?? text(fields.region)
  return {
    // IPinfo writes the code into either, and the name into the other if at all.
    country: country(text(fields.country_code) ?? text(fields.country), null),
    city: text(fields.city),
    county: text(fields.state2) ?? region,
    region,
    postal: text(fields.postcode) ?? text(fields.postal),
    ...position(fields.latitude ?? fields.lat, fields.longitude ?? fields.lng),
    time_zone: text(fields.timezone),
  }
}

function nestedPlace(fields: Fields): Place {
  const land = objectOf(fields.country)
  const location = objectOf(fields.location)
  const subdivisions: readonly unknown[] = Array.isArray(fields.subdivisions) ? fields.subdivisions : []
  const region = englishName(subdivisions[0])
  return {
    country: country(text(land?.iso_code), englishName(land)),
    city: englishName(fields.city),
    county: englishName(subdivisions[1]) ?? region,
    region,
    postal: text(objectOf(fields.postal)?.code),
    ...position(location?.latitude, location?.longitude),
    time_zone: text(location?.time_zone),
  }
}

function autonomousSystem(fields: Fields): Pick<Geo, 'asn' | 'as_org'> {
  const source = objectOf(fields.traits) ?? fields
  return {
    asn: systemNumber(source.autonomous_system_number ?? source.asn),
    as_org: text(source.autonomous_system_organization) ?? text(source.as_name),
  }
}

/** 15169, "15169" and "AS15169" are one; 0 stands for none. */
function systemNumber(value: unknown): number | null {
  const asn =
    typeof value === 'string' && /^(AS)?\d{1,10}$/i.test(value) ? Number(value.replace(/^AS/i, '')) : value
  return typeof asn === 'number' && Number.isSafeInteger(asn) && asn > 0 && asn < 2 ** 32 ? asn : null
}

/** A place with the network that a database of networks knows, where that one knows it. */
export function withNetwork(place: Geo | null, network: Geo | null): Geo | null {
  if (network === null || network.asn === null) return place
  return { ...(place ?? noGeo), asn: network.asn, as_org: network.as_org }
}

function isEmpty(geo: Geo): boolean {
  const { country: land, ...rest } = geo
  return [land.name, land.code, ...Object.values(rest)].every(value => value === null)
}

function country(code: string | null, name: string | null): Geo['country'] {
  // ZZ is CLDR's "unknown region"; some vendors write it where they know nothing.
  if (code === null || code.toUpperCase() === 'ZZ') return { name, code: null }
  const upper = code.toUpperCase()
  return { name: name ?? countryName(upper), code: upper }
}

const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
const knownNames = new Map<string, string | null>()

function countryName(code: string): string | null {
  // DisplayNames throws on codes such as A1, and this guard also bounds the map.
  if (!/^[A-Z]{2}$/.test(code)) return null
  let name = knownNames.get(code)
  if (name === undefined) {
    name = countryNames.of(code) ?? null
    knownNames.set(code, name)
  }
  return name
}

function position(latitude: unknown, longitude: unknown): Pick<Geo, 'latitude' | 'longitude' | 'location'> {
  const lat = degrees(latitude, 90)
  const lon = degrees(longitude, 180)
  // Half a position is worse than none: Elasticsearch refuses the geo_point, and a map shows it at the equator.
  if (lat === null || lon === null) return { latitude: null, longitude: null, location: null }
  return { latitude: lat, longitude: lon, location: `${lat},${lon}` }
}

function degrees(value: unknown, limit: number): string | null {
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !(Math.abs(number) <= limit)) return null
  return String(withoutFloatNoise(number))
}

/**
 * Vendors that store 32-bit floats mean the shortest decimal that gives that float: 51.5143, not
 * 51.51430130004883. Doubles lose what is below a millionth of a degree (10 cm).
 */
function withoutFloatNoise(value: number): number {
  if (Math.fround(value) === value)
    for (const digits of [6, 7, 8]) {
      const short = Number(value.toPrecision(digits))
      if (Math.fround(short) === value) return Number(short.toFixed(6))
    }
  return Number(value.toFixed(6))
}

function englishName(named: unknown): string | null {
  return text(objectOf(objectOf(named)?.names)?.en)
}

function text(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const trimmed = value.trim()
  // IP2Location writes a hyphen for what it does not know.
  return trimmed === '' || trimmed === '-' ? null : trimmed
}

function objectOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null
}
