import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appOf, browserOf } from '../../../../src/core/enrichment/agent-browser.ts'

const unnamed = { brand: null, model: null }
const app = (
  userAgent: string,
  name: string | null,
  device: { brand: string | null; model: string | null } = unnamed,
) => {
  const found = appOf(userAgent, { name, version: null }, device)
  return found.name === null ? null : `${found.name} ${found.version ?? ''}`.trim()
}

test('an app without an engine goes by its own name, not by the browser of its system', () => {
  assert.equal(app('Bol.com/1.2.3 (iOS 14; iPhone)', 'Safari WebView'), 'Bol.com 1.2.3')
  assert.equal(
    app('ddg_android/5.107.0 (com.duckduckgo.mobile.android; Android API 30)', null),
    'ddg_android 5.107.0',
  )
  assert.equal(app('Luminary/70 CFNetwork/978.0.7 Darwin/18.5.0', 'CFNetwork'), 'Luminary 70')
})

test('a browser is what the parsers say, and so is an app that they know', () => {
  assert.equal(app('Mozilla/5.0 (Linux; Android 9) Foo/1.0', 'Android Browser'), 'Android Browser')
  assert.equal(
    app('Instagram 6.0.1 (iPhone3,3; iPhone OS 7_1; en_US; en) AppleWebKit/420+', 'Instagram'),
    'Instagram',
  )
  assert.equal(app('Dalvik/2.1.0 (Linux; U; Android 9; SM-G960F)', 'Android Browser'), null)
})

test('a phone that sends its model has no name for an app', () => {
  assert.equal(app('SAMSUNG-GT-E2120', null, { brand: 'Samsung', model: 'GT-E2120' }), null)
  assert.equal(app('iPhone12Pro', 'Safari WebView', { brand: 'Apple', model: 'iPhone' }), null)
})

test('Mozilla meant Netscape once', () => {
  assert.equal(app('Mozilla/4.7 [fr] (X11; I; Linux 2.0.37 i686)', null), 'Netscape 4.7')
  assert.equal(app('Mozilla/4.0 (compatible; Foo)', null), null)
  assert.equal(app('Mozilla/5.0 (X11; Linux)', null), null)
})

test('without a name of its own Chromium is not Chrome, and a name that adds a word is more particular', () => {
  const name = (told: string | null, hinted: string) =>
    browserOf({ name: told, version: '1' }, { name: hinted, version: '1' }).name
  assert.equal(name('Chrome', 'Chromium'), 'Chromium')
  assert.equal(name('Electron', 'Chromium'), 'Electron')
  assert.equal(name('Chrome WebView', 'Chromium'), 'Chrome WebView')
  assert.equal(name(null, 'Chromium'), 'Chromium')
  assert.equal(name('Opera', 'Opera GX'), 'Opera GX')
  assert.equal(name('Opera Mini', 'Opera'), 'Opera Mini')
})
