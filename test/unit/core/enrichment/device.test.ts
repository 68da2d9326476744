import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentHints } from '../../../../src/core/enrichment/client-hints.ts'
import { deviceFacts, type ParsedAgent, unknownDevice } from '../../../../src/core/enrichment/device.ts'

const nothing: ParsedAgent = {
  userAgent: '',
  browser: { name: null, version: null },
  os: { name: null, version: null },
  device: { brand: null, model: null, type: null },
  namesBrowser: false,
  botPattern: null,
}
const noHints: AgentHints = { browser: null, os: null, model: null, type: null, mobile: false }
const facts = (agent: Partial<ParsedAgent>, hints: Partial<AgentHints> | null = null) =>
  deviceFacts({ ...nothing, ...agent }, hints === null ? null : { ...noHints, ...hints })
const os = (name: string, version: string | null = null) => ({ os: { name, version } })
const browser = (name: string, version: string | null = null) => ({ browser: { name, version } })
const device = (brand: string | null, model: string | null, type: string | null = null) => ({
  device: { brand, model, type },
})

test('what the parser does not know is Other, empty, or null', () => {
  assert.deepEqual(facts({}), unknownDevice)
})

test('the device is named by brand and model, the brand once', () => {
  assert.equal(facts(device('Samsung', 'SM-S918B')).device.name, 'Samsung SM-S918B')
  assert.equal(facts(device('Apple', 'Apple TV')).device.name, 'Apple TV')
  assert.equal(facts(device('Roku', null)).device.name, 'Roku')
  assert.equal(facts(device(null, 'X96')).device.name, 'X96')
})

test('a placeholder is no model', () => {
  for (const model of ['K', 'k', 'en-us', 'zh_CN', 'Mobile', 'wv', 'Smartphone', 'Feature Phone'])
    assert.deepEqual(facts(device(null, model, 'mobile')).device, {
      ...unknownDevice.device,
      type: 'mobile',
      touch: true,
    })
})

test('a brand that the parser misses is read off the model', () => {
  assert.equal(facts(device(null, 'Pixel 8 Pro')).device.brand, 'Google')
  assert.equal(facts(device('Generic', 'Redmi Note 13')).device.brand, 'Xiaomi')
  assert.equal(facts(device('Generic', 'X96 mini')).device.brand, null)
  assert.equal(facts({}, { model: 'Pixel 9a' }).device.name, 'Google Pixel 9a')
})

test('a desktop is known by its system', () => {
  for (const name of ['Windows', 'Mac OS', 'Linux', 'Ubuntu', 'Chromium OS', 'FreeBSD', 'Fedora'])
    assert.equal(facts(os(name)).device.type, 'desktop', name)
  for (const name of ['Windows Phone', 'iOS', 'KaiOS', 'Symbian'])
    assert.equal(facts(os(name)).device.type, 'mobile', name)
  assert.equal(facts(os('Tizen')).device.type, null)
})

test('an Android without the word Mobile is a tablet', () => {
  assert.equal(
    facts({ userAgent: 'Mozilla/5.0 (Android 13; Mobile; rv:125.0)', ...os('Android') }).device.type,
    'mobile',
  )
  assert.equal(
    facts({ userAgent: 'Mozilla/5.0 (Android 13; rv:125.0)', ...os('Android') }).device.type,
    'tablet',
  )
})

test('an Android app says nothing about the size of its device', () => {
  const dalvik = { userAgent: 'Dalvik/1.6.0 (Linux; U; Android 4.2.2; A114 Build/JDQ39)', ...os('Android') }
  assert.equal(facts(dalvik).device.type, null)
})

test('a television or console is one whatever it runs', () => {
  const asTablet = device(null, null, 'tablet')
  const typeOf = (userAgent: string) => facts({ userAgent, ...os('Android'), ...asTablet }).device.type
  for (const tv of [
    'Linux; Tizen 2.3) TV Safari',
    'SMART-TV; Linux',
    'Web0S; Linux/SmartTV',
    '; AFTKA)',
    'CrKey/1.5',
    'Android TV',
  ])
    assert.equal(typeOf(tv), 'tv', tv)
  for (const console of ['PlayStation 5', 'Xbox; Xbox One', 'Nintendo Switch'])
    assert.equal(typeOf(console), 'console')
  // Words that only contain such a token.
  for (const other of ['SmartTVision', 'AFTERLIFE phone', 'Creative', 'NetTVs'])
    assert.equal(typeOf(other), 'tablet', other)
})

test("the parser's own types have our names", () => {
  const typeOf = (type: string) => facts(device(null, null, type)).device.type
  const types = ['mobile', 'tablet', 'smarttv', 'console', 'wearable', 'embedded', 'hologram']
  assert.deepEqual(types.map(typeOf), ['mobile', 'tablet', 'tv', 'console', 'wearable', 'embedded', null])
})

test('hands touch phones, tablets and watches', () => {
  const touch = (type: string) => facts(device(null, null, type)).device.touch
  assert.deepEqual(['mobile', 'tablet', 'wearable', 'smarttv', 'console', 'embedded'].map(touch), [
    true,
    true,
    true,
    false,
    false,
    false,
  ])
  assert.equal(facts(os('Windows')).device.touch, false)
})

