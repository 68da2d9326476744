import assert from 'node:assert/strict'
import { test } from 'node:test'
import { geoFromRecord, noGeo, withNetwork } from '../../../../src/core/enrichment/geo.ts'

const boxford = {
  city: { geoname_id: 1, names: { de: 'Boxford (de)', en: 'Boxford' } },
  continent: { code: 'EU', names: { en: 'Europe' } },
  country: { iso_code: 'GB', names: { de: 'Vereinigtes Königreich', en: 'United Kingdom' } },
  location: { accuracy_radius: 100, latitude: 51.75, longitude: -1.25, time_zone: 'Europe/London' },
  postal: { code: 'OX1' },
  registered_country: { iso_code: 'FR', names: { en: 'France' } },
  subdivisions: [
    { iso_code: 'ENG', names: { en: 'England' } },
    { iso_code: 'WBK', names: { en: 'West Berkshire' } },
  ],
}

const london = {
  city: 'London',
  country_code: 'GB',
  latitude: 51.51430130004883,
  longitude: -0.0912240218925476,
  postcode: '',
  state1: 'England',
  state2: '',
  timezone: '',
}

test("MaxMind's nested record fills every field, names in English", () => {
  assert.deepEqual(geoFromRecord(boxford), {
    country: { name: 'United Kingdom', code: 'GB' },
    city: 'Boxford',
    county: 'West Berkshire',
    region: 'England',
    postal: 'OX1',
    latitude: '51.75',
    longitude: '-1.25',
    location: '51.75,-1.25',
    time_zone: 'Europe/London',
    asn: null,
    as_org: null,
  })
})

test('a flat record becomes the same shape, its empty strings null', () => {
  assert.deepEqual(geoFromRecord(london), {
    country: { name: 'United Kingdom', code: 'GB' },
    city: 'London',
    county: 'England',
    region: 'England',
    postal: null,
    latitude: '51.5143',
    longitude: '-0.091224',
    location: '51.5143,-0.091224',
    time_zone: null,
    asn: null,
    as_org: null,
  })
})

test('county is the second subdivision where there is one, else the first', () => {
  assert.equal(geoFromRecord({ ...london, state2: 'Greater London' })?.county, 'Greater London')
  const onlyEngland = geoFromRecord({ ...boxford, subdivisions: boxford.subdivisions.slice(0, 1) })
  assert.equal(onlyEngland?.county, 'England')
  assert.equal(onlyEngland?.region, 'England')
})

test('where an address is registered is not where it is', () => {
  assert.equal(geoFromRecord({ registered_country: boxford.registered_country }), null)
})

test('a country code without a name gets its English one', () => {
  assert.deepEqual(geoFromRecord({ country_code: 'SE' })?.country, { name: 'Sweden', code: 'SE' })
  assert.deepEqual(geoFromRecord({ country: { iso_code: 'jp' } })?.country, { name: 'Japan', code: 'JP' })
})

test('a code that is no country keeps no name, and never throws', () => {
  // Intl.DisplayNames throws on A1.
  assert.deepEqual(geoFromRecord({ country_code: 'A1' })?.country, { name: null, code: 'A1' })
  assert.deepEqual(geoFromRecord({ country_code: 'AP' })?.country, { name: null, code: 'AP' })
  assert.equal(geoFromRecord({ country_code: 'ZZ' }), null)
})

test('a record that says nothing is no geo', () => {
  for (const record of [{}, { country_code: '', city: ' ' }, { continent: boxford.continent }, noGeo])
    assert.equal(geoFromRecord(record), null)
})

test('whatever is not a record is no geo', () => {
  for (const record of [null, undefined, 'GB', 7, [], [london], true])
    assert.equal(geoFromRecord(record), null)
})

test('fields of the wrong type are unknown and leave the others alone', () => {
  const geo = geoFromRecord({
    country: { iso_code: 44, names: 'GB' },
    city: { names: { en: 7 } },
    location: 'here',
    postal: 'OX1',
    subdivisions: { 0: 'England' },
    autonomous_system_number: 64500,
  })
  assert.deepEqual(geo, { ...noGeo, asn: 64500 })
})

