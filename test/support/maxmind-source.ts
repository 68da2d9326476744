// MaxMind's public test databases, and the JSON that they were made from.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const folder = new URL('../data/maxmind/', import.meta.url)

// biome-ignore lint/suspicious/noExplicitAny: a vendor's JSON, looked into at will
export type SourceRecord = any
export type SourceNetwork = {
  readonly first: bigint
  readonly last: bigint
  readonly length: number
  readonly record: SourceRecord
}

export const maxmindFile = (name: string): string => new URL(`${name}.mmdb`, folder).pathname

export function maxmindSource(name: string): readonly SourceNetwork[] {
  const entries: Record<string, SourceRecord>[] = JSON.parse(
    gunzipSync(readFileSync(new URL(`${name}.json.gz`, folder))).toString(),
  )
  return entries.flatMap(Object.entries).map(([network, record]) => ({ ...rangeOf(network), record }))
}

/** IPv4 is written both as a.b.c.d/n and as ::a.b.c.d/(96 + n). */
function rangeOf(network: string): Omit<SourceNetwork, 'record'> {
  const [address = '', prefix = ''] = network.split('/')
  const length = Number(prefix) + (address.includes(':') ? 0 : 96)
  const size = 1n << BigInt(128 - length)
  const number = numberOf(address)
  // Not every one begins where a network of its size does.
  const first = number - (number % size)
  return { first, last: first + size - 1n, length }
}

function numberOf(address: string): bigint {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const ipv4 = dotted?.slice(1).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n) ?? 0n
  const ipv6 = dotted === null ? address : `${address.slice(0, dotted.index)}0:0`
  if (!ipv6.includes(':') || dotted?.index === 0) return ipv4
  const [left = '', right = ''] = ipv6.split('::')
  const groups = (side: string) => (side === '' ? [] : side.split(':'))
  const missing = ipv6.includes('::') ? 8 - groups(left).length - groups(right).length : 0
  const all = [...groups(left), ...Array<string>(missing).fill('0'), ...groups(right)]
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n) + ipv4
}

/** As events have it: IPv4 in dots. */
export function addressOf(number: bigint): string {
  if (number >> 32n === 0n) return [24n, 16n, 8n, 0n].map(bits => Number((number >> bits) & 255n)).join('.')
  return Array.from({ length: 8 }, (_, i) =>
    Number((number >> BigInt(112 - 16 * i)) & 65_535n).toString(16),
  ).join(':')
}

/** What the source says of an address: the smallest network counts, and of two equal ones the later. */
export function sourceRecord(networks: readonly SourceNetwork[], address: bigint): SourceRecord {
  return networks
    .filter(({ first, last }) => first <= address && address <= last)
    .reduce<SourceNetwork | undefined>(
      (best, network) => (best === undefined || network.length >= best.length ? network : best),
      undefined,
    )?.record
}
