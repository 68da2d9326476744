import {
  developmentCityFiles,
  embeddedGeoFiles,
  type GeoDatabase,
  openGeoDatabase,
} from './adapters/mmdb-geo.ts'
import { createDeviceLookup } from './adapters/ua-parser-device.ts'
import type { Lookups } from './core/enrichment/enrich-session.ts'
import { WorkerError } from './core/worker-error.ts'

/** The look-ups of enrichment. `geoDatabase` is a path, or empty for the embedded country database. */
export function openLookups(geoDatabase: string): Lookups {
  return { geo: openGeo(geoDatabase).lookup, device: createDeviceLookup() }
}

/** As `openLookups`, the places alone. @throws WorkerError that names the file and says what to do */
export function openGeo(geoDatabase: string): GeoDatabase {
  try {
    return openGeoDatabase(geoDatabase === '' ? embeddedGeoFiles() : [geoDatabase])
  } catch (error) {
    throw new WorkerError('configuration', (error as Error).message, { cause: error })
  }
}

/** With cities, where the development dependency that has them is installed. */
export function openDemoLookups(): Lookups {
  const files = developmentCityFiles() ?? embeddedGeoFiles()
  return { geo: openGeoDatabase(files).lookup, device: createDeviceLookup() }
}
