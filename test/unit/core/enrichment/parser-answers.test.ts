import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  combineAnswers,
  isParticularBrowser,
  type ParserAnswer,
} from '../../../../src/core/enrichment/parser-answers.ts'

const nothing = { name: null, version: null }
const noDevice = { brand: null, model: null, type: null }
const answer = (fields: Partial<ParserAnswer>): ParserAnswer => ({
  browser: nothing,
  os: nothing,
  device: noDevice,
  ...fields,
})
const browser = (name: string | null, version: string | null = null) => answer({ browser: { name, version } })
const os = (name: string | null, version: string | null = null) => answer({ os: { name, version } })

/** In both orders: only between equals does the first count. */
function wins(kind: 'browser' | 'os', better: string, worse: string | null): void {
  const of = kind === 'browser' ? browser : os
  assert.equal(combineAnswers(of(better), of(worse))[kind].name, better)
  assert.equal(combineAnswers(of(worse), of(better))[kind].name, better)
}

test('a product goes before the engine or the browser that it poses as', () => {
  wins('browser', 'Yandex', 'Chrome')
  wins('browser', 'WeChat', 'QQ Browser')
  wins('browser', 'Chrome WebView', 'Android Browser')
  wins('browser', 'Safari', 'WebKit')
  wins('browser', 'Opera', 'HbbTV')
  wins('browser', 'WebKit', null)
  wins('os', 'HarmonyOS', 'Android')
  wins('os', 'iOS', 'macOS')
  wins('os', 'Ubuntu', 'Linux')
  wins('os', 'Linux', null)
})

test('between equals the first parser is believed', () => {
  assert.equal(combineAnswers(browser('Dolfin'), browser('Dolphin')).browser.name, 'Dolfin')
  assert.equal(combineAnswers(os('Windows Phone'), os('KaiOS')).os.name, 'Windows Phone')
})

test('names are those of the document, whoever tells', () => {
  assert.equal(
    combineAnswers(browser('Chrome Mobile iOS', '124.0'), browser('Chrome', '124.0.1.2')).browser.name,
    'Chrome',
  )
  assert.equal(combineAnswers(browser('Firefox (Minefield)'), browser(null)).browser.name, 'Firefox')
  assert.equal(combineAnswers(os('Mac OS X'), os('Mac OS')).os.name, 'macOS')
})

test('of one product the longer version counts', () => {
  const versions = (first: string | null, second: string | null) =>
    combineAnswers(browser('Chrome', first), browser('Chrome', second)).browser.version
  assert.equal(versions('124.0', '124.0.1.2'), '124.0.1.2')
  assert.equal(versions('124.0.1.2', '124.0'), '124.0.1.2')
  assert.equal(versions(null, '124'), '124')
  assert.equal(versions('124', '.'), '124')
  assert.equal(
    combineAnswers(browser('Android', '9.0.1'), browser('Android Browser', '4.0')).browser.version,
    '4.0',
  )
})

test('a maker is no system', () => {
  assert.equal(combineAnswers(os('Sony'), os('Linux')).os.name, 'Linux')
  assert.equal(combineAnswers(os('NETTV', '4'), os(null)).os.name, null)
})

test('brand and model come from one hand, the first that knows the brand; the type from whoever has it', () => {
  const first = { brand: 'Samsung', model: 'Galaxy S9', type: null }
  const second = { brand: 'Samsung', model: 'SM-G960F', type: 'mobile' }
  const device = (a: ParserAnswer['device'], b: ParserAnswer['device']) =>
    combineAnswers(answer({ device: a }), answer({ device: b })).device
  assert.deepEqual(device(first, second), { ...first, type: 'mobile' })
  assert.deepEqual(device({ ...first, brand: 'Generic_Android' }, second), second)
  assert.deepEqual(device({ ...first, model: null }, second), second)
  assert.deepEqual(device(noDevice, second), second)
})

test('everybody poses as Chrome, nobody as Sogou', () => {
  for (const name of ['Chrome', 'Chrome Mobile', 'Safari', 'GSA', 'IEMobile', 'WebKit'])
    assert.equal(isParticularBrowser(name), false, name)
  for (const name of ['Sogou Mobile', 'Snapchat', 'Yandex'])
    assert.equal(isParticularBrowser(name), true, name)
})
