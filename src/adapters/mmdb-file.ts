// One MMDB file, read into memory whole, and what shows that it is sound.
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import decoderModule from 'mmdb-lib/lib/decoder.js'
import { type Metadata, parseMetadata } from 'mmdb-lib/lib/metadata.js'
import { boundedCache } from '../core/bounded-cache.ts'
import { type Geo, geoFromRecord } from '../core/enrichment/geo.ts'
import { type Address, addressOf } from './mmdb-addresses.ts'
import { checkEveryRecord, separatorBytes } from './mmdb-check.ts'
import { treeSearch } from './mmdb-tree.ts'

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

export type OpenedFile = {
  readonly file: GeoFile
  /** For an address of a version that the file has. */
  readonly read: (address: Address) => Geo | null
}

const CACHED_PLACES = 20_000
const CACHED_VALUES = 20_000

/** Opens a file after a short look. @throws Error that names the file and says what to do */
export function openFile(path: string): OpenedFile {
  return opened(path, soundFile(path, readBytes(path)))
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
  const sound = soundFile(path, bytes)
  await checkEveryRecord(bytes, sound.metadata).catch(cause => {
    throw unsound(path, cause)
  })
  return opened(path, sound)
}

function opened(path: string, { metadata, find, decoder }: SoundFile): OpenedFile {
  const { databaseType, buildEpoch, ipVersion } = metadata
  const known = boundedCache<number, Geo | null>(CACHED_PLACES)

  function read(address: Address): Geo | null {
    try {
      const offset = find(address)
      if (offset === null) return null
      let geo = known.get(offset)
      if (geo === undefined) {
        geo = geoFromRecord(decoder.decode(offset).value)
        known.set(offset, geo)
      }
      return geo
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

type SoundFile = {
  readonly metadata: Metadata
  readonly find: (address: Address) => number | null
  readonly decoder: InstanceType<typeof decoderModule.default>
}

/** What has proved itself: some damage shows in the metadata, some only in a look-up. */
function soundFile(path: string, bytes: Buffer): SoundFile {
  try {
    const metadata = parseMetadata(bytes)
    const { binaryFormatMajorVersion, ipVersion, nodeCount, searchTreeSize } = metadata
    if (binaryFormatMajorVersion !== 2) throw new Error(`format version ${binaryFormatMajorVersion}, not 2`)
    if (ipVersion !== 4 && ipVersion !== 6) throw new Error(`IP version ${ipVersion}`)
    if (!(nodeCount > 0) || searchTreeSize >= bytes.length)
      throw new Error('the search tree does not fit the file')
    const cache = boundedCache<number | string, object>(CACHED_VALUES)
    const decoder = new decoderModule.default(bytes, searchTreeSize + separatorBytes, cache)
    const find = treeSearch(bytes, metadata)
    for (const probe of PROBES) {
      const offset = find(addressOf(probe) as Address)
      if (offset !== null) decoder.decode(offset)
    }
    return { metadata, find, decoder }
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
