import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conversionRules, isConversion } from '../../../src/core/conversions.ts'
import type { RawEvent } from '../../../src/core/raw-event.ts'

const view = (url: string, type = 'page-view'): RawEvent => ({
  eventId: 'e',
  tabId: 't',
  type,
  context: { page: { url } },
})

const converts = (pattern: string, url: string, type?: string) =>
  isConversion(view(url, type), conversionRules(['conversion'], [pattern]))

test('a star of a path pattern stands for any characters, none and slashes too', () => {
  for (const [pattern, path, isMet] of [
    ['/thanks', '/thanks', true],
    ['/thanks', '/thanks/', false],
    ['/thanks', '/Thanks', false],
    ['/thanks*', '/thanks/you', true],
    ['/orders/*/thanks', '/orders/7/thanks', true],
    ['/orders/*/thanks', '/orders/7/8/thanks', true],
    ['/orders/*/thanks', '/orders/thanks', false],
    ['*/thanks', '/de/orders/thanks', true],
    ['*', '/', true],
    ['/a*b*c', '/abc', true],
    ['/a*b*b', '/ab', false],
    ['/a*a', '/a', false],
    ['/a.c', '/abc', false],
    ['/**', '/anything', true],
  ] as const)
    assert.equal(
      converts(pattern, `https://shop.example${path}?x=/thanks#/thanks`),
      isMet,
      `${pattern} ${path}`,
    )
})

test('a path alone is enough, and what is no URL has none', () => {
  assert.ok(converts('/thanks', '/thanks?order=7'))
  assert.ok(!converts('*', 'not a url'))
})

test('a page that is not viewed does not convert, and a type does so without a page', () => {
  assert.ok(!converts('/thanks', '/thanks', 'click'))
  assert.ok(converts('/other', '/thanks', 'conversion'))
  assert.ok(isConversion({ eventId: 'e', tabId: 't', type: 'buy' }, conversionRules(['buy'], [])))
})

test('a path made for a pattern with many stars is decided as fast as any', () => {
  // A regular expression would not come back from this one.
  const pattern = `/${'*a'.repeat(40)}*b`
  assert.equal(converts(pattern, `/${'a'.repeat(8000)}`), false)
})
