import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { createDeviceLookup } from '../../../src/adapters/ua-parser-device.ts'
import type { ClientHints } from '../../../src/core/enrichment/client-hints.ts'
import { unknownDevice } from '../../../src/core/enrichment/device.ts'

const lookup = createDeviceLookup()
const facts = (userAgent: string | null, clientHints: ClientHints | null = null) =>
  lookup({ userAgent, clientHints })

/** One line: device | type | os | app. */
function line(userAgent: string, clientHints: ClientHints | null = null): string {
  const { device, os, app } = facts(userAgent, clientHints)
  return [
    device.name,
    device.type,
    `${os.name} ${os.version}`.trim(),
    `${app.name} ${app.version}`.trim(),
  ].join(' | ')
}

const chrome = (system: string, rest = 'Chrome/124.0.0.0 Safari/537.36') =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) ${rest}`
const windows = chrome('Windows NT 10.0; Win64; x64')
const frozenPhone = chrome('Linux; Android 10; K', 'Chrome/124.0.0.0 Mobile Safari/537.36')

test('Windows 11 is told by hints alone', () => {
  assert.equal(line(windows), 'Other | desktop | Windows 10 | Chrome 124.0.0.0')
  const hints = { 'Sec-CH-UA-Platform': '"Windows"', 'Sec-CH-UA-Platform-Version': '"15.0.0"' }
  assert.equal(line(windows, hints), 'Other | desktop | Windows 11 | Chrome 124.0.0.0')
})

test('K is no model, and its Android 10 no version', () => {
  assert.equal(line(frozenPhone), 'Other | mobile | Android | Chrome 124.0.0.0')
  assert.equal(facts(frozenPhone).device.touch, true)
  assert.equal(line(chrome('Linux; Android 10; K')), 'Other | tablet | Android | Chrome 124.0.0.0')
})

test('with the model from the hints the parser finds brand and type', () => {
  const hints = (model: string): ClientHints => ({
    brands: [{ brand: 'Google Chrome', version: '124' }],
    mobile: true,
    platform: 'Android',
    platformVersion: '14.0.0',
    model,
  })
  assert.equal(
    line(frozenPhone, hints('SM-S918B')),
    'Samsung SM-S918B | mobile | Android 14.0.0 | Chrome 124.0.0.0',
  )
  assert.equal(
    line(frozenPhone, hints('Pixel 8 Pro')),
    'Google Pixel 8 Pro | mobile | Android 14.0.0 | Chrome 124.0.0.0',
  )
  assert.equal(
    line(frozenPhone, hints('M2101K6G')),
    'Xiaomi M2101K6G | mobile | Android 14.0.0 | Chrome 124.0.0.0',
  )
  assert.equal(
    line(frozenPhone, hints('SM-X710')),
    'Samsung SM-X710 | tablet | Android 14.0.0 | Chrome 124.0.0.0',
  )
})

test('hints alone are enough for system, browser and model', () => {
  const hints: ClientHints = { platform: 'Android', platformVersion: '14', model: 'Pixel 8', mobile: true }
  const alone = facts(null, hints)
  assert.equal(alone.device.name, 'Google Pixel 8')
  assert.deepEqual(alone.os, { name: 'Android', version: '14' })
})

test('phones, tablets and desktops', () => {
  const cases = [
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1',
      'Apple iPhone | mobile | iOS 17.4 | Mobile Safari 17.4',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1',
      'Apple iPad | tablet | iPadOS 17.4 | Mobile Safari 17.4',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
      'Apple Mac | desktop | macOS 10.15.7 | Safari 17.4',
    ],
    [
      'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0',
      'Other | desktop | Ubuntu | Firefox 125.0',
    ],
    [`${windows} Edg/124.0.2478.51`, 'Other | desktop | Windows 10 | Edge 124.0.2478.51'],
    [chrome('X11; CrOS x86_64 14541.0.0'), 'Other | desktop | ChromeOS 14541.0.0 | Chrome 124.0.0.0'],
    [
      chrome(
        'Linux; Android 13; Pixel 7 Build/TQ3A; wv',
        'Version/4.0 Chrome/124.0.6367.82 Mobile Safari/537.36 Instagram 330.0.0.40.92 Android',
      ),
      'Google Pixel 7 | mobile | Android 13 | Instagram 330.0.0.40.92',
    ],
    [
      chrome('Linux; Android 10; Pixel 8 Pro', 'Chrome/124.0.0.0 Mobile Safari/537.36'),
      'Google Pixel 8 Pro | mobile | Android 10 | Chrome 124.0.0.0',
    ],
    [
      'Dalvik/2.1.0 (Linux; U; Android 9; SM-G960F Build/PPR1)',
      'Samsung SM-G960F | mobile | Android 9 | Other',
    ],
  ]
  for (const [userAgent, expected] of cases) assert.equal(line(userAgent!), expected)
})

test('televisions and consoles', () => {
  const cases = [
    [
      'Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36 WebAppManager',
      'LG Web0S SmartTV | tv | webOS | Chrome 79.0.3945.79',
    ],
    [
      chrome('Linux; Android 12; BRAVIA 4K VH2 Build/STT2'),
      'Sony BRAVIA 4K VH2 | tv | Android 12 | Chrome 124.0.0.0',
    ],
    ['Roku/DVP-12.0 (12.0.0.4182-88)', 'Roku DVP-12.0 | tv | Roku 12.0 | Roku 12.0'],
    ['AppleTV11,1/11.1', 'AppleTV | tv | tvOS | Other'],
    [
      chrome(
        'Windows NT 10.0; Win64; x64; Xbox; Xbox One',
        'Chrome/58.0.3029.110 Safari/537.36 Edge/44.18363.8131',
      ),
      'Microsoft Xbox One | console | Xbox One | Edge 44.18363.8131',
    ],
    [
      'Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15',
      'Sony PlayStation 5 | console | PlayStation 5 | Safari 13.0',
    ],
  ]
  for (const [userAgent, expected] of cases) {
    assert.equal(line(userAgent!), expected)
    assert.equal(facts(userAgent!).app.bot, false, `${userAgent}`)
  }
})

test('bots are named, counted as bots and told why', () => {
  const cases = [
    [
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)',
      'GPTBot',
      'self-declared',
    ],
    [
      `${frozenPhone} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
      'Googlebot',
      'self-declared',
    ],
    ['curl/8.4.0', 'curl', 'http-library'],
    ['insomnia/8.6.0', 'insomnia', 'http-library'],
    [
      chrome('X11; Linux x86_64', 'HeadlessChrome/120.0.0.0 Safari/537.36'),
      'HeadlessChrome',
      'headless-browser',
    ],
    ['WhatsApp/2.23.20.0 A', 'WhatsApp', 'user-agent-pattern'],
  ]
  for (const [userAgent, name, reason] of cases) {
    const { app, device } = facts(userAgent!)
    assert.deepEqual([app.name, app.bot, app.bot_reasons, device.type], [name, true, [reason], 'bot'])
  }
})

