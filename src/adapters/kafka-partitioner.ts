import type { ICustomPartitioner } from 'kafkajs'

/**
 * Where Java's clients put a key, or where a message says that has none. kafkajs's own partitioner agrees, but it hashes
 * with integers that are never cut to 32 bits: time grows with the square of the key, 4 s for 200 kB, and one hostile
 * record would stop the process long enough to lose its partitions.
 */
export const keyPartitioner: ICustomPartitioner = () => {
  return ({ partitionMetadata, message: { key, partition } }) => {
    if (key == null) {
      if (partition === undefined) throw new TypeError('a message needs a key, or a partition')
      return partition % partitionMetadata.length
    }
    const bytes = typeof key === 'string' ? Buffer.from(key) : key
    return (murmur2(bytes) & 0x7fffffff) % partitionMetadata.length
  }
}

const multiplier = 0x5bd1e995

/** The 32-bit murmur2 hash of Java's `org.apache.kafka.common.utils.Utils`, signed. */
export function murmur2(bytes: Buffer): number {
  let hash = 0x9747b28c ^ bytes.length
  const tail = bytes.length & ~3
  for (let i = 0; i < tail; i += 4) {
    let word = Math.imul(bytes.readInt32LE(i), multiplier)
    word = Math.imul(word ^ (word >>> 24), multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  if (tail < bytes.length) {
    for (let i = bytes.length - 1; i >= tail; i--) hash ^= bytes[i]! << (8 * (i - tail))
    hash = Math.imul(hash, multiplier)
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}
