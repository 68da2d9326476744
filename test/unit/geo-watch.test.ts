import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openGeoDatabase } from '../../src/adapters/mmdb-geo.ts'
import { geoFigures, geoStaleAfterMs, watchGeo } from '../../src/geo-watch.ts'
import type { WorkerEvent } from '../../src/ports/telemetry.ts'
import { mmdbFile } from '../support/mmdb-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'geo-watch-'))
after(() => rmSync(folder, { recursive: true }))
const builtAtMs = 1_700_000_000_000

/** The records come before the names, so that a part of the file has all of the tree and some of the records. */
const cityFile = (city: string, networks = 40): Buffer =>
  mmdbFile(
    Object.fromEntries(
      Array.from({ length: networks }, (_, i) => [
        `81.${i}.0.0/16`,
        { country_code: 'GB', city: `${city} ${i}` },
      ]),
    ),
    { ipVersion: 4, type: `city of ${city}`, buildEpochSeconds: builtAtMs / 1000 },
  )

let files = 0
function watched(first: Buffer, nowMs = builtAtMs) {
  const path = join(folder, `${files++}.mmdb`)
  writeFileSync(path, first)
  const told: WorkerEvent[] = []
  const clock = { now: () => nowMs, monotonic: () => 0 }
  const geo = openGeoDatabase([path])
  const watch = watchGeo(geo, event => told.push(event), clock, 3_600_000)
  after(() => watch.stop())
  return { path, geo, told, clock, look: watch.look, city: () => geo.lookup('81.7.0.1')?.city }
}

test('a file that is moved into place is taken once it has been at rest for one look', async () => {
  const { path, told, look, city, geo } = watched(cityFile('Paris'))
  assert.equal(city(), 'Paris 7')
  await look()
  writeFileSync(`${path}.new`, cityFile('Rome'))
  renameSync(`${path}.new`, path)
  await look()
  assert.equal(city(), 'Paris 7', 'it might still be written to')
  await look()
  assert.equal(city(), 'Rome 7', 'the answers from the cache are gone too')
  assert.deepEqual(told, [{ kind: 'GeoDatabaseReloaded', path, type: 'city of Rome', days: 0 }])
  assert.equal(geo.files[0]?.type, 'city of Rome')
  await look()
  assert.equal(told.length, 1)
})

test('a file that is written bit by bit is never taken before it is whole, however slowly it comes', async () => {
  const { path, told, look, city } = watched(cityFile('Paris'))
  const next = cityFile('Rome')
  for (let length = 0; length < next.length; length += 97) {
    writeFileSync(path, next.subarray(0, length))
    await look()
    await look()
    assert.equal(city(), 'Paris 7', `${length} of ${next.length} bytes`)
  }
  assert.ok(told.length > 10)
  for (const event of told) assert.equal(event.kind, 'GeoDatabaseRefused')
  writeFileSync(path, next)
  await look()
  await look()
  assert.equal(city(), 'Rome 7')
  assert.equal(told.at(-1)?.kind, 'GeoDatabaseReloaded')
})

test('a file that is overwritten in place is not taken while it is half the old and half the new one', async () => {
  const old = cityFile('Paris', 200)
  const { path, told, look, city } = watched(old)
  const next = cityFile('Saint Petersburg', 90)
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    const length = Math.floor(next.length * share)
    writeFileSync(path, Buffer.concat([next.subarray(0, length), old.subarray(length)]))
    await look()
    await look()
    assert.equal(city(), 'Paris 7', `${share}`)
  }
  assert.ok(told.some(({ kind }) => kind === 'GeoDatabaseRefused'))
})

test('a bad file is told of once, the one before stays in use, and the next good one is taken', async () => {
  const { path, told, look, city, geo } = watched(cityFile('Paris'))
  truncateSync(path, 100)
  for (let i = 0; i < 4; i++) await look()
  assert.equal(city(), 'Paris 7')
  assert.equal(geo.lookup('81.8.0.1')?.city, 'Paris 8', 'also where no cache helps')
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['GeoDatabaseRefused'],
  )
  assert.match((told[0] as { reason: string }).reason, /is not a sound .mmdb file/)
  writeFileSync(path, cityFile('Rome'))
  await look()
  await look()
  assert.equal(city(), 'Rome 7')
})

test('a file that is gone is told of once, and taken when it is back', async () => {
  const { path, told, look, city } = watched(cityFile('Paris'))
  const bytes = readFileSync(path)
  rmSync(path)
  for (let i = 0; i < 3; i++) await look()
  assert.equal(city(), 'Paris 7')
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['GeoDatabaseRefused'],
  )
  writeFileSync(path, bytes)
  await look()
  await look()
  assert.equal(told.at(-1)?.kind, 'GeoDatabaseReloaded')
})

test('look-ups go on while a file is read', async () => {
  const { path, look, city } = watched(cityFile('Paris'))
  writeFileSync(path, cityFile('Rome', 250))
  await look()
  let isDone = false
  const looking = look().then(() => {
    isDone = true
  })
  const seen = new Set<string | null | undefined>()
  while (!isDone) {
    seen.add(city())
    await new Promise(setImmediate)
  }
  await looking
  seen.add(city())
  assert.deepEqual([...seen], ['Paris 7', 'Rome 7'])
})

test('an old file is told of at the start, and once a day; a new one in its place has its own age', async () => {
  const day = 86_400_000
  const { told, look, clock, geo } = watched(cityFile('Paris'), builtAtMs + geoStaleAfterMs + 5 * day)
  const aged = () => told.filter(({ kind }) => kind === 'GeoDatabaseAged').length
  assert.deepEqual(told, [{ kind: 'GeoDatabaseAged', path: geo.files[0]?.path, days: 185 }])
  await look()
  assert.equal(aged(), 1)
  const now = clock.now()
  clock.now = () => now + day
  await look()
  assert.equal(aged(), 2)
  assert.deepEqual(geoFigures(geo, now), [{ holds: 'places', ageMs: 185 * day }])
})

test('a file that is not old is told of to nobody', () => {
  const { told } = watched(cityFile('Paris'), builtAtMs + geoStaleAfterMs)
  assert.deepEqual(told, [])
})
