// Against data that nobody here made: MaxMind's test databases and the JSON they come from, and their broken files.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { openCheckedFile } from '../../../src/adapters/mmdb-file.ts'
import { openGeoDatabase } from '../../../src/adapters/mmdb-geo.ts'
import { embeddedGeoFiles } from '../../../src/adapters/mmdb-packaged.ts'
import type { Geo } from '../../../src/core/enrichment/geo.ts'
import {
  addressOf,
  maxmindFile,
  maxmindSource,
  type SourceRecord,
  sourceRecord,
} from '../../support/maxmind-source.ts'

/** A document's place, from the vendor's fields. */
function expectedOf({ country, city, subdivisions = [], postal, location, traits }: SourceRecord): Geo {
  const { latitude, longitude, time_zone } = location ?? {}
  const [region, county = region] = subdivisions.map(({ names }: SourceRecord) => names.en)
  return {
    country: { name: country?.names.en ?? null, code: country?.iso_code ?? null },
    city: city?.names.en ?? null,
    county: county ?? null,
    region: region ?? null,
    postal: postal?.code ?? null,
    latitude: latitude === undefined ? null : `${latitude}`,
    longitude: longitude === undefined ? null : `${longitude}`,
    location: latitude === undefined ? null : `${latitude},${longitude}`,
    time_zone: time_zone ?? null,
    asn: traits?.autonomous_system_number ?? null,
    as_org: traits?.autonomous_system_organization ?? null,
  }
}

/** Null stands for a record that has nothing of it. */
const orNull = (geo: Geo): Geo | null => (/:(?!null)["\d]/.test(JSON.stringify(geo)) ? geo : null)

for (const [name, networks] of [
  ['GeoIP2-City-Test', 251],
  ['GeoIP2-Country-Test', 345],
  ['GeoIP2-Enterprise-Test', 34],
  ['GeoLite2-City-Test', 242],
  ['GeoLite2-Country-Test', 244],
] as const)
  test(`every record of ${name} is what its source says, at both ends of its network`, () => {
    const { lookup } = openGeoDatabase([maxmindFile(name)])
    const source = maxmindSource(name)
    assert.equal(source.length, networks)
    for (const { first, last } of source)
      for (const number of [first, last])
        assert.deepEqual(
          lookup(addressOf(number)),
          orNull(expectedOf(sourceRecord(source, number))),
          addressOf(number),
        )
  })

test('every record of GeoLite2-ASN-Test is what its source says, beside the place of another database', () => {
  const name = 'GeoLite2-ASN-Test'
  const places = openGeoDatabase(embeddedGeoFiles())
  const both = openGeoDatabase(embeddedGeoFiles(), { asnPath: maxmindFile(name) })
  const source = maxmindSource(name)
  assert.ok(source.length > 500)
  for (const { first, last } of source)
    for (const number of [first, last]) {
      const { autonomous_system_number: asn, autonomous_system_organization } = sourceRecord(source, number)
      const { asn: found, as_org, ...place } = both.lookup(addressOf(number)) as Geo
      assert.deepEqual([found, as_org], [asn, autonomous_system_organization ?? null], addressOf(number))
      const { asn: _, as_org: __, ...alone } = places.lookup(addressOf(number)) ?? expectedOf({})
      assert.deepEqual(place, alone)
    }
})

/** Files that other readers stumble over, and that say nothing wrong to this one. */
const harmless = [
  'GeoIP2-City-Test-Broken-Double-Format',
  'libmaxminddb-corrupt-search-tree',
  'libmaxminddb-deep-array-nesting',
  'libmaxminddb-deep-nesting',
  'libmaxminddb-empty-array-last-in-metadata',
  'libmaxminddb-empty-map-last-in-metadata',
  'libmaxminddb-uint64-max-epoch',
]

test('no broken file of MaxMind’s gets into use where one is replaced, but for those that do no harm', async () => {
  const names = readdirSync(new URL('../../data/maxmind/bad-data/', import.meta.url)).map(name =>
    name.replace('.mmdb', ''),
  )
  assert.ok(names.length >= 25)
  const taken: string[] = []
  for (const name of names) {
    const path = maxmindFile(`bad-data/${name}`)
    await openCheckedFile(path).then(
      () => taken.push(name),
      (error: Error) => assert.match(error.message, /is not a sound .mmdb file/, name),
    )
  }
  assert.deepEqual(taken.sort(), harmless)
})

for (const name of harmless)
  test(`${name} gives places or none, and never an error`, () => {
    const { lookup, files } = openGeoDatabase([maxmindFile(`bad-data/${name}`)])
    assert.ok(files[0]?.builtAtMs === null || Number.isSafeInteger(files[0]?.builtAtMs))
    for (const { first } of maxmindSource('GeoIP2-City-Test')) {
      const location = lookup(addressOf(first))?.location ?? '0,0'
      const [latitude, longitude] = location.split(',').map(Number)
      assert.ok(Math.abs(latitude as number) <= 90 && Math.abs(longitude as number) <= 180, location)
    }
  })
