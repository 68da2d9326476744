import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Reader, type Response } from 'mmdb-lib'
import { type Address, addressOf, isPublic } from '../../../src/adapters/mmdb-addresses.ts'
import { embeddedGeoFiles } from '../../../src/adapters/mmdb-packaged.ts'
import { treeSearch } from '../../../src/adapters/mmdb-tree.ts'
import { maxmindFile } from '../../support/maxmind-source.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
  minLength: 8,
  maxLength: 8,
})
const hex = (list: readonly number[]) => list.map(group => group.toString(16)).join(':')
const dotted = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join('.')

test('an IPv6 address has the same bits in every spelling', () => {
  fc.assert(
    fc.property(groups, all => {
      const full = hex(all)
      const tail = `${hex(all.slice(0, 6))}:${dotted(all[6] as number, all[7] as number)}`
      // The platform's own writing has the longest run of zeros as `::`.
      const short = new URL(`http://[${full}]/`).hostname.slice(1, -1)
      const [left, right] = short.split('::')
      const shortTail =
        right?.includes(':') || (right === undefined && left !== undefined)
          ? short.replace(/:([^:]+):([^:]+)$/, `:${dotted(all[6] as number, all[7] as number)}`)
          : short
      const isMapped = all[5] === 0xffff && all.slice(0, 5).every(group => group === 0)
      const expected: Address = isMapped
        ? { version: 4, bits: (all[6] as number) * 65_536 + (all[7] as number) }
        : { version: 6, groups: all }
      for (const spelling of [full, full.toUpperCase(), tail, short, shortTail, short.toUpperCase()])
        assert.deepEqual(addressOf(spelling), expected, spelling)
    }),
    { numRuns: 2000 },
  )
})

test('an IPv4 address is its four bytes', () => {
  for (const [ip, bits] of [
    ['0.0.0.0', 0],
    ['0.0.0.1', 1],
    ['81.2.69.160', 0x510245a0],
    ['255.255.255.255', 0xffffffff],
  ] as const)
    assert.deepEqual(addressOf(ip), { version: 4, bits })
  for (const ip of ['', '1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.4.5', ':', ':::', '1::2::3', 'fe80::1%1'])
    assert.equal(addressOf(ip), null, ip)
})

test('networks that are nowhere end where they end', () => {
  for (const [ip, expected] of [
    ['9.255.255.255', true],
    ['10.0.0.0', false],
    ['10.255.255.255', false],
    ['11.0.0.0', true],
    ['172.31.255.255', false],
    ['172.32.0.0', true],
    ['198.17.255.255', true],
    ['198.18.0.0', false],
    ['198.19.255.255', false],
    ['198.20.0.0', true],
    ['fbff::', true],
    ['fc00::', false],
    ['fdff:ffff::1', false],
    ['fe00::', true],
    ['febf::1', false],
    ['2001:db7:ffff::', true],
    ['2001:db8:ffff::', false],
    ['2001:db9::', true],
    ['3ffe:ffff::', true],
    ['3fff:fff::', false],
    ['3fff:1000::', true],
    ['64:ff9b:1:ffff::', false],
    ['64:ff9b:2::', true],
    ['::1', false],
    ['::2', true],
  ] as const)
    assert.equal(isPublic(addressOf(ip) as Address), expected, ip)
})

const kinds = ['ipv4', 'ipv6', 'mixed'].flatMap(kind =>
  [24, 28, 32].map(size => `MaxMind-DB-test-${kind}-${size}`),
)
for (const path of [...kinds.map(maxmindFile), ...embeddedGeoFiles()])
  test(`${path.split('/').at(-1)}: every address leads to the record to which mmdb-lib finds its way`, () => {
    const bytes = readFileSync(path)
    const reader = new Reader<Response>(bytes)
    const find = treeSearch(bytes, reader.metadata)
    // Where a record is, as its own reader finds it, before it is decoded.
    const reference = reader as unknown as { findAddressInTree(ip: string): [number | null, number] }
    const { nodeCount, searchTreeSize, ipVersion } = reader.metadata
    const random = seededRandom(11)
    let found = 0
    for (const ip of addresses(random, ipVersion)) {
      const [pointer] = reference.findAddressInTree(ip)
      const expected = pointer === null ? null : pointer - nodeCount + searchTreeSize
      assert.equal(find(addressOf(ip) as Address), expected, ip)
      if (expected !== null) found++
    }
    assert.ok(found > 20, `${found} of the addresses are in the file`)
  })

/** Small ones, where the small files are, and any. */
function* addresses({ below }: ReturnType<typeof seededRandom>, ipVersion: number): Generator<string> {
  for (let i = 0; i < 64; i++) yield `1.1.1.${i}`
  for (let i = 0; i < 3000; i++) yield [0, 0, 0, 0].map(() => below(256)).join('.')
  if (ipVersion === 4) return
  for (let i = 0; i < 128; i++) yield `::2:0:${i.toString(16)}`
  for (let i = 0; i < 3000; i++)
    yield `2${below(4096).toString(16).padStart(3, '0')}:${[0, 0, 0].map(() => below(65_536).toString(16)).join(':')}::1`
}
