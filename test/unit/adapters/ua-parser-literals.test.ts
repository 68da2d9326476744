import assert from 'node:assert/strict'
import { test } from 'node:test'
import { literalsOf } from '../../../src/adapters/ua-parser-literals.ts'

test('characters that follow each other are a text that matches hold', () => {
  assert.deepEqual(literalsOf('Foo'), [['Foo']])
  assert.deepEqual(literalsOf('Foo\\.bar\\d+baz'), [['Foo.bar'], ['baz']])
  assert.deepEqual(literalsOf('^Foo[ab\\]]bar.baz$'), [['Foo'], ['bar'], ['baz']])
})

test('what may be left out is no such text, what is repeated ends one', () => {
  assert.deepEqual(literalsOf('Foos?bar'), [['Foo'], ['bar']])
  assert.deepEqual(literalsOf('Foo(?:bar){0,2}baz'), [['Foo'], ['baz']])
  assert.deepEqual(literalsOf('Fo+bar'), [['Fo'], ['bar']])
  assert.deepEqual(literalsOf('a*'), [])
})

test('of alternatives one is needed, and none where one of them can be anything', () => {
  assert.deepEqual(literalsOf('(Foo|Quux)'), [['Foo', 'Quux']])
  assert.deepEqual(literalsOf('x(?:Foo|a\\dbcd)y'), [['x'], ['Foo', 'bcd'], ['y']])
  assert.deepEqual(literalsOf('(?:Foo|)bar'), [['bar']])
  assert.deepEqual(literalsOf('Foo|\\d'), [])
})

test('what stands around a match is not in it', () => {
  assert.deepEqual(literalsOf('(?!Foo)bar(?=baz)'), [['bar']])
  assert.deepEqual(literalsOf('(?<!Foo)bar'), [['bar']])
})
