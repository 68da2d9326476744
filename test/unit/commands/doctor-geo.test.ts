import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { geoCheck } from '../../../src/commands/doctor-geo.ts'

const data = join(import.meta.dirname, '../../data/maxmind')
const found = async (geoDatabase: string, geoAsnDatabase = '') =>
  (await geoCheck({ geoDatabase, geoAsnDatabase }).run()).message

test('the embedded geo database is told of in words, without its path', async () => {
  assert.match(
    await found(''),
    /^the embedded one: countries of IPv4 and IPv6 addresses, built \d{4}-\d\d-\d\d$/,
  )
})

test('a geo database of one’s own is told of by its path and what it knows', async () => {
  const [cities, networks] = [join(data, 'GeoLite2-City-Test.mmdb'), join(data, 'GeoLite2-ASN-Test.mmdb')]
  const message = await found(cities, networks)
  assert.ok(message.includes(`${cities}: cities of IPv4 and IPv6 addresses, built `), message)
  assert.ok(message.includes(`; ${networks}: networks of IPv4 and IPv6 addresses, built `), message)
})

test('a geo database of a type that is not known is told of by that type', async () => {
  const message = await found(join(data, 'MaxMind-DB-test-ipv4-24.mmdb'))
  assert.match(message, /: data of the type "Test" of IPv4 addresses alone, built /)
})
