import { createDeviceLookup } from '../../src/adapters/ua-parser-device.ts'
import { attributionLookup } from '../../src/core/enrichment/attribution.ts'
import type { Lookups } from '../../src/core/enrichment/enrich-session.ts'
import type { Geo } from '../../src/core/enrichment/geo.ts'
import { noGeo } from '../../src/core/enrichment/geo.ts'

/** Two places and nothing else: tests of sessions need no database. */
const places: Readonly<Record<string, Geo>> = {
  '81.2.69.160': {
    ...noGeo,
    country: { name: 'United Kingdom', code: 'GB' },
    city: 'London',
    time_zone: 'Europe/London',
  },
  '8.8.8.8': { ...noGeo, country: { name: 'United States', code: 'US' } },
}

// Not `places[ip]`: an address may say `constructor`.
export const testGeo = (ip: string): Geo | null => (Object.hasOwn(places, ip) ? places[ip]! : null)

export const testLookups: Lookups = {
  geo: testGeo,
  device: createDeviceLookup(),
  attribution: attributionLookup(),
}
