import { boundedCache } from '../core/bounded-cache.ts'
import { type Geo, type GeoLookup, withNetwork } from '../core/enrichment/geo.ts'
import { type Address, addressOf, isPublic } from './mmdb-addresses.ts'
import type { GeoFile } from './mmdb-file.ts'
import { openWatchedFile, type WatchedFile } from './mmdb-watched-file.ts'

export type HeldGeoFile = GeoFile & { readonly holds: 'places' | 'networks' }

/** The file in use now, and why the new one was refused, if it was. */
export type GeoFileChange = { readonly file: HeldGeoFile; readonly refused: string | null }

export type GeoDatabase = {
  readonly lookup: GeoLookup
  /** The files in use. */
  readonly files: readonly HeldGeoFile[]
  /**
   * Takes files that have changed, once they have not changed from one call to the next and every record of them was
   * read. What is not sound is refused, and the old one stays. Look-ups go on meanwhile.
   */
  refresh(): Promise<readonly GeoFileChange[]>
}

const CACHED_ADDRESSES = 8_192

/**
 * Opens an MMDB database of any vendor: one file, or two of which one is for IPv4 and the other for IPv6; and one that
 * knows the networks (autonomous systems), if there is one. The files are read into memory whole.
 *
 * @throws Error that names the file and what to do, when one is missing, broken, or not a pair with the other
 */
export function openGeoDatabase(
  paths: readonly string[],
  { asnPath = null }: { readonly asnPath?: string | null } = {},
): GeoDatabase {
  if (paths.length < 1 || paths.length > 2)
    throw new Error(`a geo database is one .mmdb file, or an IPv4 and an IPv6 one; got ${paths.length} files`)
  const places = paths.map(openWatchedFile)
  requirePair(places)
  const networks = asnPath === null ? [] : [openWatchedFile(asnPath)]
  const held = (watched: WatchedFile): HeldGeoFile => ({
    ...watched.current().file,
    holds: networks.includes(watched) ? 'networks' : 'places',
  })
  const files = [...places, ...networks]

  let cache = boundedCache<string, Geo | null>(CACHED_ADDRESSES)
  let find = finder(places, networks)
  const lookup: GeoLookup = ip => {
    const known = cache.get(ip)
    if (known !== undefined) return known
    const address = addressOf(ip)
    if (address === null) return null
    const geo = isPublic(address) ? find(address) : null
    cache.set(ip, geo)
    return geo
  }

  async function refresh(): Promise<readonly GeoFileChange[]> {
    const changes: GeoFileChange[] = []
    for (const watched of files) {
      const outcome = await watched.refresh()
      if (outcome === null) continue
      changes.push({ file: held(watched), refused: outcome === 'reloaded' ? null : outcome.refused })
      cache = boundedCache(CACHED_ADDRESSES)
      find = finder(places, networks)
    }
    return changes
  }

  return {
    lookup,
    get files() {
      return files.map(held)
    },
    refresh,
  }
}

function requirePair(places: readonly WatchedFile[]): void {
  const [first, second] = places.map(place => place.current().file)
  if (first !== undefined && second !== undefined && first.ipVersion === second.ipVersion)
    throw new Error(
      `geo databases ${first.path} and ${second.path}: both are for IPv${first.ipVersion}. Give one file, or one for each of IPv4 and IPv6`,
    )
}

/** From the files as they are now. */
function finder(places: readonly WatchedFile[], networks: readonly WatchedFile[]) {
  const place = reader(places)
  const network = reader(networks)
  if (networks.length === 0) return place
  return (address: Address): Geo | null => withNetwork(place(address), network(address))
}

function reader(watched: readonly WatchedFile[]) {
  const opened = watched.map(file => file.current())
  const v4 = opened.find(({ file }) => file.ipVersion === 4) ?? opened[0]
  // An IPv4-only file answers for IPv6 addresses too, with the place of their first 32 bits.
  const v6 = opened.find(({ file }) => file.ipVersion === 6)
  return (address: Address): Geo | null => (address.version === 4 ? v4 : v6)?.read(address) ?? null
}
