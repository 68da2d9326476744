// The search tree of an MMDB file (https://maxmind.github.io/MaxMind-DB/). Not mmdb-lib's own, which validates and
// splits the text of every address anew and begins at the root: a table for the first 16 bits saves most of the way.
import type { Metadata } from 'mmdb-lib/lib/metadata.js'
import type { Address } from './mmdb-addresses.ts'

type Tree = Pick<Metadata, 'nodeCount' | 'nodeByteSize' | 'searchTreeSize' | 'ipVersion'>

/** What a node has for a bit: below `nodeCount` another node, equal nothing, above the place of a record. */
export type ChildOf = (node: number, bit: number) => number

export function childReader(bytes: Buffer, nodeByteSize: number): ChildOf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  switch (nodeByteSize) {
    case 6:
      return (node, bit) => view.getUint32(node * 6 + bit * 3) >>> 8
    case 7:
      // The middle byte has four bits of either.
      return (node, bit) => {
        if (bit === 1) return view.getUint32(node * 7 + 3) & 0xfffffff
        const word = view.getUint32(node * 7)
        return ((word & 0xf0) << 20) | (word >>> 8)
      }
    default:
      return (node, bit) => view.getUint32(node * 8 + bit * 4)
  }
}

/** Finds where in the file an address's record is, null where there is none. The tree must be of its IP version. */
export function treeSearch(bytes: Buffer, tree: Tree): (address: Address) => number | null {
  const { nodeCount, searchTreeSize } = tree
  const childOf = childReader(bytes, tree.nodeByteSize)
  const table4 = firstBits(childOf, ipv4Start(childOf, tree), nodeCount)
  const table6 = tree.ipVersion === 6 ? firstBits(childOf, 0, nodeCount) : null

  function descend(from: number, bits: number, count: number): number {
    let value = from
    for (let shift = count - 1; shift >= 0 && value < nodeCount; shift--)
      value = childOf(value, (bits >>> shift) & 1)
    return value
  }

  function leafOf(address: Address): number {
    if (address.version === 4) return descend(table4[address.bits >>> 16] as number, address.bits, 16)
    const { groups } = address
    let value = table6 === null ? nodeCount : (table6[groups[0] as number] as number)
    for (let i = 1; i < 8 && value < nodeCount; i++) value = descend(value, groups[i] as number, 16)
    return value
  }

  return address => {
    const value = leafOf(address)
    return value > nodeCount ? value - nodeCount + searchTreeSize : null
  }
}

/** An IPv6 tree has IPv4 below 96 zeros. */
function ipv4Start(childOf: ChildOf, { ipVersion, nodeCount }: Tree): number {
  let value = 0
  if (ipVersion === 6) for (let i = 0; i < 96 && value < nodeCount; i++) value = childOf(value, 0)
  return value
}

/** Where each of the 65,536 beginnings of an address leads. */
function firstBits(childOf: ChildOf, start: number, nodeCount: number): Uint32Array {
  const table = new Uint32Array(65_536)
  const fill = (value: number, from: number, size: number): void => {
    if (size === 1 || value >= nodeCount) {
      table.fill(value, from, from + size)
      return
    }
    fill(childOf(value, 0), from, size / 2)
    fill(childOf(value, 1), from + size / 2, size / 2)
  }
  fill(start, 0, 65_536)
  return table
}
