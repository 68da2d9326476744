// Every codec that a Kafka producer may use. kafkajs reads gzip only, without a bound on what comes out of it.
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import kafkajs from 'kafkajs'
import { tooLarge, UnreadableBatchError } from './kafka-inflated.ts'
import { readLz4 } from './kafka-lz4.ts'
import { readSnappy } from './kafka-snappy.ts'

/**
 * The most that one compressed batch may hold, bytes. A batch is at most some MiB as it is stored, and real ones
 * shrink to a tenth; a made-up one could fill all memory.
 */
export const maxBatchBytes = 128 * 1024 * 1024

/** As kafkajs has it. */
export type Codec = {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(buffer: Buffer): Promise<Buffer>
}
type Inflate = (buffer: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

function codecOf(deflate: (buffer: Buffer) => Promise<Buffer>, inflate: Inflate): Codec {
  return {
    compress: encoder => deflate(encoder.buffer),
    decompress: async buffer => {
      try {
        return await inflate(buffer, { maxOutputLength: maxBatchBytes })
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBatchBytes)
        const { message } = cause as Error
        throw new UnreadableBatchError(`a batch cannot be decompressed: ${message}`, { cause })
      }
    },
  }
}

/** Of what others write. What this process writes itself is compressed with gzip. */
function readOnly(name: string, read: (source: Buffer, limit: number) => Buffer): Codec {
  return {
    compress: async () => {
      throw new Error(`${name} is read here, not written`)
    },
    decompress: async buffer => read(buffer, maxBatchBytes),
  }
}

/** What replaces, and adds to, kafkajs's own. Node has zstd since 22.15. */
export const codecs = {
  gzip: codecOf(promisify(zlib.gzip), promisify(zlib.gunzip)),
  snappy: readOnly('Snappy', readSnappy),
  lz4: readOnly('LZ4', readLz4),
  zstd:
    zlib.zstdDecompress === undefined
      ? null
      : codecOf(promisify(zlib.zstdCompress), promisify(zlib.zstdDecompress)),
}

/** For all clients of this process; again does nothing. */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  const { gzip, snappy, lz4, zstd } = codecs
  CompressionCodecs[CompressionTypes.GZIP] = () => gzip
  CompressionCodecs[CompressionTypes.Snappy] = () => snappy
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4
  // Without it kafkajs says that it cannot read zstd, which ends the source.
  if (zstd !== null) CompressionCodecs[CompressionTypes.ZSTD] = () => zstd
}
