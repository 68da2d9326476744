import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundedCache } from '../../../src/core/bounded-cache.ts'

test('a bounded cache gives back what was set, null included', () => {
  const cache = boundedCache<string, number | null>(10)
  cache.set('a', 1)
  cache.set('b', null)
  assert.equal(cache.get('a'), 1)
  assert.equal(cache.get('b'), null)
  assert.equal(cache.get('c'), undefined)
})

test('a bounded cache never holds more than its capacity', () => {
  const cache = boundedCache<number, number>(10)
  for (let key = 0; key < 1000; key++) {
    cache.set(key, key)
    cache.get(key - 3)
    assert.ok(cache.size() <= 10, `${cache.size()} entries`)
  }
})

test('what is asked for again and again survives any number of others', () => {
  const cache = boundedCache<number, string>(10)
  cache.set(-1, 'kept')
  for (let key = 0; key < 1000; key++) {
    cache.set(key, 'other')
    assert.equal(cache.get(-1), 'kept')
  }
  assert.equal(cache.get(0), undefined)
})

test('setting a key again replaces its value and starts no new generation', () => {
  const cache = boundedCache<string, number>(4)
  for (const key of ['older', 'old', 'a', 'b']) cache.set(key, 0)
  for (let value = 1; value <= 9; value++) cache.set('a', value)
  assert.equal(cache.get('a'), 9)
  assert.equal(cache.get('older'), 0)
})
