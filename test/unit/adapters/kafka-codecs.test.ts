import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import zlib from 'node:zlib'
import fc from 'fast-check'
import { codecs, maxBatchBytes } from '../../../src/adapters/kafka-codecs.ts'
import { UnreadableBatchError } from '../../../src/adapters/kafka-inflated.ts'
import { readLz4 } from '../../../src/adapters/kafka-lz4.ts'
import { readSnappy } from '../../../src/adapters/kafka-snappy.ts'

const limit = 1000
const unreadable = (words: RegExp) => (error: unknown) =>
  error instanceof UnreadableBatchError && words.test(error.message)
const bytes = (...parts: (string | number[] | Buffer)[]) =>
  Buffer.concat(parts.map(part => Buffer.from(part as string)))

/** A frame of blocks that are linked and have no checksum. */
const frame = (...blocks: Buffer[]) =>
  bytes(
    [4, 0x22, 0x4d, 0x18, 0x40, 0x40, 0],
    ...blocks.flatMap(block => [[block.length, 0, 0, 0], block]),
    [0, 0, 0, 0],
  )

/** Snappy-java's stream. */
const xerial = (...blocks: Buffer[]) =>
  bytes(
    [0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1],
    ...blocks.flatMap(block => [[0, 0, 0, block.length], block]),
  )

describe('Snappy', () => {
  it('is read with literals and repetitions of every kind', () => {
    const literal = bytes([4, 3 << 2], 'abcd')
    assert.equal(String(readSnappy(literal, limit)), 'abcd')
    // One back, four times; from two bytes; from four bytes.
    assert.equal(String(readSnappy(bytes([5, 0], 'a', [0b001, 1]), limit)), 'aaaaa')
    assert.equal(String(readSnappy(bytes([7, 2 << 2], 'abc', [(3 << 2) | 2, 3, 0]), limit)), 'abcabca')
    assert.equal(String(readSnappy(bytes([6, 2 << 2], 'abc', [(2 << 2) | 3, 2, 0, 0, 0]), limit)), 'abcbcb')
    const long = 'x'.repeat(300)
    assert.equal(String(readSnappy(bytes([0xac, 2, 61 << 2, 43, 1], long), limit)), long)
    assert.equal(readSnappy(Buffer.from([0]), limit).length, 0)
  })

  it('is read in the blocks of snappy-java, of which each is on its own', () => {
    const block = bytes([4, 3 << 2], 'abcd')
    assert.equal(String(readSnappy(xerial(block, block), limit)), 'abcdabcd')
    assert.equal(readSnappy(xerial(), limit).length, 0)
  })

  it('that is broken or too large is refused', () => {
    const cases: [Buffer, RegExp][] = [
      [Buffer.alloc(0), /too early/],
      [Buffer.from([255, 255, 255, 255, 255, 1]), /no length/],
      [bytes([4, 3 << 2], 'abc'), /too early/],
      [bytes([5, 3 << 2], 'abcd'), /not as long/],
      [bytes([3, 3 << 2], 'abcd'), /not as long/],
      [bytes([5, 0], 'a', [0b001, 2]), /before their start/],
      [bytes([5, 0], 'a', [0b001, 0]), /before their start/],
      [bytes([5, 0], 'a', [2, 1]), /too early/],
      [bytes([5, 63 << 2, 1]), /too early/],
      [xerial(bytes([4, 3 << 2], 'abcd')).subarray(0, -1), /cut short/],
      [bytes([5, 0], 'a', ...Array.from({ length: 20 }, () => [(63 << 2) | 2, 1, 0])), /more than/],
    ]
    for (const [source, words] of cases)
      assert.throws(() => readSnappy(source, limit), unreadable(words), source.toString('hex'))
  })
})

