import {
  developmentCityFiles,
  embeddedGeoFiles,
  type GeoDatabase,
  openGeoDatabase,
} from './adapters/mmdb-geo.ts'
import { createDeviceLookup } from './adapters/ua-parser-device.ts'
import { type AttributionSettings, attributionLookup } from './core/enrichment/attribution.ts'
import type { Lookups } from './core/enrichment/enrich-session.ts'
import { WorkerError } from './core/worker-error.ts'

export type LookupSettings = AttributionSettings & {
  /** A path, or empty for the embedded country database. */
  readonly geoDatabase: string
}

/** The look-ups of enrichment; what is not set is as it is by default. */
export function openLookups({ geoDatabase = '', ...attribution }: Partial<LookupSettings> = {}): Lookups {
  return {
    geo: openGeo(geoDatabase).lookup,
    device: createDeviceLookup(),
    attribution: attributionLookup(attribution),
  }
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
  return {
    geo: openGeoDatabase(files).lookup,
    device: createDeviceLookup(),
    attribution: attributionLookup(),
  }
}
