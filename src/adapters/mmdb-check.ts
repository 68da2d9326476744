// Reads a whole MMDB file (https://maxmind.github.io/MaxMind-DB/) before anything depends on it: a file that is half
// the old and half the new one has sound metadata, and answers with places of other addresses.
import { setImmediate } from 'node:timers/promises'
import decoderModule from 'mmdb-lib/lib/decoder.js'
import type { Metadata } from 'mmdb-lib/lib/metadata.js'
import { childReader } from './mmdb-tree.ts'

/** Zeros between the tree and the data. */
export const separatorBytes = 16
const metadataMarker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
/** How long others may have to wait. */
const sliceMs = 4

/** @throws Error when the tree leads out of the file, in circles, too deep, or to a record that cannot be read */
export async function checkEveryRecord(bytes: Buffer, metadata: Metadata): Promise<void> {
  const { nodeCount, nodeByteSize, searchTreeSize, ipVersion } = metadata
  const addressBits = ipVersion === 4 ? 32 : 128
  if (bytes.subarray(searchTreeSize, searchTreeSize + separatorBytes).some(byte => byte !== 0))
    throw new Error('the search tree and the data are not where the metadata says')
  const childOf = childReader(bytes, nodeByteSize)
  const checkRecord = recordCheck(bytes, metadata)
  const isOnPath = new Uint8Array(nodeCount)
  const isDone = new Uint8Array(nodeCount)
  const pause = pauses()
  // Depth first; a node that is met again on its own path closes a circle. Below zero: all below that node is done.
  const path = [0]
  let depth = 0
  for (let node = path.pop(); node !== undefined; node = path.pop()) {
    if (node < 0) {
      isOnPath[~node] = 0
      isDone[~node] = 1
      depth--
      continue
    }
    if (isDone[node]) continue
    if (isOnPath[node]) throw new Error('the search tree runs in a circle')
    if (++depth > addressBits) throw new Error('the search tree is deeper than an address is long')
    isOnPath[node] = 1
    path.push(~node)
    for (const value of [childOf(node, 0), childOf(node, 1)])
      if (value > nodeCount) checkRecord(value)
      else if (value < nodeCount && !isDone[value]) path.push(value)
    await pause()
  }
}

function recordCheck(bytes: Buffer, { nodeCount, searchTreeSize }: Metadata): (value: number) => void {
  const dataStart = searchTreeSize + separatorBytes
  const dataEnd = bytes.lastIndexOf(metadataMarker)
  const decoder = new decoderModule.default(bytes, dataStart)
  // A bit for each byte; a set of a million records would stop everything whenever it grows.
  const isChecked = new Uint8Array(Math.ceil(Math.max(0, dataEnd - dataStart) / 8))
  return value => {
    const offset = value - nodeCount + searchTreeSize
    if (offset < dataStart || offset >= dataEnd) throw new Error('the search tree leads out of the file')
    const [byte, bit] = [(offset - dataStart) >> 3, 1 << ((offset - dataStart) & 7)]
    if ((isChecked[byte] as number) & bit) return
    isChecked[byte] = (isChecked[byte] as number) | bit
    const { value: record, offset: end } = decoder.decode(offset)
    if (typeof record !== 'object' || record === null || end > dataEnd)
      throw new Error('a record cannot be read')
  }
}

/** Lets others run when a slice is over; asks for the time only now and then. */
function pauses(): () => Promise<void> | undefined {
  let calls = 0
  let since = performance.now()
  return () => {
    if (++calls % 64 !== 0 || performance.now() - since < sliceMs) return undefined
    return setImmediate().then(() => {
      since = performance.now()
    })
  }
}
