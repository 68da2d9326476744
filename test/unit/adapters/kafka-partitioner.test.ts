import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Message, Partitioners } from 'kafkajs'
import { keyPartitioner, murmur2 } from '../../../src/adapters/kafka-partitioner.ts'

const kafkajsMurmur2 = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2')

describe('the partition of a key', () => {
  it("is hashed as by Java's clients", () => {
    // From org.apache.kafka.common.utils.UtilsTest.
    const known = {
      21: -973932308,
      foobar: -790332482,
      'a-little-bit-long-string': -985981536,
      'a-little-bit-longer-string': -1486304829,
      lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
      abc: 479470107,
    }
    for (const [key, hash] of Object.entries(known)) assert.equal(murmur2(Buffer.from(key)), hash, key)
  })

  it('is the one that kafkajs would choose', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 100 }), (bytes, count) => {
        const key = Buffer.from(bytes)
        assert.equal(murmur2(key), kafkajsMurmur2(key))
        const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
          partitionId,
          leader: 1,
          partitionErrorCode: 0,
          replicas: [],
          isr: [],
        }))
        const message = { topic: 'x', partitionMetadata, message: { key, value: null } }
        assert.equal(keyPartitioner()(message), Partitioners.DefaultPartitioner()(message))
      }),
    )
  })

  it('is asked of a message that has none', () => {
    const partitionMetadata = [0, 1, 2].map(partitionId => ({
      partitionId,
      leader: 1,
      partitionErrorCode: 0,
      replicas: [],
      isr: [],
    }))
    const place = (message: Message) => keyPartitioner()({ topic: 'x', partitionMetadata, message })
    assert.equal(place({ key: null, value: null, partition: 2 }), 2)
    assert.equal(place({ key: null, value: null, partition: 7 }), 1)
    assert.equal(place({ key: 'abc', value: null, partition: 2 }), 479470107 % 3)
    assert.throws(() => place({ key: null, value: null }), TypeError)
  })

  it('is found at once for a key of a megabyte', () => {
    const since = performance.now()
    murmur2(Buffer.alloc(1 << 20, 'x'))
    assert(performance.now() - since < 500)
  })
})
