import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unknownDevice } from '../../../src/core/enrichment/device.ts'
import { noGeo } from '../../../src/core/enrichment/geo.ts'
import { oracle } from '../../support/oracle.ts'
import {
  type Doc,
  documentOf,
  documentsOf,
  event,
  options,
  type Raw,
  run,
} from '../../support/oracle-case.ts'
import { clock } from '../../support/timeline.ts'

test('exactly the gap joins, a millisecond more splits, in either order of arrival', () => {
  const start = clock('10:00')
  for (const [difference, sessions] of [
    [599_999, 1],
    [600_000, 1],
    [600_001, 2],
  ] as const) {
    const [a, b] = [event(start), event(start + difference)]
    assert.equal(run(a, b).size, sessions, `${difference} ms`)
    assert.equal(run(b, a).size, sessions, `${difference} ms backwards`)
  }
})

test('a chain of events within the gap is one session, however long, and tabs are apart', () => {
  const chain = ['10:00', '10:10', '10:20', '10:30', '10:40:00.001'].map(time => event(time))
  assert.deepEqual(
    documentsOf(...chain, event('10:05', { tabId: 'other' })).map(({ tabId, activity, lastSeen }) => [
      tabId,
      activity.events,
      lastSeen.slice(11, 23),
    ]),
    [
      ['tab', 4, '10:30:00.000'],
      ['tab', 1, '10:40:00.001'],
      ['other', 1, '10:05:00.000'],
    ],
  )
})

test('a repeat of event id and time counts once, of the id alone twice, and tabs do not share ids', () => {
  const first = event('10:00', { eventId: 'x', query: 'first' })
  const { sessions, ...counts } = run(
    first,
    { ...first, query: 'second' },
    { ...first, timestamp: clock('10:01'), query: undefined },
    { ...first, tabId: 'other' },
  )
  assert.deepEqual(counts, { size: 2, events: 3, duplicates: 1, deadLetters: 0 })
  const [document] = [...sessions.values()] as Doc[]
  assert.equal(document.activity.events, 2)
  assert.equal(document.lastQuery, 'first')
})

test('per key the latest event wins, and null removes, whatever the order of arrival', () => {
  const events = [
    event('10:03', { properties: { a: null, b: { nested: null } } }),
    event('10:01', { properties: { a: 1, b: 1, c: 1 }, traits: { t: 1 } }),
    event('10:02', { properties: { a: 2, d: null }, aux: { x: [null] } }),
    event('10:04', { traits: { t: null } }),
    event('10:05', { traits: { t: 5 } }),
  ]
  for (const order of [events, events.toReversed()]) {
    const { properties, traits, aux } = documentOf(...order)
    assert.deepEqual(properties, { b: { nested: null }, c: 1 })
    assert.deepEqual(traits, { t: 5 })
    assert.deepEqual(aux, { x: [null] })
  }
})

test('at one time the event id decides, by code units', () => {
  const at = clock('10:00')
  const events = ['B', 'a', 'Z'].map(eventId => event(at, { eventId, query: eventId, site: eventId }))
  const { lastQuery, site } = documentOf(...events)
  assert.deepEqual([site, lastQuery], ['B', 'a'])
})

test('of 600 keys the first 512 by name are kept, removed ones included', () => {
  const keys = Array.from({ length: 600 }, (_, i) => `k${String(i).padStart(3, '0')}`)
  const objectOf = (some: string[], value: unknown) => Object.fromEntries(some.map(key => [key, value]))
  const { properties } = documentOf(
    event('10:00', { properties: objectOf(keys.slice(400), 1) }),
    event('10:01', { properties: objectOf(keys.slice(0, 200), 2) }),
    event('10:02', { properties: objectOf(keys.slice(200, 400), null) }),
  )
  assert.deepEqual(Object.keys(properties), [...keys.slice(0, 200), ...keys.slice(400, 512)])
})

test('each group of evidence is taken whole from the earliest event that carries it', () => {
  const { device, os, app, context, site, metadata } = documentOf(
    event('10:05', { site: 'late', context: { ip: '192.0.2.9', userAgent: 'C', locale: 'en', app: {} } }),
    event('10:01', { site: 'early', context: { ip: '192.0.2.1', screen: { width: 800, touch: 5 } } }),
    event('10:02', { context: { userAgent: 'C', viewport: { width: 7 }, locale: 'de' } }),
    event('10:03', { context: { userAgent: 'D', viewport: { width: 640, height: 480 } } }),
    event('10:04', { context: { screen: { width: 1, height: 2, colorDepth: 30 }, timeZone: 'Asia/Tokyo' } }),
  )
  assert.equal(site, 'early')
  assert.deepEqual([device.ip, context.ip, device.geo.city], ['192.0.2.1', '192.0.2.1', 'Kiel'])
  assert.deepEqual([os.name, device.type], ['Windows', 'desktop'])
  assert.deepEqual([device.resolution, device.touch, device.color_depth], [null, true, null])
  assert.deepEqual([app.name, app.language, app.resolution], ['Chrome', 'de', '640x480'])
  assert.deepEqual([metadata.time.hour, metadata.time.hourLocal], [10, 19])
})

