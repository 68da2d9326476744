// The check of the geo databases: readable, what they know, and how old they are.
import type { HeldGeoFile } from '../adapters/mmdb-geo.ts'
import { isStale } from '../geo-watch.ts'
import { type GeoSettings, openGeo } from '../lookups.ts'
import { type Check, doubtful, type Finding, well } from './doctor-checks.ts'

export const geoCheck = (settings: GeoSettings): Check => ({
  name: 'geo database',
  run: async () => findGeo(settings),
})

function findGeo(settings: GeoSettings): Finding {
  const isOwn = ({ holds }: HeldGeoFile) => holds === 'networks' || settings.geoDatabase !== ''
  const { files } = openGeo(settings)
  const found = files
    .map(file => `${isOwn(file) ? file.path : 'the embedded one'}: ${contentOf(file)}, ${builtOn(file)}`)
    .join('; ')
  // The embedded one is as old as the release; every update of it gives other places, and so other documents.
  if (!files.some(file => isOwn(file) && isStale(file, Date.now()))) return well(found)
  return doubtful(
    `${found}: addresses have moved since. Get a newer one when you rebuild into a new INDEX_PREFIX.`,
  )
}

/** By the name that the file has for itself, of which each vendor has its own: `GeoLite2-City`, `city ipv4`. */
const kinds: readonly (readonly [name: RegExp, content: string])[] = [
  [/city|location|enterprise/i, 'cities'],
  [/country/i, 'countries'],
  [/asn|isp/i, 'networks'],
]

function contentOf({ type, ipVersion }: HeldGeoFile): string {
  const content = kinds.find(([name]) => name.test(type))?.[1] ?? `data of the type ${JSON.stringify(type)}`
  return `${content} of ${ipVersion === 4 ? 'IPv4 addresses alone' : 'IPv4 and IPv6 addresses'}`
}

const builtOn = ({ builtAtMs }: HeldGeoFile): string =>
  builtAtMs === null ? 'of unknown age' : `built ${new Date(builtAtMs).toISOString().slice(0, 10)}`
