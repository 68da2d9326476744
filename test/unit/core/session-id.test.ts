import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionKey, uuidV5 } from '../../../src/core/session-id.ts'

test('the id is a UUID of version 5 and variant 1', () => {
  assert.match(uuidV5('anything'), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('ids never change from release to release', () => {
  assert.deepEqual(sessionKey('tab-1', 1_700_000_123_456, 600_000), {
    id: '84f5a7c5-277f-55ea-b838-8565e6e11aae',
    cellStart: 1_699_999_800_000,
  })
})

test('an id depends on tab, gap and cell, and on nothing else', () => {
  const id = sessionKey('a', 600_000, 600_000).id
  assert.equal(sessionKey('a', 1_199_999, 600_000).id, id)
  assert.notEqual(sessionKey('a', 1_200_000, 600_000).id, id)
  assert.notEqual(sessionKey('b', 600_000, 600_000).id, id)
  assert.notEqual(sessionKey('a', 600_000, 600_001).id, id)
})
