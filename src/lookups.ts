import { type GeoDatabase, openGeoDatabase } from './adapters/mmdb-geo.ts'
import { developmentCityFiles, embeddedGeoFiles } from './adapters/mmdb-packaged.ts'
import { createDeviceLookup } from './adapters/ua-parser-device.ts'
import { type AttributionSettings, attributionLookup } from './core/enrichment/attribution.ts'
import type { Lookups } from './core/enrichment/enrich-session.ts'
import { WorkerError } from './core/worker-error.ts'

export type GeoSettings = {
  /** A path, or empty for the embedded country database. */
  readonly geoDatabase: string
  /** A path, or empty for none. */
  readonly geoAsnDatabase: string
}

/** The look-ups of enrichment; what is not set is as it is by default. */
export function openLookups(settings: Partial<GeoSettings & AttributionSettings> = {}): Lookups {
  return lookupsWith(openGeo(settings), settings)
}

/** As `openLookups`, with places that are open already. */
export function lookupsWith(geo: GeoDatabase, attribution: Partial<AttributionSettings> = {}): Lookups {
  return {
    geo: geo.lookup,
    device: createDeviceLookup(),
    attribution: attributionLookup(attribution),
  }
}

/** The places alone. @throws WorkerError that names the file and says what to do */
export function openGeo({ geoDatabase = '', geoAsnDatabase = '' }: Partial<GeoSettings> = {}): GeoDatabase {
  try {
    return openGeoDatabase(geoDatabase === '' ? embeddedGeoFiles() : [geoDatabase], {
      asnPath: geoAsnDatabase === '' ? null : geoAsnDatabase,
    })
  } catch (error) {
    throw new WorkerError('configuration', (error as Error).message, { cause: error })
  }
}

/** With cities, where the development dependency that has them is installed. */
export function openDemoLookups(settings: Partial<GeoSettings & AttributionSettings> = {}): Lookups {
  const cities = settings.geoDatabase ? null : developmentCityFiles()
  if (cities === null) return openLookups(settings)
  return lookupsWith(openGeoDatabase(cities), settings)
}
