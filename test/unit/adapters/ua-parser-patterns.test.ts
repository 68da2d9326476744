import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { parse } from 'yaml'
import { patternIndex } from '../../../src/adapters/ua-parser-index.ts'
import { readPatterns } from '../../../src/adapters/ua-parser-patterns.ts'
import { readCorpus } from '../../accuracy/corpus.ts'

const file = createRequire(import.meta.url).resolve('uap-core/regexes.yaml')
const lists = Object.values(
  parse(readFileSync(file, 'utf8')) as Record<string, { regex: string; regex_flag?: string }[]>,
)

test('the index never leaves out the first pattern that matches', () => {
  const userAgents = (['uap-core', 'whichbrowser'] as const).flatMap(name =>
    readCorpus(name).map(({ ua }) => ua),
  )
  let matches = 0
  for (const list of lists) {
    const index = patternIndex(
      list.map(({ regex, regex_flag }) => ({ source: regex, isCaseless: regex_flag === 'i' })),
    )
    const expressions = list.map(({ regex, regex_flag }) => new RegExp(regex, regex_flag))
    for (const userAgent of userAgents.filter((_, i) => i % 8 === 0)) {
      const first = expressions.findIndex(expression => expression.test(userAgent))
      if (first < 0) continue
      matches++
      assert.ok(index(userAgent).includes(first), `${list[first]?.regex}: ${userAgent}`)
    }
  }
  assert.ok(matches > 800, `${matches} matches`)
})

test('the index leaves nearly all patterns out', () => {
  const userAgent =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36'
  for (const list of lists) {
    const index = patternIndex(
      list.map(({ regex, regex_flag }) => ({ source: regex, isCaseless: regex_flag === 'i' })),
    )
    assert.ok(index(userAgent).length < list.length / 5, `${index(userAgent).length} of ${list.length}`)
  }
})

test('captured groups fill what a pattern leaves open', () => {
  const patterns = readPatterns()
  const phone =
    'Mozilla/5.0 (Linux; Android 12; SM-G991B Build/SP1A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100.0.4896.127 Mobile Safari/537.36'
  assert.deepEqual(patterns.device(phone), { name: 'Samsung SM-G991B', brand: 'Samsung', model: 'SM-G991B' })
  assert.deepEqual(patterns.os(phone), { name: 'Android', version: '12' })
  assert.deepEqual(patterns.browser(phone), { name: 'Chrome Mobile', version: '100.0.4896' })
  assert.equal(patterns.browser('nothing that is known'), null)
})

test('uap-core is under the Apache License', () => {
  const licence = readFileSync(createRequire(import.meta.url).resolve('uap-core/LICENSE'), 'utf8')
  assert.match(licence, /Apache License, Version 2\.0/)
})
