import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BotEvidence, botOf, withoutModel } from '../../../../src/core/enrichment/bot.ts'

/** As the pattern list has a word of it. */
const bot = (userAgent: string, evidence: Partial<BotEvidence> = {}) =>
  botOf({ userAgent, pattern: 'word', namesDevice: false, namesBrowser: false, ...evidence })
const named = (userAgent: string) => {
  const found = bot(userAgent)
  return found === null ? null : `${found.name} ${found.version}`.trim()
}
const reasons = (userAgent: string) => bot(userAgent)?.reasons

test('what the pattern list does not know is no bot', () => {
  assert.equal(bot('Googlebot/2.1', { pattern: null }), null)
})

test('a bot goes by the name that it declares, not by the browser it poses as', () => {
  const googlebot =
    'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/41.0.2272.96 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'
  const cases = [
    [googlebot, 'Googlebot 2.1'],
    [
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)',
      'GPTBot 1.2',
    ],
    ['Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)', 'MJ12bot 1.4.8'],
    ['Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)', 'SemrushBot 7~bl'],
    ['Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)', 'Yahoo! Slurp'],
    ['Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)', 'Sogou web spider 4.0'],
    ['Screaming Frog SEO Spider/19.0', 'Screaming Frog SEO Spider 19.0'],
    [
      'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)',
      'ClaudeBot 1.0',
    ],
    ['facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)', 'facebookexternalhit 1.1'],
    ['AdsBot-Google (+http://www.google.com/adsbot.html)', 'AdsBot-Google'],
  ]
  for (const [userAgent, expected] of cases) {
    assert.equal(named(userAgent!), expected)
    assert.deepEqual(reasons(userAgent!), ['self-declared'], `${userAgent}`)
  }
})

test('one that only leaves an address goes by its own word', () => {
  const chatGpt =
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot'
  const snippet =
    'Mozilla/5.0 (Windows NT 6.1; rv:6.0) Gecko/20110814 Firefox/6.0 Google (+https://developers.google.com/+/web/snippet/)'
  assert.equal(named(chatGpt), 'ChatGPT-User 1.0')
  assert.equal(named(snippet), 'Google')
  assert.deepEqual(reasons(snippet), ['self-declared'])
})

test('a name in a comment with an address counts, a likeness does not', () => {
  const flipboard =
    'Mozilla/5.0 (Macintosh; U; Intel Mac OS X 10.6; en-US; rv:1.9.2) Gecko/20100115 Firefox/3.6 (FlipboardProxy/1.1; +http://flipboard.com/browserproxy)'
  assert.equal(named(flipboard), 'FlipboardProxy 1.1')
  assert.equal(
    named('Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)'),
    'Feedly 1.0',
  )
  const chef = 'Chef Client/10.18.2 (ruby-1.9.3-p327; ohai-6.16.0; x86_64-linux; +http://opscode.com)'
  assert.equal(named(chef), 'Chef Client 10.18.2')
  assert.deepEqual(reasons(chef), ['self-declared', 'http-library'])
  const frame = 'Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; WOW64; Trident/5.0; chromeframe/19.0)'
  assert.equal(named(frame), 'chromeframe 19.0')
})

test('libraries and headless browsers are told apart', () => {
  assert.deepEqual(bot('curl/8.4.0'), { name: 'curl', version: '8.4.0', reasons: ['http-library'] })
  assert.equal(named('python-requests/2.31.0'), 'python-requests 2.31.0')
  assert.equal(named('Apache-HttpClient/4.5.13 (Java/11.0.15)'), 'Apache-HttpClient 4.5.13')
  const headless =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36'
  assert.equal(named(headless), 'HeadlessChrome 120.0.0.0')
  assert.deepEqual(reasons(headless), ['headless-browser'])
  const cypress =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Shop/1.0 Chrome/114.0 Electron/25.8 Safari/537.36 Cypress/13.3'
  assert.equal(named(cypress), 'Cypress 13.3')
})

test('what names nothing but browsers has no name, and only the pattern for a reason', () => {
  assert.deepEqual(bot('Mozilla/5.0 (compatible)'), {
    name: null,
    version: '',
    reasons: ['user-agent-pattern'],
  })
  assert.equal(bot('Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/1.0')?.name, null)
})

