import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openGeoDatabase } from '../../../src/adapters/mmdb-geo.ts'
import { developmentCityFiles, embeddedGeoFiles } from '../../../src/adapters/mmdb-packaged.ts'
import { type MmdbValue, mmdbFile } from '../../support/mmdb-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'mmdb-geo-'))
after(() => rmSync(folder, { recursive: true }))

function written(name: string, bytes: Buffer | string): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const record = (city: string): MmdbValue => ({ country_code: 'GB', city })
const v4Path = written(
  'v4.mmdb',
  mmdbFile(
    { '81.2.69.0/24': record('London'), '32.1.0.0/16': record('Ashburn') },
    { ipVersion: 4, type: 'city ipv4' },
  ),
)
const v6Path = written(
  'v6.mmdb',
  mmdbFile({ '2001:218::/32': record('Tokyo') }, { ipVersion: 6, type: 'city ipv6' }),
)
const bothPath = written(
  'both.mmdb',
  mmdbFile(
    {
      '81.2.69.0/24': {
        country: { iso_code: 'GB' },
        location: { latitude: 51.5142, longitude: { float32: -0.0931 } },
      },
      '2001:218::/32': { country: { iso_code: 'JP' } },
    },
    { ipVersion: 6, type: 'GeoIP2-City', buildEpochSeconds: 1_770_245_369 },
  ),
)

const australia = record('Australia')
const everywhere = openGeoDatabase([
  written('everywhere.mmdb', mmdbFile({ '::/1': australia, '8000::/1': australia }, { ipVersion: 6 })),
])

test('one file answers for both IP versions, and tells what it is', () => {
  const { lookup, files } = openGeoDatabase([bothPath])
  assert.deepEqual(files, [
    {
      path: bothPath,
      type: 'GeoIP2-City',
      builtAtMs: 1_770_245_369_000,
      ipVersion: 6,
      holds: 'places',
    },
  ])
  assert.equal(lookup('81.2.69.160')?.location, '51.5142,-0.0931')
  assert.equal(lookup('2001:218::1')?.country.name, 'Japan')
  assert.equal(lookup('9.9.9.9'), null)
})

test('two files share the work, in either order', () => {
  for (const paths of [
    [v4Path, v6Path],
    [v6Path, v4Path],
  ]) {
    const { lookup } = openGeoDatabase(paths)
    assert.equal(lookup('81.2.69.160')?.city, 'London')
    assert.equal(lookup('2001:218::1')?.city, 'Tokyo')
  }
})

test('an IPv6 address is nowhere in an IPv4-only file', () => {
  // 32.1.x.x is how the first 32 bits of 2001:… read as IPv4.
  const { lookup } = openGeoDatabase([v4Path])
  assert.equal(lookup('32.1.0.1')?.city, 'Ashburn')
  assert.equal(lookup('2001:218::1'), null)
})

test('malformed addresses are nowhere, even where every address has a place', () => {
  const malformed = [
    '',
    ' ',
    '81.2.69',
    '81.2.69.999',
    '81.2.69.0160',
    '81.2.69.160:443',
    'localhost',
    '::ffff:',
    '%',
  ]
  const mapped = ['::ffff:81.2.69.999', '::ffff:81.2', ':::ffff:81.2.69.160']
  const decorated = ['81.2.69.160, 10.0.0.1', '[2a02:c7d:1::1]', '2a02:c7d:1::1%eth0', ' 81.2.69.160']
  for (const ip of [...malformed, ...mapped, ...decorated]) assert.equal(everywhere.lookup(ip), null, ip)
})

test('an IPv4 address mapped into IPv6 is found in any spelling', () => {
  const { lookup } = openGeoDatabase([v4Path])
  for (const ip of [
    '::ffff:81.2.69.160',
    '::FFFF:5102:45a0',
    '0:0:0:0:0:ffff:81.2.69.160',
    '0000::ffff:5102:45A0',
  ])
    assert.equal(lookup(ip)?.city, 'London', ip)
  assert.equal(lookup('1::ffff:81.2.69.160'), null, 'looks alike, and is an IPv6 address')
})

