// One MMDB file, read into memory whole, and what shows that it is sound.
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Reader, type Response } from 'mmdb-lib'
import { boundedCache } from '../core/bounded-cache.ts'
import { type Geo, geoFromRecord } from '../core/enrichment/geo.ts'
import { checkEveryRecord } from './mmdb-check.ts'

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

export type OpenedFile = { readonly file: GeoFile; readonly read: (address: string) => Geo | null }

const CACHED_VALUES = 20_000

/** Opens a file after a short look. @throws Error that names the file and says what to do */
export function openFile(path: string): OpenedFile {
  return opened(path, soundReader(path, readBytes(path)))
}

/**
 * Opens a file once all of it was looked at, in slices, so that nothing else has to wait.
 *
 * @throws Error as `openFile`
 */
export async function openCheckedFile(path: string): Promise<OpenedFile> {
  const bytes = await readFile(path).catch(cause => {
    throw unreadable(path, cause)
  })
  const reader = soundReader(path, bytes)
  await checkEveryRecord(bytes, reader.metadata).catch(cause => {
    throw unsound(path, cause)
  })
  return opened(path, reader)
}

function opened(path: string, reader: Reader<Response>): OpenedFile {
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
    throw unreadable(path, cause)
  }
}

const PROBES = ['1.1.1.1', '8.8.8.8', '81.2.69.160', '101.0.0.1', '151.0.0.1', '196.0.0.1', '223.255.255.1']

/** A Reader that has proved itself: some damage shows in the constructor, some only in a look-up. */
function soundReader(path: string, bytes: Buffer): Reader<Response> {
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
    throw unsound(path, cause)
  }
}

function unreadable(path: string, cause: unknown): Error {
  return new Error(
    `geo database ${path} cannot be read: ${reasonOf(cause)}. Name an existing .mmdb file in GEO_DATABASE or GEO_ASN_DATABASE`,
    { cause },
  )
}

function unsound(path: string, cause: unknown): Error {
  return new Error(
    `geo database ${path} is not a sound .mmdb file: ${reasonOf(cause)}. Download it again, or name another in GEO_DATABASE or GEO_ASN_DATABASE`,
    { cause },
  )
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
