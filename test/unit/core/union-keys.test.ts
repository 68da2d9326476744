import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { unionKeys } from '../../../src/core/session.ts'

const sortedKeys = fc
  .uniqueArray(fc.integer({ min: 0, max: 30 }).map(n => `id-${String(n).padStart(2, '0')}`))
  .map(ids => ids.sort().map(id => ({ id, cellStart: 0 })))

test('the union of two lists of keys is sorted, without repeats, and the same either way round', () => {
  fc.assert(
    fc.property(sortedKeys, sortedKeys, (a, b) => {
      const ids = [...new Set([...a, ...b].map(key => key.id))].sort()
      assert.deepEqual(
        unionKeys(a, b).map(key => key.id),
        ids,
      )
      assert.deepEqual(unionKeys(a, b), unionKeys(b, a))
    }),
  )
})