test('an app is named by its own user agent, and is no bot for having one', () => {
  const cases = [
    ['Tusky/17.0 Android/11 OkHttp/4.9.3', 'Other |  | Android 11 | Tusky 17.0'],
    [
      'com.google.android.youtube/17.24.34(Linux; U; Android 12; nl_NL; SM-A510F Build/NRD90M) gzip',
      'Samsung SM-A510F | mobile | Android 12 | com.google.android.youtube 17.24.34',
    ],
    [
      'Bol.com/1.2.3 (iOS 14.5.6; iPhone; Phone)',
      'Apple iPhone | mobile | iOS 14.5.6 | Bol.com 1.2.3',
      false,
    ],
  ] as const
  for (const [userAgent, expected] of cases) {
    assert.equal(line(userAgent), expected)
    assert.equal(facts(userAgent).app.bot, false, userAgent)
  }
})

test('phones that are called like bots are phones, and browsers that few know are browsers', () => {
  for (const model of ['M bot 54', 'Spider 8', 'VR BOT 552 PLUS', 'Newsday_E1', 'XBot_Senior Build/O11019'])
    assert.equal(
      facts(chrome(`Linux; Android 8.1.0; ${model}`, 'Chrome/87.0.4280.101 Mobile Safari/537.36')).app.bot,
      false,
      model,
    )
  const sogou = `${chrome('Linux; U; Android 5.0.2; Redmi Note 2 Build/LRX22G', 'Version/4.0 Mobile Safari/534.30')} SogouMSE,SogouMobileBrowser/3.8.5`
  assert.equal(facts(sogou).app.name, 'Sogou Mobile')
  assert.equal(facts(sogou).app.bot, false)
})

