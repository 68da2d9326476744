import { developmentCityFiles, embeddedGeoFiles, openGeoDatabase } from './adapters/mmdb-geo.ts'
import { createDeviceLookup } from './adapters/ua-parser-device.ts'
import type { Lookups } from './core/enrichment/enrich-session.ts'

/** The look-ups of enrichment. `geoDatabase` is a path, or empty for the embedded country database. */
export function openLookups(geoDatabase: string): Lookups {
  const files = geoDatabase === '' ? embeddedGeoFiles() : [geoDatabase]
  return { geo: openGeoDatabase(files).lookup, device: createDeviceLookup() }
}

/** With cities, where the development dependency that has them is installed. */
export function openDemoLookups(): Lookups {
  const files = developmentCityFiles() ?? embeddedGeoFiles()
  return { geo: openGeoDatabase(files).lookup, device: createDeviceLookup() }
}
