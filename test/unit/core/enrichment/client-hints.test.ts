import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClientHints, readClientHints, withModel } from '../../../../src/core/enrichment/client-hints.ts'

const headers: ClientHints = {
  'Sec-CH-UA': '"Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99"',
  'Sec-CH-UA-Mobile': '?1',
  'Sec-CH-UA-Platform': '"Android"',
  'Sec-CH-UA-Platform-Version': '"14.0.0"',
  'Sec-CH-UA-Model': '"Pixel 8 Pro"',
  'Sec-CH-UA-Full-Version-List':
    '"Chromium";v="124.0.6367.82", "Google Chrome";v="124.0.6367.82", "Not-A.Brand";v="99.0.0.0"',
}

const pixel = {
  browser: { name: 'Chrome', version: '124.0.6367.82' },
  os: { name: 'Android', version: '14.0.0' },
  model: 'Pixel 8 Pro',
  type: null,
  mobile: true,
}

test('request headers are read', () => {
  assert.deepEqual(readClientHints(headers), pixel)
})

test('header names are read in any case', () => {
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  assert.deepEqual(readClientHints(lower), pixel)
})

test('userAgentData says the same in its own shape', () => {
  const userAgentData: ClientHints = {
    brands: [
      { brand: 'Chromium', version: '124' },
      { brand: 'Google Chrome', version: '124' },
      { brand: 'Not-A.Brand', version: '99' },
    ],
    fullVersionList: [
      { brand: 'Not-A.Brand', version: '99.0.0.0' },
      { brand: 'Google Chrome', version: '124.0.6367.82' },
      { brand: 'Chromium', version: '124.0.6367.82' },
    ],
    mobile: true,
    platform: 'Android',
    platformVersion: '14.0.0',
    model: 'Pixel 8 Pro',
  }
  assert.deepEqual(readClientHints(userAgentData), pixel)
})

const browserOf = (brands: string) => readClientHints({ 'sec-ch-ua': brands })?.browser?.name

test('made-up brands are no browser, in whatever punctuation', () => {
  for (const grease of [
    'Not A;Brand',
    ' Not A;Brand',
    'Not(A:Brand',
    'Not/A)Brand',
    'Not_A Brand',
    'Not?A_Brand',
    ';Not A Brand',
  ])
    assert.equal(
      browserOf(`"${grease}";v="8", "Chromium";v="124", "Google Chrome";v="124"`),
      'Chrome',
      grease,
    )
  assert.equal(browserOf(String.raw`"\\Not\"A;Brand";v="8", "Google Chrome";v="124"`), 'Chrome')
})

test('a brand of its own goes before Google Chrome, and that before Chromium', () => {
  assert.equal(browserOf('"Google Chrome";v="124", "Brave";v="124"'), 'Brave')
  assert.equal(browserOf('"Chromium";v="124", "Microsoft Edge";v="124"'), 'Edge')
  assert.equal(browserOf('"Chromium";v="124", "Google Chrome";v="124"'), 'Chrome')
  assert.equal(browserOf('"Chromium";v="124", "Not A Brand";v="8"'), 'Chromium')
  assert.equal(browserOf('"Not A Brand";v="8"'), undefined)
})

test('without a full version list the short one counts, with the single full version', () => {
  const hints = {
    'sec-ch-ua': '"Chromium";v="99", "Google Chrome";v="99"',
    'sec-ch-ua-full-version': '"99.0.4844.51"',
  }
  assert.equal(readClientHints(hints)?.browser?.version, '99.0.4844.51')
  assert.equal(readClientHints({ 'sec-ch-ua': hints['sec-ch-ua'] })?.browser?.version, '99')
})

