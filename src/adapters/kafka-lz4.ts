// LZ4 frames, read only: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md. Checksums are skipped: the
// broker has checked the whole batch's.
import { Inflated, UnreadableBatchError } from './kafka-inflated.ts'

const frameMagic = 0x184d2204
const skippableMagic = 0x184d2a50
const isStored = 0x8000_0000
const flags = { blockChecksum: 16, contentSize: 8, contentChecksum: 4, dictionary: 1 } as const
/** Lengths that do not fit four bits go on in bytes of their own. */
const longLength = 15
const leastRepeat = 4

/** @throws UnreadableBatchError for what is no LZ4 frame, or holds more than `limit` bytes */
export function readLz4(source: Buffer, limit: number): Buffer {
  const inflated = new Inflated(limit)
  let at = 0
  do at = readFrame(source, at, inflated)
  while (at < source.length)
  return inflated.bytes
}

function readFrame(source: Buffer, start: number, inflated: Inflated): number {
  const magic = uint(source, start, 4)
  if ((magic & ~15) >>> 0 === skippableMagic) return start + 8 + uint(source, start + 4, 4)
  if (magic !== frameMagic) throw new UnreadableBatchError('not an LZ4 frame')
  const flag = uint(source, start + 4, 1)
  if (flag >>> 6 !== 1) throw new UnreadableBatchError('an LZ4 frame of another version')
  if (flag & flags.dictionary) throw new UnreadableBatchError('an LZ4 frame that needs a dictionary')
  // Magic, flags, block size, and a checksum of them.
  let at = start + 7 + (flag & flags.contentSize ? 8 : 0)
  for (;;) {
    const word = uint(source, at, 4)
    at += 4
    if (word === 0) return at + (flag & flags.contentChecksum ? 4 : 0)
    const size = word & ~isStored
    const end = at + size
    if (end > source.length) throw new UnreadableBatchError('an LZ4 block is cut short')
    if (word >= isStored) inflated.append(source, at, size)
    else readBlock(source.subarray(at, end), inflated)
    at = end + (flag & flags.blockChecksum ? 4 : 0)
  }
}

/** Sequences of literals and a repetition; the last one has none. A repetition may reach into earlier blocks. */
function readBlock(block: Buffer, inflated: Inflated): void {
  let at = 0
  while (at < block.length) {
    const token = block[at++]!
    const literals = lengthAt(block, at, token >>> 4)
    inflated.append(block, literals.next, literals.length)
    at = literals.next + literals.length
    if (at === block.length) return
    const distance = uint(block, at, 2)
    const repeat = lengthAt(block, at + 2, token & longLength)
    inflated.repeat(distance, repeat.length + leastRepeat)
    at = repeat.next
  }
}

function lengthAt(block: Buffer, start: number, short: number): { length: number; next: number } {
  let [length, next] = [short, start]
  if (short < longLength) return { length, next }
  for (;;) {
    const byte = uint(block, next++, 1)
    length += byte
    if (byte < 255) return { length, next }
  }
}

function uint(source: Buffer, at: number, bytes: number): number {
  if (at + bytes > source.length) throw new UnreadableBatchError('LZ4 data end too early')
  return source.readUIntLE(at, bytes)
}
