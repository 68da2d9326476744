// Which addresses may be looked up at all, and their bits.
import { isIPv4, isIPv6 } from 'node:net'

/** IPv4 as an unsigned number, IPv6 as eight groups of 16 bits. */
export type Address =
  | { readonly version: 4; readonly bits: number }
  | { readonly version: 6; readonly groups: readonly number[] }

const [colon, dot, zero, nine, letterA] = [58, 46, 48, 57, 97]

/**
 * Null for what is no address. `::ffff:81.2.69.160`, in any spelling, is an IPv4 address, and only MaxMind's files find
 * it as IPv6. A zone id (`fe80::1%eth0`), which isIPv6 lets pass, belongs to a link and not to the world.
 */
export function addressOf(ip: string): Address | null {
  if (!ip.includes(':')) return isIPv4(ip) ? { version: 4, bits: bitsOf(ip) } : null
  if (!isIPv6(ip) || ip.includes('%')) return null
  const groups = groupsOf(ip)
  const isMapped = groups[5] === 0xffff && !groups.slice(0, 5).some(Boolean)
  return isMapped ? { version: 4, bits: joined(groups[6], groups[7]) } : { version: 6, groups }
}

const joined = (high = 0, low = 0): number => ((high << 16) | low) >>> 0

function bitsOf(ip: string): number {
  let bits = 0
  let byte = 0
  for (let i = 0; i < ip.length; i++) {
    const code = ip.charCodeAt(i)
    if (code !== dot) byte = byte * 10 + code - zero
    else {
      bits = (bits << 8) | byte
      byte = 0
    }
  }
  return ((bits << 8) | byte) >>> 0
}

/** Of a valid IPv6 address. By hand: split up and joined again, a text takes several times as long as its look-up. */
function groupsOf(ip: string): number[] {
  const groups = [0, 0, 0, 0, 0, 0, 0, 0]
  let count = 0
  let gap = -1
  let start = 0
  let group = 0
  for (let i = 0; i <= ip.length; i++) {
    const code = i < ip.length ? ip.charCodeAt(i) : colon
    if (code === dot) {
      const bits = bitsOf(ip.slice(start))
      groups[count++] = bits >>> 16
      groups[count++] = bits & 0xffff
      break
    }
    if (code !== colon) {
      group = group * 16 + (code <= nine ? code - zero : (code | 32) - letterA + 10)
      continue
    }
    if (i > start) groups[count++] = group
    // Nothing between two colons stands for the groups that are missing.
    else if (i < ip.length) gap = count
    group = 0
    start = i + 1
  }
  if (gap !== -1) groups.copyWithin(8 - count + gap, gap, count).fill(0, gap, 8 - count + gap)
  return groups
}

// Some vendors' files have a country for these (192.168.1.1 is Australian in one), so they are never looked up.
const notPublicV4 = networks([
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier-grade NAT
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24], // documentation, as the next two groups of three
  ['192.88.99.0', 24], // once anycast relays of 6to4
  ['192.168.0.0', 16],
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4],
])
const notPublicV6 = networks([
  ['::', 127], // unspecified and loopback
  ['64:ff9b:1::', 48],
  ['100::', 64], // discard
  ['2001:2::', 48], // benchmarks
  ['2001:10::', 28], // identifiers, not places
  ['2001:20::', 28],
  ['2001:db8::', 32], // documentation
  ['3fff::', 20], // documentation
  ['5f00::', 16], // segment routing
  ['fc00::', 7], // unique local
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8], // multicast
])

/** Whether an address can be anywhere at all. */
export function isPublic(address: Address): boolean {
  return address.version === 4
    ? !notPublicV4.some(({ groups, prefix }) => {
        const shift = 32 - prefix
        return address.bits >>> shift === joined(groups[0], groups[1]) >>> shift
      })
    : !notPublicV6.some(network => holds(network, address.groups))
}

type Network = { readonly groups: readonly number[]; readonly prefix: number }

function networks(list: readonly (readonly [string, number])[]): readonly Network[] {
  return list.map(([address, prefix]) => ({
    groups: address.includes(':') ? groupsOf(address) : [bitsOf(address) >>> 16, bitsOf(address) & 0xffff],
    prefix,
  }))
}

function holds({ groups, prefix }: Network, address: readonly number[]): boolean {
  for (let i = 0; 16 * i < prefix; i++) {
    const shift = Math.max(0, 16 * (i + 1) - prefix)
    if ((address[i] as number) >> shift !== (groups[i] as number) >> shift) return false
  }
  return true
}
