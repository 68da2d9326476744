import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyedFault } from '../../../src/core/keyed-limits.ts'

const wide = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))

test('256 keys of 256 characters are taken, one more of either is not', () => {
  assert.equal(keyedFault(wide(256)), null)
  assert.match(keyedFault(wide(257))!, /more than 256 keys/)
  assert.match(keyedFault(wide(10_000))!, /more than 256 keys/)
  assert.equal(keyedFault({ ['k'.repeat(256)]: 1 }), null)
  assert.match(keyedFault({ ['k'.repeat(257)]: 1 })!, /key over 256 characters/)
})

test('keys that Elasticsearch refuses are refused at every depth', () => {
  for (const inside of [(key: string) => ({ [key]: 1 }), (key: string) => ({ a: [{ b: { [key]: 1 } }] })]) {
    assert.match(keyedFault(inside(''))!, /empty key/)
    assert.match(keyedFault(inside('a\0b'))!, /NUL/)
    assert.match(keyedFault(inside('k'.repeat(257)))!, /key over 256/)
    for (const key of [' ', '.', '..', 'a.b', '__proto__', 'constructor'])
      assert.equal(keyedFault(inside(key)), null, key)
  }
})

test('a value may have 16,384 characters of text and keys, wherever they stand', () => {
  assert.equal(keyedFault({ a: 'x'.repeat(16_384), b: 'x'.repeat(16_384) }), null)
  assert.match(keyedFault({ a: 'x'.repeat(16_385) })!, /16384 characters/)
  const halves = (rest: number) => ({ a: { key1: ['x'.repeat(8192), 'x'.repeat(8192 - 4 - rest)] } })
  assert.equal(keyedFault(halves(0)), null)
  assert.match(keyedFault(halves(-1))!, /16384 characters/)
})

test('a value may have 1,024 parts', () => {
  assert.equal(keyedFault({ a: Array(1024).fill(0), b: Array(1024).fill(0) }), null)
  assert.match(keyedFault({ a: Array(1025).fill(0) })!, /1024 parts/)
  assert.match(keyedFault({ a: [wide(1000), wide(24)] })!, /1024 parts/)
})

test('a number that no double can hold is refused, since the document would have null for it', () => {
  for (const json of ['{"a":1e400}', '{"a":[{"b":-1e400}]}'])
    assert.match(keyedFault(JSON.parse(json))!, /no double/)
  for (const json of ['{"a":1e308}', '{"a":9007199254740993}', '{"a":1e-400}', '{"a":-0}'])
    assert.equal(keyedFault(JSON.parse(json)), null)
})
