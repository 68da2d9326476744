import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeMetadata, decodeOffset, encodeMetadata } from '../../../src/adapters/kafka-checkpoint.ts'

describe('commit metadata', () => {
  it('comes back as it was', () => {
    for (const metadata of [
      { watermark: 1_700_000_000_123, epoch: 0, partitions: 1 },
      { watermark: null, epoch: 1023, partitions: 10_000 },
      { watermark: -5, epoch: 7, partitions: 64 },
    ])
      assert.deepEqual(decodeMetadata(encodeMetadata(metadata)), metadata)
  })

  it('is none when it is missing, foreign or damaged', () => {
    const good = encodeMetadata({ watermark: 5, epoch: 1, partitions: 2 })
    const foreign = [
      '',
      null,
      undefined,
      'note',
      'null',
      '[]',
      '5',
      '{}',
      good.slice(0, -1),
      '{"watermark":5,"epoch":1,"partitions":2}',
      good.replace('"sessionloom":1', '"sessionloom":2'),
      good.replace('"epoch":1', '"epoch":-1'),
      good.replace('"epoch":1', '"epoch":"1"'),
      good.replace('"partitions":2', '"partitions":0'),
      good.replace('"watermark":5', '"watermark":"5"'),
      good.replace('"watermark":5', '"watermark":1e999'),
      good.replace('"watermark":5,', ''),
    ]
    for (const text of foreign) assert.equal(decodeMetadata(text), null, String(text))
  })

  it('stays far below what a broker takes', () => {
    const most = { watermark: Number.MIN_SAFE_INTEGER, epoch: 1023, partitions: Number.MAX_SAFE_INTEGER }
    assert(encodeMetadata(most).length < 200)
  })
})

describe('a committed offset', () => {
  it('is none when the broker, or a reset by kafkajs, says so', () => {
    assert.deepEqual(['-1', '-2', 'x', ''].map(decodeOffset), [null, null, null, null])
    assert.equal(decodeOffset('0'), 0)
    assert.equal(decodeOffset('2199023255551'), 2 ** 41 - 1)
  })
})