test('bots that pose as a phone are bots', () => {
  for (const bot of [
    '(compatible; Google-AMPHTML)',
    'PTST/180829.190838',
    'Convertify',
    '(compatible; Amzn-User/0.1)',
  ])
    assert.equal(
      facts(chrome('Linux; Android 9; SM-G973F', `Chrome/75.0.3770.101 Mobile Safari/537.36 ${bot}`)).app.bot,
      true,
      bot,
    )
})

test('an address names neither a system nor a device', () => {
  const { os, device, app } = facts('distilator/0.1 (http://people.freebsd.org/~ehaupt/distilator/)')
  assert.deepEqual([os.name, device.type, app.name, app.bot], ['Other', 'bot', 'distilator', true])
  assert.equal(facts('binlar_2.6.3 (test@mgmt.mic)').device.brand, null)
})

test('a television tells its maker by the standard of its kind', () => {
  assert.equal(
    line(
      'Mozilla/5.0 (Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/84.0.4147.140 Safari/537.36 OPR/46.0.2207.0 OMI/4.21 Model/Hisense-NT72671D VIDAA/5.0(TOSHIBA;SmartTV;55M550N;NT72671/V0000.01.00S.L0618;UHD)',
    ),
    'Toshiba 55M550N | tv | VIDAA 5.0 | Opera 46.0.2207.0',
  )
})

test('a Cubot phone is no bot', () => {
  const { app, device } = facts(chrome('Linux; Android 9; CUBOT_X19', 'Chrome/80.0 Mobile Safari/537.36'))
  assert.equal(app.bot, false)
  assert.equal(device.brand, 'Cubot')
})

test('a missing, empty or hyphenated user agent is unknown, and no evidence of a bot', () => {
  for (const userAgent of [null, '', '   ', '-']) assert.deepEqual(facts(userAgent), unknownDevice)
  assert.deepEqual(facts(null, { accept: '*/*' }), unknownDevice)
})

test('the cache keeps user agents with and without hints apart', () => {
  const other = createDeviceLookup()
  const hints = { platform: 'Windows', platformVersion: '15.0.0' }
  assert.equal(other({ userAgent: windows, clientHints: null }).os.version, '10')
  assert.equal(other({ userAgent: windows, clientHints: hints }).os.version, '11')
  assert.equal(other({ userAgent: windows, clientHints: null }).os.version, '10')
  assert.equal(
    other({ userAgent: windows, clientHints: hints }),
    other({ userAgent: windows, clientHints: { ...hints } }),
  )
})

test('a user agent over the cap is cut before it is parsed, and not kept', () => {
  const long = `${windows} ${'x'.repeat(600)}bot`
  assert.equal(facts(long).app.name, 'Chrome')
  assert.equal(facts(long).app.bot, false)
  assert.notEqual(facts(long), facts(long))
  assert.equal(facts(windows), facts(windows))
})

test('no user agent takes long', () => {
  const hostile = [
    '(',
    ')',
    ';',
    ' ',
    '/',
    'a',
    '1.',
    'Android ',
    'Mozilla/5.0 (',
    'bot ',
    '; K',
    'compatible;',
    'http://',
    '@',
    '\n',
  ]
  for (const piece of hostile)
    for (const userAgent of [
      piece.repeat(8192 / piece.length),
      `Mozilla/5.0 (Linux; Android 10; ${piece.repeat(400)}`,
    ]) {
      const startedAt = performance.now()
      facts(userAgent)
      // Some 3 ms at worst; a catastrophic expression takes seconds.
      assert.ok(performance.now() - startedAt < 200, JSON.stringify(piece))
    }
})

test('ua-parser-js stays at 1.x under MIT, for its next major version is AGPL', () => {
  const path = createRequire(import.meta.url).resolve('ua-parser-js/package.json')
  const installed = JSON.parse(readFileSync(path, 'utf8'))
  assert.match(installed.version, /^1\./)
  assert.equal(installed.license, 'MIT')
  const ours = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  assert.match(ours.dependencies['ua-parser-js'], /^1\.\d+\.\d+$/, 'pinned exactly')
})