test('impossible coordinates are unknown, both of them', () => {
  const impossible = [
    [90.0001, 0],
    [0, -180.0001],
    [Number.NaN, 0],
    [0, Number.POSITIVE_INFINITY],
    ['51 N', 0],
    ['', ''],
    [51.5, undefined],
  ]
  for (const [latitude, longitude] of impossible) {
    const geo = geoFromRecord({ ...london, latitude, longitude })
    assert.deepEqual(
      [geo?.latitude, geo?.longitude, geo?.location],
      [null, null, null],
      `${latitude},${longitude}`,
    )
    assert.equal(geo?.city, 'London')
  }
})

test('the ends of the earth are possible', () => {
  const locationOf = (latitude: number, longitude: number) =>
    geoFromRecord({ ...london, latitude, longitude })?.location
  assert.equal(locationOf(-90, 180), '-90,180')
  assert.equal(locationOf(-0, 0), '0,0')
})

test('coordinates are decimal numbers without float noise or exponents', () => {
  const latitudeOf = (latitude: number) => geoFromRecord({ ...london, latitude })?.latitude
  assert.equal(latitudeOf(Math.fround(-33.8688)), '-33.8688')
  assert.equal(latitudeOf(35.68536), '35.68536')
  assert.equal(latitudeOf(0.00000012), '0')
  assert.equal(latitudeOf(Math.fround(0.00000012)), '0')
})

test('an autonomous system is found in ASN files and in traits', () => {
  const telstra = { autonomous_system_number: 1221, autonomous_system_organization: 'Telstra Pty Ltd' }
  assert.deepEqual(geoFromRecord(telstra), { ...noGeo, asn: 1221, as_org: 'Telstra Pty Ltd' })
  assert.equal(geoFromRecord({ ...boxford, traits: telstra })?.asn, 1221)
})

test("IPinfo's flat record is read under its own names, with degrees and system number as text", () => {
  const record = {
    city: 'Mountain View',
    region: 'California',
    country: 'US',
    lat: '37.38605',
    lng: '-122.08385',
    postal: '94041',
    timezone: 'America/Los_Angeles',
    asn: 'AS15169',
    as_name: 'Google LLC',
  }
  assert.deepEqual(geoFromRecord(record), {
    country: { name: 'United States', code: 'US' },
    city: 'Mountain View',
    county: 'California',
    region: 'California',
    postal: '94041',
    latitude: '37.38605',
    longitude: '-122.08385',
    location: '37.38605,-122.08385',
    time_zone: 'America/Los_Angeles',
    asn: 15169,
    as_org: 'Google LLC',
  })
  const lite = { country: 'Australia', country_code: 'AU', asn: 'AS0', as_name: '' }
  assert.deepEqual(geoFromRecord(lite), { ...noGeo, country: { name: 'Australia', code: 'AU' } })
})

test('a hyphen, which IP2Location writes for what it does not know, is nothing', () => {
  const unknown = { names: { en: '-' } }
  const record = {
    country: { iso_code: '-', ...unknown },
    city: unknown,
    subdivisions: [unknown],
    postal: { code: '-' },
  }
  assert.equal(geoFromRecord(record), null)
})

test('what is too large or too odd to be the number of a system is none', () => {
  for (const asn of [0, -1, 1.5, 2 ** 32, 'AS', 'ASx', 'AS99999999999', '1.5', null, {}])
    assert.equal(geoFromRecord({ country_code: 'GB', asn })?.asn, null, String(asn))
})

test('a network comes to a place, or stands alone, and one without a number changes nothing', () => {
  const place = { ...noGeo, city: 'Kiel', asn: 1, as_org: 'Old' }
  const network = { ...noGeo, city: 'Nowhere', asn: 2, as_org: null }
  assert.deepEqual(withNetwork(place, network), { ...place, asn: 2, as_org: null })
  assert.deepEqual(withNetwork(null, network), { ...noGeo, asn: 2 })
  assert.equal(withNetwork(place, null), place)
  assert.equal(withNetwork(place, { ...network, asn: null, as_org: 'Nobody' }), place)
})
