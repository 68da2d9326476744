import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isKey } from '../../../src/core/record-key.ts'

describe('the key of a record', () => {
  it('is the tab id, or it is astray', () => {
    for (const tab of ['tab', 'täb', '標籤', 'a\u{1f600}'])
      assert.equal(isKey(Buffer.from(`-${tab}-`).subarray(1, -1), tab), true, tab)
    for (const key of ['ta', 'tabs', 'tat', 'TAB', '', 'täb'])
      assert.equal(isKey(Buffer.from(key), 'tab'), false, key)
    assert.equal(isKey(null, 'tab'), false)
    // As long as its UTF-16, not as its UTF-8.
    assert.equal(isKey(Buffer.from('täb', 'latin1'), 'täb'), false)
  })

  it('is compared as its bytes are, whatever they are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6 })
    fc.assert(
      fc.property(text, text, (a, b) => {
        assert.equal(isKey(Buffer.from(a), b), Buffer.from(a).equals(Buffer.from(b)))
      }),
    )
  })
})
