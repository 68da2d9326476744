// Which addresses may be looked up at all, and how they are written.
import { BlockList, isIP } from 'node:net'

/** `::ffff:81.2.69.160`, in any spelling, is an IPv4 address, and only MaxMind's files find it as IPv6. */
export function withoutIPv4Mapping(ip: string): string {
  if (!ip.includes(':')) return ip
  const mapped = /^[0:]*:ffff:(?:([\d.]+)|([\da-f]{1,4}):([\da-f]{1,4}))$/i.exec(ip)
  if (mapped === null || isIP(ip) !== 6) return ip
  const [, dotted, high, low] = mapped
  if (dotted !== undefined) return dotted
  const bits = [Number.parseInt(high!, 16), Number.parseInt(low!, 16)]
  return bits.flatMap(pair => [pair >> 8, pair & 0xff]).join('.')
}

// Some vendors' files have a country for these (192.168.1.1 is Australian in one), so they are never looked up.
const notPublicV4 = blockList('ipv4', [
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
const notPublicV6 = blockList('ipv6', [
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

/** Whether an address, of this IP version, can be anywhere at all. */
export function isPublic(address: string, version: number): boolean {
  return version === 4 ? !notPublicV4.check(address, 'ipv4') : !notPublicV6.check(address, 'ipv6')
}

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family)
  return list
}