test('a television, a console and a feature phone are no bots, though the pattern list takes them for some', () => {
  const bare = [
    'HbbTV/1.2.1 (;;;;;)',
    'Mozilla/5.0 CE-HTML/1.0 NETTV/3.2.1',
    'AppleTV11,1/11.1',
    'Opera/9.30 (Nintendo Wii; U; ; 3642; en)',
    'Nokia6230/2.0 (04.44) Profile/MIDP-2.0 Configuration/CLDC-1.1',
  ]
  for (const userAgent of bare) assert.equal(bot(userAgent), null, userAgent)
})

test('a feature phone that says it is Googlebot is Googlebot', () => {
  const posing =
    'SAMSUNG-SGH-E250/1.0 Profile/MIDP-2.0 Configuration/CLDC-1.1 UP.Browser/6.2.3.3.c.1.101 (GUI) MMP/2.0 (compatible; Googlebot-Mobile/2.1; +http://www.google.com/bot.html)'
  assert.equal(named(posing), 'Googlebot-Mobile 2.1')
})

test('a Cubot is a phone and an address is not a name', () => {
  assert.notDeepEqual(reasons('Mozilla/5.0 (Linux; Android 9; CUBOT_X19)'), ['self-declared'])
  assert.equal(named('Foo/1.0 (see http://example.com/bot.html)'), 'Foo 1.0')
  assert.equal(named('Foo/1.0 (robots@example.com)'), 'Foo 1.0')
})

test('names and versions are cut', () => {
  const found = bot(`${'a'.repeat(300)}bot/1${'0'.repeat(300)}`)
  assert.equal(found?.name?.length, 64)
  assert.equal(found?.version.length, 32)
})

test('an app on a phone is no bot, whatever the pattern list says of its user agent', () => {
  const app = 'com.google.android.youtube/17.24.34(Linux; U; Android 12; nl_NL; SM-A510F) gzip'
  assert.equal(bot(app, { namesDevice: true }), null)
  assert.equal(bot(app)?.name, 'com.google.android.youtube')
  const posing = 'Mozilla/5.0 (Linux; Android 9; SM-G973F) Chrome/75.0 Mobile Safari/537.36 Convertify'
  assert.equal(bot(posing, { namesDevice: true })?.reasons[0], 'user-agent-pattern')
  assert.equal(bot(posing, { namesDevice: true, pattern: 'shape' }), null)
  assert.equal(bot(posing, { namesBrowser: true }), null)
  assert.equal(bot('Googlebot/2.1', { namesDevice: true, namesBrowser: true })?.name, 'Googlebot')
})

test('what fetches for an assistant or probes is one, though the pattern list has no word of it', () => {
  const user =
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Amzn-User/0.1) Chrome/119.0.6045.214'
  assert.deepEqual(bot(user, { pattern: null }), {
    name: 'Amzn-User',
    version: '0.1',
    reasons: ['self-declared'],
  })
  assert.equal(bot('kube-probe/1.13+', { pattern: null, namesDevice: true })?.name, 'kube-probe')
  const headless =
    'Mozilla/5.0 (Windows NT 6.2) AppleWebKit/534.34 (KHTML, like Gecko) wkhtmltopdf Safari/534.34'
  assert.deepEqual(bot(headless, { pattern: null })?.reasons, ['headless-browser'])
})

test('what begins with an HTTP library is one, unless it is an app on a device', () => {
  const dart = 'Dart/2.17 (dart:io)'
  assert.deepEqual(bot(dart, { pattern: null }), { name: 'Dart', version: '2.17', reasons: ['http-library'] })
  assert.equal(bot('okhttp/4.9.3', { pattern: null, namesDevice: true }), null)
  assert.equal(bot('Mozilla/5.0 (X11; Linux x86_64) Java/1.8', { pattern: null }), null)
})

test("a phone's model is taken out, and nothing else", () => {
  const chrome = (system: string) => `Mozilla/5.0 (${system}) AppleWebKit/537.36`
  assert.equal(withoutModel(chrome('Linux; Android 7.0; M bot 54')), chrome('Linux; Android 7.0; K'))
  assert.equal(
    withoutModel(chrome('Linux; U; Android 7.0; de-de; Spider 8 Build/NRD90M; wv')),
    chrome('Linux; U; Android 7.0; de-de; K Build/NRD90M; wv'),
  )
  for (const system of ['Linux; Android 7.0; SomeBot/1.0', 'compatible; Googlebot', 'Linux; Android 7.0'])
    assert.equal(withoutModel(chrome(system)), chrome(system))
})

test('of several declarations the one with a version is the name', () => {
  assert.equal(named('Mozilla/5.0 (compatible; Foobot/2.1; webcrawler at example dot org)'), 'Foobot 2.1')
})