describe('LZ4', () => {
  it('is read with literals and repetitions, also into the block before', () => {
    assert.equal(String(readLz4(frame(bytes([0x40], 'abcd')), limit)), 'abcd')
    assert.equal(String(readLz4(frame(bytes([0x11], 'a', [1, 0, 0x10], 'z')), limit)), 'aaaaaaz')
    assert.equal(
      String(readLz4(frame(bytes([0x40], 'abcd'), bytes([0x00, 4, 0, 0x10], 'z')), limit)),
      'abcdabcdz',
    )
    assert.equal(readLz4(frame(), limit).length, 0)
  })

  it('is read with lengths of several bytes', () => {
    // 15 + 5 literals, and 4 + 15 + 255 + 1 times the last.
    assert.equal(
      String(readLz4(frame(bytes([0xff, 5], 'x'.repeat(20), [1, 0, 255, 1])), limit)),
      'x'.repeat(295),
    )
  })

  it('is read with sizes, checksums, stored blocks, skippable frames and several frames', () => {
    const header = bytes([4, 0x22, 0x4d, 0x18, 0x40 | 16 | 8 | 4, 0x40], [4, 0, 0, 0, 0, 0, 0, 0], [0])
    const stored = bytes(header, [4, 0, 0, 0x80], 'abcd', [1, 2, 3, 4], [0, 0, 0, 0], [9, 9, 9, 9])
    const skippable = bytes([0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0], 'no')
    assert.equal(String(readLz4(bytes(skippable, stored, stored), limit)), 'abcdabcd')
  })

  it('that is broken or too large is refused', () => {
    const whole = frame(bytes([0x40], 'abcd'))
    const cases: [Buffer, RegExp][] = [
      [Buffer.alloc(0), /too early/],
      [bytes('plain text'), /not an LZ4 frame/],
      [bytes([4, 0x22, 0x4d, 0x18, 0x80, 0x40, 0]), /another version/],
      [bytes([4, 0x22, 0x4d, 0x18, 0x41, 0x40, 0]), /dictionary/],
      [whole.subarray(0, 12), /cut short/],
      [whole.subarray(0, -1), /too early/],
      [frame(bytes([0x40], 'abc')), /too early/],
      [frame(bytes([0x10], 'a', [2, 0])), /before their start/],
      [frame(bytes([0x10], 'a', [0, 0])), /before their start/],
      [frame(bytes([0x1f], 'a', [1, 0, 255])), /too early/],
      [frame(bytes([0x1f], 'a', [1, 0, ...Array(10).fill(255), 0])), /more than/],
    ]
    for (const [source, words] of cases)
      assert.throws(() => readLz4(source, limit), unreadable(words), source.toString('hex'))
  })
})

describe('all codecs', () => {
  it('give back what was compressed, or refuse whatever else they are given', async () => {
    for (const codec of [codecs.gzip, codecs.zstd]) {
      const compressed = await codec!.compress({ buffer: Buffer.from('events') })
      assert.equal(String(await codec!.decompress(compressed)), 'events')
    }
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60 }),
        fc.integer({ min: 0, max: 3 }),
        async (noise, start) => {
          const source = bytes(
            start === 1 ? xerial() : start === 2 ? frame().subarray(0, 7) : [],
            Buffer.from(noise),
          )
          for (const codec of Object.values(codecs))
            await codec!
              .decompress(source)
              .catch(error => assert(error instanceof UnreadableBatchError, String(error)))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('stop where a batch holds more than any real one', async () => {
    const zeros = Buffer.alloc(maxBatchBytes + 1)
    const repeats = Buffer.alloc(Math.ceil(maxBatchBytes / 255) + 10, 255)
    const block = bytes([0x1f], 'a', [1, 0], repeats, [0])
    const size = Buffer.alloc(4)
    size.writeUInt32LE(block.length)
    const bombs = {
      gzip: zlib.gzipSync(zeros, { level: 1 }),
      zstd: zlib.zstdCompressSync(zeros),
      lz4: bytes(frame().subarray(0, 7), size, block, [0, 0, 0, 0]),
      snappy: bytes(
        [0x81, 0x80, 0x80, 0x40, 0],
        'a',
        Buffer.concat(Array(Math.ceil(maxBatchBytes / 64) + 1).fill(Buffer.from([(63 << 2) | 2, 1, 0]))),
      ),
    }
    for (const [name, bomb] of Object.entries(bombs))
      await assert.rejects(
        codecs[name as keyof typeof bombs]!.decompress(bomb),
        unreadable(/more than 128 MiB/),
        name,
      )
  })
})