test('the Windows version counts interfaces: 13 and more are Windows 11', () => {
  const versions: readonly (readonly [string, string])[] = [
    ['15.0.0', '11'],
    ['13.0.0', '11'],
    ['12.0.0', '10'],
    ['1.0.0', '10'],
    ['0.3.0', '8.1'],
    ['0.3', '8.1'],
    ['0.2.0', '8'],
    ['0.1.0', '7'],
    ['0.0.0', ''],
    ['0.31', ''],
    ['', ''],
    ['eleven', ''],
  ]
  for (const [platformVersion, expected] of versions)
    assert.deepEqual(
      readClientHints({ platform: 'Windows', platformVersion })?.os,
      { name: 'Windows', version: expected },
      platformVersion,
    )
})

test('macOS tells its version, Linux only its kernel', () => {
  assert.deepEqual(readClientHints({ platform: 'macOS', platformVersion: '14.4.1' })?.os, {
    name: 'macOS',
    version: '14.4.1',
  })
  assert.deepEqual(readClientHints({ platform: 'Linux', platformVersion: '6.8.0' })?.os, {
    name: 'Linux',
    version: '',
  })
  assert.equal(readClientHints({ platform: 'Unknown' }), null)
})

test('the form factor decides the type, the most particular one', () => {
  assert.equal(readClientHints({ 'Sec-CH-UA-Form-Factors': '"Tablet"' })?.type, 'tablet')
  assert.equal(readClientHints({ formFactors: ['Mobile', 'XR'] })?.type, 'wearable')
  assert.equal(readClientHints({ formFactors: ['Hologram'] }), null)
})

test('hints with nothing in them are null', () => {
  for (const hints of [
    null,
    {},
    { 'Sec-CH-UA-Model': '""', 'Sec-CH-UA-Mobile': '?0', mobile: false },
    { accept: '*/*' },
  ])
    assert.equal(readClientHints(hints), null)
})

test('values of the wrong type and of any length are ignored or cut, never thrown on', () => {
  const junk: ClientHints = {
    brands: [null, 7, 'Chrome', { brand: 7 }, { brand: 'x'.repeat(5000), version: 'y'.repeat(5000) }],
    'Sec-CH-UA-Full-Version-List': 17,
    platform: ['Windows'],
    platformVersion: { major: 13 },
    model: 'm'.repeat(5000),
    mobile: 'yes',
    __proto__: { polluted: true },
  }
  const hints = readClientHints(junk)
  assert.deepEqual(hints?.browser, { name: 'x'.repeat(64), version: 'y'.repeat(64) })
  assert.equal(hints?.os, null)
  assert.equal(hints?.model, 'm'.repeat(64))
  assert.equal(hints?.mobile, false)
})

test('a hostile brand list costs no more than a long one', () => {
  for (const hostile of [
    '"'.repeat(100_000),
    String.raw`"\"`.repeat(50_000),
    `"a"${' '.repeat(100_000)}`,
    '"a";v='.repeat(20_000),
  ]) {
    const startedAt = performance.now()
    readClientHints({ 'sec-ch-ua': hostile, 'sec-ch-ua-model': hostile })
    assert.ok(performance.now() - startedAt < 100)
  }
})

test('the model takes the place of K and of nothing else', () => {
  const frozen = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36'
  assert.equal(withModel(frozen, 'SM-S918B'), 'Mozilla/5.0 (Linux; Android 10; SM-S918B) AppleWebKit/537.36')
  assert.equal(withModel('(Linux; Android 10; K; wv)', "$&$'"), "(Linux; Android 10; $&$'; wv)")
  assert.equal(withModel(frozen, null), frozen)
  assert.equal(
    withModel('(Linux; Android 13) AppleWebKit', 'SM-G781V'),
    '(Linux; Android 13; SM-G781V) AppleWebKit',
  )
  const real = 'Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36'
  assert.equal(withModel(real, 'SM-S918B'), real)
})

test('a model cannot break out of its place in the user agent', () => {
  assert.equal(readClientHints({ model: 'X) Googlebot/2.1 (; a' })?.model, 'X  Googlebot/2.1    a')
})