test("the form factor of the hints goes before the parser's guess, the mobile flag after it", () => {
  assert.equal(facts(device(null, null, 'mobile'), { type: 'tablet' }).device.type, 'tablet')
  assert.equal(facts(device(null, null, 'tablet'), { mobile: true }).device.type, 'tablet')
  assert.equal(facts({}, { mobile: true }).device.type, 'mobile')
})

test('systems go by their present names', () => {
  assert.deepEqual(facts(os('Mac OS', '14.4')).os, { name: 'macOS', version: '14.4' })
  assert.deepEqual(facts(os('Chromium OS', '14541.0.0')).os, { name: 'ChromeOS', version: '14541.0.0' })
})

test('a version that is made up is none', () => {
  const frozen = { userAgent: '(Linux; Android 10; K) Mobile', ...os('Android', '10') }
  assert.deepEqual(facts(frozen).os, { name: 'Android', version: '' })
  assert.deepEqual(facts(frozen, { os: { name: 'Android', version: '14' } }).os, {
    name: 'Android',
    version: '14',
  })
  assert.deepEqual(
    facts({ userAgent: '(Linux; Android 10; SM-G960F)', ...os('Android', '10') }).os.version,
    '10',
  )
  assert.equal(facts(os('webOS', 'TV')).os.version, '')
  assert.equal(facts(browser('Cobalt', 'Version')).app.version, '')
})

test('Java ME is not iOS', () => {
  const operaMini = { userAgent: 'Opera/9.80 (J2ME/MIDP; Opera Mini/7.1)', ...os('iOS') }
  assert.deepEqual(facts(operaMini).os, unknownDevice.os)
  assert.equal(facts(operaMini).device.type, 'mobile')
})

test('the hints know the version that the user agent hides', () => {
  const windows = os('Windows', '10')
  assert.deepEqual(facts(windows, { os: { name: 'Windows', version: '11' } }).os, {
    name: 'Windows',
    version: '11',
  })
  assert.deepEqual(facts(windows, { os: { name: 'Windows', version: '' } }).os, {
    name: 'Windows',
    version: '10',
  })
})

test('the hints win over a user agent of another system, and lose to one of its descendants', () => {
  const hint = (name: string, version = '') => ({ os: { name, version } })
  assert.equal(facts(os('Linux'), hint('Android', '14')).os.name, 'Android')
  assert.equal(facts(os('Mac OS', '10.15.7'), hint('Windows', '11')).os.name, 'Windows')
  assert.equal(facts(os('Ubuntu'), hint('Linux')).os.name, 'Ubuntu')
  assert.equal(facts(os('HarmonyOS', '4.0'), hint('Android', '12')).os.name, 'HarmonyOS')
  assert.deepEqual(facts({}, hint('macOS', '14.4.1')).os, { name: 'macOS', version: '14.4.1' })
})

test('the hints name the browser behind a plain Chrome, and leave an in-app browser alone', () => {
  const brave = { browser: { name: 'Brave', version: '124' } }
  assert.deepEqual(facts(browser('Chrome', '124.0.0.0'), brave).app, {
    ...unknownDevice.app,
    name: 'Brave',
    version: '124',
  })
  assert.equal(
    facts(browser('Instagram', '330.0'), { browser: { name: 'Chrome WebView', version: '124' } }).app.name,
    'Instagram',
  )
  assert.equal(facts({}, brave).app.name, 'Brave')
})

test('of two versions of one browser the fuller counts', () => {
  const version = (hinted: string) =>
    facts(browser('Chrome', '124.0.0.0'), { browser: { name: 'Chrome', version: hinted } }).app.version
  assert.equal(version('124.0.6367.82'), '124.0.6367.82')
  assert.equal(version('124'), '124.0.0.0')
  assert.equal(version(''), '124.0.0.0')
  assert.equal(version('12'), '12')
})

test('a bot is a bot and nothing else: no brand, no model, no touch', () => {
  const googlebot = facts({
    userAgent: 'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) Chrome/41 Mobile (compatible; Googlebot/2.1)',
    ...browser('Chrome', '41'),
    ...os('Android', '6.0.1'),
    ...device('LG', 'Nexus 5X', 'mobile'),
    botPattern: 'word',
  })
  assert.deepEqual(googlebot.device, { name: 'Other', brand: null, model: null, type: 'bot', touch: false })
  assert.deepEqual(googlebot.app, {
    name: 'Googlebot',
    version: '2.1',
    bot: true,
    bot_reasons: ['self-declared'],
  })
})

test('a bot without a name goes by its browser', () => {
  const nameless = facts({
    userAgent: 'Mozilla/5.0 (compatible)',
    ...browser('Firefox', '3.0'),
    botPattern: 'word',
  })
  assert.deepEqual(nameless.app, {
    name: 'Firefox',
    version: '3.0',
    bot: true,
    bot_reasons: ['user-agent-pattern'],
  })
})
