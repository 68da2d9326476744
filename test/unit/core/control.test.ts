import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeControl } from '../../../src/core/control.ts'
import { decode } from '../../../src/core/decode.ts'

const decoded = (value: string) => decode({ value: Buffer.from(value), timestamp: 0 }, 0)

describe('a control record', () => {
  for (const tabId of [null, 'tab'])
    it(`is read as it was written, ${tabId === null ? 'for a partition' : 'for a tab'}`, () => {
      const control = { kind: 'erase', profileId: 'anna "the" 1st', tabId } as const
      assert.deepEqual(decoded(encodeControl(control)), { kind: 'control', control })
    })

  it('asks to repair one tab', () => {
    const control = { kind: 'repair', tabId: 'tab' } as const
    assert.deepEqual(decoded(encodeControl(control)), { kind: 'control', control })
  })

  const broken = [
    '{"sessionloom":"repair"}',
    '{"sessionloom":"repair","tabId":"t","profileId":"a"}',
    '{"sessionloom":"erase"}',
    '{"sessionloom":"erase","profileId":""}',
    '{"sessionloom":"erase","profileId":"a","tabid":"misspelt"}',
    '{"sessionloom":"burn","profileId":"a"}',
    '{"sessionloom":null,"eventId":"e","tabId":"t","type":"click","timestamp":0}',
  ]
  for (const value of broken)
    it(`is a dead letter where nobody knows what it asks: ${value}`, () => {
      const outcome = decoded(value)
      assert.equal(outcome.kind === 'dead-letter' && outcome.reason, 'invalid-control')
    })

  it('is no event that inherits its mark', () => {
    const value =
      '{"__proto__":{"sessionloom":"erase"},"eventId":"e","tabId":"t","type":"click","timestamp":0}'
    assert.equal(decoded(value).kind, 'ok')
  })
})