test('a Mac that is touched is an iPad', () => {
  const macintosh = {
    ...unknownDevice,
    device: { name: 'Apple Mac', brand: 'Apple', model: 'Mac', type: 'desktop', touch: false },
    os: { name: 'macOS', version: '10.15.7' },
  } as const
  const seen = (touch: unknown) => {
    const value = JSON.stringify(event('10:00', { context: { userAgent: 'M', screen: { touch } } }))
    const lookups = { ...options.lookups, device: () => macintosh }
    // biome-ignore lint/suspicious/noExplicitAny: documents are looked into at will
    const [document] = oracle([{ value, timestamp: null }], { ...options, lookups }).sessions.values() as any
    return [document.device.name, document.device.type, document.os.name, document.os.version]
  }
  assert.deepEqual(seen(5), ['Apple iPad', 'tablet', 'iPadOS', ''])
  assert.deepEqual(seen(0), ['Apple Mac', 'desktop', 'macOS', '10.15.7'])
  assert.deepEqual(seen(null), ['Apple Mac', 'desktop', 'macOS', '10.15.7'])
})

test('explicit application and place win over what is derived, as a whole', () => {
  const geo = { country: { code: 'NO' }, latitude: 59.9, longitude: '10.75' }
  const { app, device } = documentOf(
    event('10:00', { context: { ip: '192.0.2.1', userAgent: 'C', locale: 'de' } }),
    event('10:01', { context: { geo, app: { type: 'native', name: 'Shop' } } }),
  )
  assert.deepEqual([app.type, app.name, app.version, app.language], ['native', 'Shop', '', 'de'])
  assert.deepEqual(device.geo, {
    ...noGeo,
    country: { name: null, code: 'NO' },
    latitude: '59.9',
    longitude: '10.75',
    location: '59.9,10.75',
  })
})

test('referrer, campaign, click and channel are the entry event’s alone', () => {
  const url = 'https://Shop.example/a?utm_source=news&fbclid=f&gclid=g#top'
  const { utm, click_id, referrer, metadata, pages } = documentOf(
    event('10:01', { type: 'page-view', context: { page: { url: 'https://shop.example/b', title: 'B' } } }),
    event('10:00', { context: { page: { url, referrer: 'https://x.example:8080/' }, aux: { a: null } } }),
    event('10:02', { context: { utm: { source: 'late' }, channel: 'late' } }),
  )
  assert.deepEqual(utm, { source: 'news', medium: null, campaign: null, term: null, content: null })
  assert.deepEqual(click_id, { name: 'gclid', value: 'g' })
  assert.deepEqual(Object.values(referrer), ['https://x.example:8080/', 'x.example:8080', 'other', null])
  assert.deepEqual([metadata.channel, metadata.aux], ['Paid Other', { a: null }])
  // The first event is no page view, so the entry page is the second's.
  assert.deepEqual(pages.entry, {
    url: 'https://shop.example/b',
    host: 'shop.example',
    path: '/b',
    title: 'B',
  })
  assert.deepEqual(pages.exit, pages.entry)
})

test('activity is counted over distinct events, money in millionths', () => {
  const { activity } = documentOf(
    event('10:00', { type: 'page-view', query: 'q' }),
    event('10:01', { type: 'search' }),
    event('10:02', { type: 'conversion', value: 0.1 }),
    event('10:03', { type: 'conversion', value: 0.2 }),
    event('10:04', { type: 'click', value: 99 }),
  )
  assert.deepEqual(activity, {
    events: 5,
    page_views: 1,
    searches: 2,
    conversions: 2,
    conversion_value: 0.3,
    bounced: 0,
    engaged_seconds: 0,
  })
  assert.equal(documentOf(event('10:00'), event('10:01', { type: 'page-view' })).activity.bounced, 1)
  const views = [event('10:00', { type: 'page-view' }), event('10:01', { type: 'page-view' })]
  assert.equal(documentOf(...views).activity.bounced, 0)
})

test('gaps of at most half a minute are engaged time, in a session of at most twelve hours', () => {
  const times = ['10:00', '10:00:30', '10:01:00.001', '10:01:10.500', '10:05']
  const seconds = (...events: Raw[]) => documentOf(...events).activity.engaged_seconds
  assert.equal(seconds(...times.map(time => event(time))), 40)
  const everyTenMinutes = Array.from({ length: 73 }, (_, i) => event(i * 600_000))
  assert.equal(seconds(...everyTenMinutes, event(20_000)), 20)
  assert.equal(seconds(...everyTenMinutes, event(20_000), event(73 * 600_000)), null)
})
