// Snappy, read only: https://github.com/google/snappy/blob/main/format_description.txt, bare as librdkafka writes
// it, or in the blocks of snappy-java, as the Java client does.
import { Inflated, UnreadableBatchError } from './kafka-inflated.ts'

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** Magic, and two versions of four bytes each. */
const xerialHeaderBytes = 16

/** @throws UnreadableBatchError for what is not Snappy, or holds more than `limit` bytes */
export function readSnappy(source: Buffer, limit: number): Buffer {
  const inflated = new Inflated(limit)
  if (!source.subarray(0, xerialMagic.length).equals(xerialMagic)) {
    readBlock(source, inflated)
    return inflated.bytes
  }
  let at = xerialHeaderBytes
  while (at < source.length) {
    const size = numberAt(source, at, 4, 'BE')
    const block = source.subarray(at + 4, at + 4 + size)
    if (block.length < size) throw new UnreadableBatchError('a Snappy block is cut short')
    readBlock(block, inflated)
    at += 4 + size
  }
  return inflated.bytes
}

function readBlock(block: Buffer, inflated: Inflated): void {
  const { value: size, next } = lengthOf(block)
  const start = inflated.length
  for (let at = next; at < block.length; ) at = readElement(block, at, inflated)
  if (inflated.length - start !== size)
    throw new UnreadableBatchError('a Snappy block is not as long as it says')
}

/** Reads the literal or the repetition at `at`; gives where the next one begins. */
function readElement(block: Buffer, at: number, inflated: Inflated): number {
  const tag = block[at]!
  const size = (tag >>> 2) + 1
  switch (tag & 3) {
    case 0: {
      // From 60 on the length stands in one to four bytes of its own.
      const bytes = Math.max(0, size - 60)
      const count = bytes === 0 ? size : numberAt(block, at + 1, bytes, 'LE') + 1
      inflated.append(block, at + 1 + bytes, count)
      return at + 1 + bytes + count
    }
    case 1:
      inflated.repeat(((tag >>> 5) << 8) | numberAt(block, at + 1, 1, 'LE'), ((tag >>> 2) & 7) + 4)
      return at + 2
    case 2:
      inflated.repeat(numberAt(block, at + 1, 2, 'LE'), size)
      return at + 3
    default:
      inflated.repeat(numberAt(block, at + 1, 4, 'LE'), size)
      return at + 5
  }
}

/** The uncompressed length: seven bits a byte, the lowest first. */
function lengthOf(block: Buffer): { value: number; next: number } {
  let value = 0
  for (let at = 0; at < 5; at++) {
    const byte = numberAt(block, at, 1, 'LE')
    value += (byte & 127) * 2 ** (7 * at)
    if (byte < 128) return { value, next: at + 1 }
  }
  throw new UnreadableBatchError('a Snappy block has no length')
}

function numberAt(source: Buffer, at: number, bytes: number, order: 'LE' | 'BE'): number {
  if (at + bytes > source.length) throw new UnreadableBatchError('Snappy data end too early')
  return order === 'LE' ? source.readUIntLE(at, bytes) : source.readUIntBE(at, bytes)
}