test('private and reserved addresses are nowhere, even when the file has a place for them', () => {
  assert.equal(everywhere.lookup('8.8.8.8')?.city, 'Australia')
  assert.equal(everywhere.lookup('2a02:c7d:1::1')?.city, 'Australia')
  const v4 = [
    '10.1.2.3',
    '127.0.0.1',
    '169.254.9.9',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
  ]
  const v4Reserved = [
    '192.0.2.1',
    '198.19.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '255.255.255.255',
  ]
  const v6 = [
    '::',
    '::1',
    'fd00::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '2001:db8::1',
    '::ffff:192.168.1.1',
  ]
  for (const ip of [...v4, ...v4Reserved, ...v6]) assert.equal(everywhere.lookup(ip), null, ip)
  const justOutside = [
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '192.169.0.1',
    '11.0.0.1',
    '9.9.9.9',
  ]
  for (const ip of [...justOutside, '223.255.255.255', 'fbff::1', '2001:db7::1'])
    assert.equal(everywhere.lookup(ip)?.city, 'Australia', ip)
})

test('a damaged record is no place, every time, and the others are as they were', () => {
  const damaged = Buffer.from([0xe5, 0x00, 0x00])
  const path = written(
    'damaged-record.mmdb',
    mmdbFile({ '81.2.69.0/24': record('London'), '5.5.5.0/24': damaged }, { ipVersion: 4 }),
  )
  const { lookup } = openGeoDatabase([path])
  assert.equal(lookup('5.5.5.5'), null)
  assert.equal(lookup('5.5.5.5'), null)
  assert.equal(lookup('81.2.69.160')?.city, 'London')
})

test('the same address gives the same answer from the cache', () => {
  const { lookup } = openGeoDatabase([v4Path])
  assert.equal(lookup('81.2.69.1'), lookup('81.2.69.1'))
  assert.deepEqual(lookup('81.2.69.1'), lookup('81.2.69.2'))
})

test('a missing file is refused with its name and what to do', () => {
  const path = join(folder, 'no-such.mmdb')
  assert.throws(
    () => openGeoDatabase([path]),
    (error: Error) => error.message.includes(path) && /ENOENT.*GEO_DATABASE/.test(error.message),
  )
  assert.throws(() => openGeoDatabase([folder]), /EISDIR/)
})

function withNodeCount(file: Buffer, count: number): Buffer {
  const bytes = Buffer.from(file)
  bytes.writeUInt32BE(count, bytes.lastIndexOf('node_count') + 'node_count'.length + 1)
  return bytes
}

test('a broken file is refused with its name and what to do', () => {
  const sound = readFileSync(bothPath)
  const broken: Record<string, Buffer | string> = {
    'empty.mmdb': '',
    'text.mmdb': 'Moved permanently',
    'truncated.mmdb': sound.subarray(0, sound.length - 40),
    'beheaded.mmdb': sound.subarray(1200),
    'marker.mmdb': Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
  }
  for (const [name, bytes] of Object.entries(broken)) {
    const path = written(name, bytes)
    assert.throws(
      () => openGeoDatabase([path]),
      (error: Error) =>
        error.message.includes(path) && /not a sound .mmdb file: .*GEO_DATABASE/.test(error.message),
      name,
    )
  }
})

test('a search tree larger than its file is noticed on opening', () => {
  const path = written('large-tree.mmdb', withNodeCount(readFileSync(bothPath), 1_000_000))
  assert.throws(() => openGeoDatabase([path]), /the search tree does not fit the file/)
})

test('two files for one IP version, none, or three are refused', () => {
  assert.throws(() => openGeoDatabase([v4Path, v4Path]), /both are for IPv4/)
  assert.throws(() => openGeoDatabase([v6Path, bothPath]), /both are for IPv6/)
  assert.throws(() => openGeoDatabase([]), /got 0 files/)
  assert.throws(() => openGeoDatabase([v4Path, v6Path, bothPath]), /got 3 files/)
})

test('the embedded database knows the country of both IP versions', () => {
  const { lookup, files } = openGeoDatabase(embeddedGeoFiles())
  assert.equal(files.length, 1)
  assert.deepEqual(lookup('81.2.69.160')?.country, { name: 'United Kingdom', code: 'GB' })
  assert.equal(lookup('2a02:c7d:1::1')?.country.code, 'GB')
  assert.equal(lookup('::ffff:81.2.69.160')?.country.code, 'GB')
  assert.equal(lookup('192.168.1.1'), null)
})

test('the development city files are a pair that has coordinates', t => {
  const files = developmentCityFiles()
  if (files === null) return t.skip('not installed: npm ci --omit=dev')
  const { lookup } = openGeoDatabase(files)
  // Cities of free databases are hints that change with every edition; that there is one is what counts.
  for (const ip of ['81.2.69.160', '2a02:c7d:1::1']) {
    const geo = lookup(ip)
    assert.equal(geo?.country.code, 'GB')
    assert.match(geo?.location ?? '', /^-?\d+(\.\d+)?,-?\d+(\.\d+)?$/)
    assert.ok(geo?.city)
  }
})
