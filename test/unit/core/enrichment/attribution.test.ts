import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AttributionSettings,
  attributionLookup,
  hostAndPath,
  landingOf,
} from '../../../../src/core/enrichment/attribution.ts'
import type { EventContext } from '../../../../src/core/raw-event.ts'

const attributed = (context: EventContext | null, settings?: Partial<AttributionSettings>) =>
  attributionLookup(settings)(landingOf(context))
const shop = 'https://www.shop.example/sale'
const from = (referrer: string, url = shop, settings?: Partial<AttributionSettings>) => {
  const { referrer: site, channel } = attributed({ page: { url, referrer } }, settings)
  return [site.class, site.name, channel]
}

test('the referrer has a class, a name where it is known, and gives the channel', () => {
  for (const [referrer, ...expected] of [
    ['https://www.google.com/', 'search', 'Google', 'Organic Search'],
    ['https://www.google.co.uk/', 'search', 'Google', 'Organic Search'],
    ['android-app://com.google.android.googlequicksearchbox/', 'search', 'Google', 'Organic Search'],
    ['https://duckduckgo.com/', 'search', 'DuckDuckGo', 'Organic Search'],
    ['https://search.brave.com/', 'search', 'Brave', 'Organic Search'],
    ['https://de.search.yahoo.com/', 'search', 'Yahoo!', 'Organic Search'],
    ['https://l.facebook.com/', 'social', 'Facebook', 'Organic Social'],
    ['https://t.co/abc', 'social', 'Twitter', 'Organic Social'],
    ['https://www.youtube.com/watch?v=1', 'social', 'YouTube', 'Organic Video'],
    ['https://mail.google.com/mail/u/0/', 'e-mail', 'Gmail', 'Email'],
    ['android-app://com.google.android.gm/', 'e-mail', 'Gmail', 'Email'],
    ['https://chatgpt.com/', 'ai-assistant', 'ChatGPT', 'AI Assistants'],
    ['https://www.perplexity.ai/search/x', 'ai-assistant', 'Perplexity', 'AI Assistants'],
    ['https://gemini.google.com/app', 'ai-assistant', 'Gemini', 'AI Assistants'],
    ['https://anyone.blogspot.com/post', 'social', null, 'Organic Social'],
    ['https://www.amazon.de/dp/1', 'other', null, 'Organic Shopping'],
    ['https://docs.google.com/document/d/1', 'other', null, 'Referral'],
    ['https://blog.example:8443/post', 'other', null, 'Referral'],
    ['http://192.0.2.1/', 'other', null, 'Referral'],
    ['http://[2001:db8::1]/', 'other', null, 'Referral'],
  ] as const)
    assert.deepEqual(from(referrer), expected, referrer)
})

test('a portal that has a search is one only where the referrer has the words that were searched for', () => {
  assert.deepEqual(from('https://www.cnn.com/2026/news'), ['other', null, 'Referral'])
  assert.deepEqual(from('https://www.cnn.com/search?query=shoes'), ['search', 'Google', 'Organic Search'])
})

test('the same site is internal under any of its names, and begins a direct visit', () => {
  const internal = ['internal', null, 'Direct']
  for (const referrer of [
    'https://shop.example/',
    'http://www.shop.example:8080/',
    'https://help.shop.example/',
  ])
    assert.deepEqual(from(referrer), internal, referrer)
  assert.deepEqual(from('https://shop.example/', 'https://help.shop.example/'), internal)
  assert.deepEqual(from('https://notshop.example/'), ['other', null, 'Referral'])
  assert.deepEqual(from('https://login.shop.test/'), ['other', null, 'Referral'])
  assert.deepEqual(from('https://login.shop.test/', shop, { internalDomains: ['shop.test'] }), internal)
})

test('a network whose members have sites below it is not internal to them', () => {
  assert.deepEqual(from('https://www.tumblr.com/dashboard', 'https://anyone.tumblr.com/'), [
    'social',
    'tumblr',
    'Organic Social',
  ])
})

test('a payment provider is no origin, by default and by configuration', () => {
  const excluded = ['excluded', null, 'Direct']
  assert.deepEqual(from('https://www.paypal.com/checkoutnow?token=1'), excluded)
  assert.deepEqual(from('https://checkout.stripe.com/pay'), excluded)
  assert.equal(from('https://stripe.com/blog')[0], 'other')
  assert.deepEqual(
    from('https://secure.bank.example/', shop, { excludedReferrers: ['bank.example'] }),
    excluded,
  )
  assert.deepEqual(from('https://www.paypal.com/', shop, { excludedReferrers: [] }), [
    'other',
    null,
    'Referral',
  ])
})

