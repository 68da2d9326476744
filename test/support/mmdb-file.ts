// Writes small MMDB files (https://maxmind.github.io/MaxMind-DB/), so that tests can have any schema and any damage.
import { isIP } from 'node:net'

/** A record's value; a Buffer goes into the file as it is, sound or not. */
export type MmdbValue =
  | string
  | number
  | Float32
  | Buffer
  | readonly MmdbValue[]
  | { readonly [key: string]: MmdbValue }

/** A number stored in four bytes, as some vendors do. */
export type Float32 = { readonly float32: number }

export type MmdbOptions = {
  readonly ipVersion: 4 | 6
  readonly type?: string
  readonly buildEpochSeconds?: number
}

/** @param networks records by network: `81.2.69.0/24`, `2001:218::/32` */
export function mmdbFile(networks: Readonly<Record<string, MmdbValue>>, options: MmdbOptions): Buffer {
  const root = newNode()
  const data: Buffer[] = []
  let dataLength = 0
  for (const [network, record] of Object.entries(networks)) {
    plant(root, bitsOf(network, options.ipVersion), dataLength)
    const bytes = encode(record)
    data.push(bytes)
    dataLength += bytes.length
  }
  const nodes = numbered(root)
  const tree = Buffer.alloc(nodes.length * 6)
  const numberOf = new Map(nodes.map((node, index) => [node, index]))
  nodes.forEach((node, index) => {
    node.forEach((child, side) => {
      const value =
        child === null
          ? nodes.length
          : typeof child === 'number'
            ? nodes.length + 16 + child
            : numberOf.get(child)!
      tree.writeUIntBE(value, index * 6 + side * 3, 3)
    })
  })
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: options.buildEpochSeconds ?? 1_700_000_000,
    database_type: options.type ?? 'Test',
    ip_version: options.ipVersion,
    node_count: nodes.length,
    record_size: 24,
  })
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    metadata,
  ])
}

type Node = [Node | number | null, Node | number | null]
const newNode = (): Node => [null, null]

function plant(root: Node, bits: readonly number[], offset: number): void {
  let node = root
  for (const bit of bits.slice(0, -1)) {
    const next = node[bit]
    const child = Array.isArray(next) ? next : newNode()
    node[bit] = child
    node = child
  }
  node[bits.at(-1)!] = offset
}

function numbered(node: Node): Node[] {
  return [node, ...node.flatMap(child => (Array.isArray(child) ? numbered(child) : []))]
}

function bitsOf(network: string, ipVersion: 4 | 6): number[] {
  const [address = '', prefix = ''] = network.split('/')
  const isV4 = isIP(address) === 4
  const bytes = isV4 ? address.split('.').map(Number) : ipv6Bytes(address)
  const bits = bytes
    .flatMap(byte => [...byte.toString(2).padStart(8, '0')].map(Number))
    .slice(0, Number(prefix))
  return isV4 && ipVersion === 6 ? [...Array<number>(96).fill(0), ...bits] : bits
}

function ipv6Bytes(address: string): number[] {
  const [left = '', right = ''] = address.split('::')
  const groups = (side: string) =>
    side === '' ? [] : side.split(':').map(group => Number.parseInt(group, 16))
  const middle = Array<number>(8 - groups(left).length - groups(right).length).fill(0)
  return [...groups(left), ...middle, ...groups(right)].flatMap(group => [group >> 8, group & 0xff])
}

function encode(value: MmdbValue): Buffer {
  if (Buffer.isBuffer(value)) return value
  if (typeof value === 'string')
    return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)])
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? uint32(value) : double(value)
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)])
  if (isFloat32(value)) return float(value.float32)
  const entries = Object.entries(value as Record<string, MmdbValue>)
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, item]) => [encode(key), encode(item)]),
  ])
}

const isFloat32 = (value: object): value is Float32 => 'float32' in value

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = (6 << 5) | 4
  bytes.writeUInt32BE(value, 1)
  return bytes
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = (3 << 5) | 8
  bytes.writeDoubleBE(value, 1)
  return bytes
}

function float(value: number): Buffer {
  const bytes = Buffer.concat([control(15, 4), Buffer.alloc(4)])
  bytes.writeFloatBE(value, bytes.length - 4)
  return bytes
}

/** Types over 7 take a second byte; sizes here stay under 285. */
function control(type: number, size: number): Buffer {
  const first = type > 7 ? 0 : type << 5
  const extended = type > 7 ? [type - 7] : []
  return size < 29
    ? Buffer.from([first | size, ...extended])
    : Buffer.from([first | 29, ...extended, size - 29])
}