test('campaign parameters win over the referrer, even of an excluded one', () => {
  const url = `${shop}?utm_source=news&utm_medium=email&utm_campaign=may#utm_medium=cpc`
  assert.deepEqual(from('https://www.google.com/', url), ['search', 'Google', 'Email'])
  assert.deepEqual(from('https://www.paypal.com/', url), ['excluded', null, 'Email'])
  assert.deepEqual(from('https://www.google.com/', `${shop}?utm_source=chatgpt.com`)[2], 'AI Assistants')
})

test('a click id stands for the source and the medium that are not given', () => {
  const channel = (query: string, referrer: string | null = null) =>
    attributed({ page: { url: `${shop}?${query}`, referrer } }).channel
  assert.equal(channel('gclid=a'), 'Paid Search')
  assert.equal(channel('gbraid=a', 'https://news.example/'), 'Paid Search')
  assert.equal(channel('msclkid=a'), 'Paid Search')
  assert.equal(channel('dclid=a'), 'Display')
  assert.equal(channel('ttclid=a'), 'Paid Social')
  assert.equal(channel('irclickid=a'), 'Affiliates')
  // Facebook marks every link, so that it is paid for must be said.
  assert.equal(channel('fbclid=a'), 'Organic Social')
  assert.equal(channel('fbclid=a&utm_medium=cpc'), 'Paid Social')
  assert.equal(channel('gclid=a&utm_source=google&utm_medium=organic'), 'Organic Search')
  assert.equal(channel('gclid=a&utm_campaign=eshop'), 'Paid Shopping')
  assert.equal(channel('gclid='), 'Direct')
})

test('of several click ids the most telling counts, and a value is cut at 512 characters', () => {
  const { clickId } = attributed({ page: { url: `${shop}?fbclid=f&wbraid=w&gclid=${'g'.repeat(600)}` } })
  assert.deepEqual(clickId, { name: 'gclid', value: 'g'.repeat(512) })
})

test('an explicit utm wins as a whole, and an explicit channel over everything', () => {
  const page = { url: `${shop}?utm_source=a&utm_medium=cpc&gclid=1`, referrer: 'https://www.google.com/' }
  const given = attributed({ page, utm: { source: 'crm', medium: 'sms' } })
  assert.deepEqual([given.utm.source, given.utm.campaign, given.channel], ['crm', null, 'SMS'])
  assert.equal(attributed({ page, channel: 'push' }).channel, 'push')
  assert.equal(attributed({ channel: 'push' }).channel, 'push')
})

test('a page without a referrer is a direct visit; without a page nothing is known', () => {
  assert.equal(attributed({ page: { url: shop } }).channel, 'Direct')
  assert.equal(attributed({ page: { url: '/sale' } }).channel, 'Direct')
  assert.equal(attributed({ page: { referrer: 'https://www.google.com/' } }).channel, 'Organic Search')
  for (const context of [null, {}, { page: {} }, { page: { title: 'Sale' } }, { page: { referrer: '-' } }])
    assert.equal(attributed(context).channel, '', JSON.stringify(context))
})

test('what is no URL is no origin', () => {
  for (const referrer of ['not a url', 'about:blank', 'data:text/plain,x', 'javascript:x', 'https://', '-'])
    assert.deepEqual(from(referrer), [null, null, 'Direct'], referrer)
  assert.equal(landingOf({ page: { referrer: '-' } }).referrer, null)
})

test('host and path are those of a browser, and a path alone has no host', () => {
  for (const [url, host, path] of [
    ['https://Shop.example:443/a%20b/../c?x#y', 'shop.example', '/c'],
    ['http://shop.example:8080', 'shop.example:8080', '/'],
    ['https://münchen.example/', 'xn--mnchen-3ya.example', '/'],
    ['/sale?x=1#top', null, '/sale'],
    ['/', null, '/'],
    ['//shop.example/sale', null, null],
    ['sale', null, null],
    ['', null, null],
    ['mailto:a@shop.example', null, null],
  ] as const)
    assert.deepEqual(hostAndPath(url), { host, path }, url)
})
