import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { unknownDevice } from '../../../src/core/enrichment/device.ts'
import { noGeo } from '../../../src/core/enrichment/geo.ts'
import { uuidV5 } from '../../../src/core/session-id.ts'
import { comparable, defaultOracleOptions, describeDiff, diff, oracle } from '../../support/oracle.ts'
import { clock } from '../../support/timeline.ts'

const chrome = {
  device: { name: 'Other', brand: null, model: null, type: 'desktop', touch: false },
  os: { name: 'Windows', version: '11' },
  app: { name: 'Chrome', version: '140', bot: false, bot_reasons: [] },
} as const
const options = {
  ...defaultOracleOptions,
  lookups: {
    geo: (ip: string) => (ip === '192.0.2.1' ? { ...noGeo, city: 'Kiel', time_zone: 'Europe/Berlin' } : null),
    device: ({ userAgent }: { userAgent: string | null }) => (userAgent === 'C' ? chrome : unknownDevice),
  },
}

type Raw = Record<string, unknown>
// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at will
type Doc = any
let nextId = 0
const event = (time: string | number, fields: Raw = {}): Raw => ({
  eventId: `e${String(nextId++).padStart(3, '0')}`,
  tabId: 'tab',
  type: 'click',
  timestamp: typeof time === 'number' ? time : clock(time),
  ...fields,
})
const run = (...events: Raw[]) =>
  oracle(
    events.map(raw => ({ value: JSON.stringify(raw), timestamp: null })),
    options,
  )
const documentsOf = (...events: Raw[]): Doc[] => [...run(...events).sessions.values()]
function documentOf(...events: Raw[]): Doc {
  const documents = documentsOf(...events)
  assert.equal(documents.length, 1)
  return documents[0]
}

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
  assert.deepEqual([app.name, app.language, app.resolution], ['Other', 'de', '640x480'])
  assert.deepEqual([metadata.time.hour, metadata.time.hourLocal], [10, 19])
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
  assert.deepEqual([referrer.url, referrer.host], ['https://x.example:8080/', 'x.example:8080'])
  assert.deepEqual([metadata.channel, metadata.aux], ['', { a: null }])
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
    engaged_seconds: null,
  })
  assert.equal(documentOf(event('10:00'), event('10:01', { type: 'page-view' })).activity.bounced, 1)
  const views = [event('10:00', { type: 'page-view' }), event('10:01', { type: 'page-view' })]
  assert.equal(documentOf(...views).activity.bounced, 0)
})

test('the example of the seed: 30 May 2024 was a Thursday, 4; the whole document', () => {
  const raw = event(0, {
    timestamp: '2024-05-30T07:44:23.243135Z',
    profile: { id: 'p' },
    context: { timeZone: 'America/New_York' },
  })
  const id = 'f1c9161a-b13d-584e-8910-397f4c7b2ae0'
  const nothing = { url: null, host: null, path: null, title: null }
  assert.deepEqual(documentOf(raw, { ...raw, eventId: 'z', timestamp: '2024-05-30T09:44:25.242+02:00' }), {
    id,
    sessionTrackingToken: id,
    tabId: 'tab',
    lastSeen: '2024-05-30T07:44:25.242Z',
    lastQuery: null,
    metadata: {
      time: {
        insert: '2024-05-30T07:44:23.243Z',
        timestamp: 1717055063.243,
        duration: 1,
        weekday: 4,
        hour: 7,
        weekdayLocal: 4,
        hourLocal: 3,
      },
      channel: '',
      aux: {},
      status: 'ended',
    },
    profile: { id: 'p', primary_id: null, metadata: null },
    device: {
      ...unknownDevice.device,
      ip: null,
      resolution: null,
      geo: noGeo,
      color_depth: null,
      orientation: null,
    },
    os: { name: 'Other', version: '' },
    app: {
      type: 'browser',
      name: 'Other',
      version: '',
      language: null,
      bot: false,
      bot_reasons: [],
      resolution: null,
    },
    context: { ip: null },
    utm: { source: null, medium: null, campaign: null, term: null, content: null },
    click_id: { name: null, value: null },
    referrer: { url: null, host: null, class: null, name: null },
    properties: {},
    traits: {},
    aux: {},
    activity: {
      events: 2,
      page_views: 0,
      searches: 0,
      conversions: 0,
      conversion_value: 0,
      bounced: 1,
      engaged_seconds: null,
    },
    pages: { entry: nothing, exit: nothing },
    site: null,
    schema_version: 1,
  })
})

test('weekday and hour are those of the configured zone, over midnight and a change of clocks', () => {
  const at = (timestamp: string, timeZone: string): Doc => {
    const records = [{ value: JSON.stringify(event(0, { timestamp })), timestamp: null }]
    const [document] = [...oracle(records, { ...options, timeZone }).sessions.values()] as Doc[]
    return [document.metadata.time.weekday, document.metadata.time.hour, document.metadata.time.weekdayLocal]
  }
  assert.deepEqual(at('2026-11-28T23:30:00Z', 'Europe/Berlin'), [0, 0, null])
  assert.deepEqual(at('2026-11-29T02:30:00Z', 'America/New_York'), [6, 21, null])
  assert.deepEqual(at('2026-03-29T00:59:59.999Z', 'Europe/Berlin'), [0, 1, null])
  assert.deepEqual(at('2026-03-29T01:00:00Z', 'Europe/Berlin'), [0, 3, null])
})

test('ids are those of the product, also for names beyond ASCII', () => {
  const cell = Math.floor(clock('10:00') / 600_000)
  for (const [tabId, id] of [
    ['tab', 'd36da9ca-4562-56bb-bcfe-d5946af5cf1c'],
    ['täb-✓', 'd6619503-105a-5d77-aab4-ac1b655cf0cd'],
  ]) {
    assert.equal(documentOf(event('10:00', { tabId })).id, id)
    assert.equal(uuidV5(`600000:${cell}:${tabId}`), id)
  }
})

test('event time: received, skew, clamp, in that order', () => {
  const noon = clock('12:00')
  const minute = 60_000
  const timeOf = (fields: Raw, timestamp: number | null): string | null => {
    const value = JSON.stringify({ eventId: 'e', tabId: 't', type: 'x', ...fields })
    const [document] = [...oracle([{ value, timestamp }], options).sessions.values()] as Doc[]
    return document?.lastSeen.slice(11, 23) ?? null
  }
  // From a broker.
  assert.equal(timeOf({}, noon), '12:00:00.000')
  assert.equal(timeOf({ timestamp: noon - minute }, noon), '11:59:00.000')
  assert.equal(timeOf({ timestamp: noon + minute }, noon), '12:00:00.000')
  assert.equal(timeOf({ timestamp: noon + minute, receivedAt: noon + 2 * minute }, noon), '12:01:00.000')
  assert.equal(timeOf({ receivedAt: noon + 9 * minute }, noon), '12:05:00.000')
  // From a file.
  assert.equal(timeOf({}, null), null)
  assert.equal(timeOf({ sentAt: noon }, null), '12:00:00.000')
  assert.equal(timeOf({ timestamp: noon + minute, sentAt: noon }, null), '12:00:00.000')
  assert.equal(timeOf({ timestamp: noon + 0.9 }, null), '12:00:00.000')
  // A client's clock that is wrong by five seconds is left alone.
  const skewed = { timestamp: noon, receivedAt: noon + minute }
  assert.equal(timeOf({ ...skewed, sentAt: noon + minute - 5000 }, null), '12:00:00.000')
  assert.equal(timeOf({ ...skewed, sentAt: noon + minute - 5001 }, null), '12:00:05.001')
  assert.equal(timeOf({ ...skewed, sentAt: noon + minute + 5001 }, null), '11:59:54.999')
  assert.equal(timeOf({ ...skewed, sentAt: noon - minute }, null), '12:01:00.000')
})

test('what is no event counts as a dead letter, and nothing else comes of it', () => {
  const day = 86_400_000
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
  const bad: unknown[] = [
    ...[undefined, '', 7, 'x'.repeat(129)].map(eventId => event('10:00', { eventId })),
    ...[undefined, '', null, 'x'.repeat(257)].map(tabId => event('10:00', { tabId })),
    ...[undefined, '', [], 'x'.repeat(65)].map(type => event('10:00', { type })),
    ...['yesterday', '2026-11-24', '2026-11-24T10:00:00', '2026-02-30T00:00:00Z', -1, {}, true].map(
      timestamp => event('10:00', { timestamp }),
    ),
    ...['1', 1e9 + 1, -1e9 - 1].map(value => event('10:00', { value })),
    event('10:00', { query: 'x'.repeat(2049) }),
    event('10:00', { properties: nested(20) }),
    event('10:00', { properties: { a: nested(19) } }),
    event('10:00', { context: 'x' }),
    event('10:00', { context: { screen: { width: '1' } } }),
    event('10:00', { ignored: 'x'.repeat(1024 * 1024) }),
    event('10:00', { timestamp: clock('10:00') - 30 * day - 1, receivedAt: clock('10:00') }),
    [],
    'text',
    null,
  ]
  const records = [
    ...bad.map(raw => ({ value: JSON.stringify(raw), timestamp: null })),
    { value: 'not json', timestamp: 1 },
    { value: Buffer.from([0x7b, 0xff, 0x7d]), timestamp: 1 },
    { value: null, timestamp: 1 },
  ]
  for (const record of records) {
    const { sessions, ...counts } = oracle([record], options)
    const text = String(record.value).slice(0, 120)
    assert.deepEqual(counts, { size: 0, events: 0, duplicates: 0, deadLetters: 1 }, text)
  }
  const good = [
    event('10:00', { properties: { a: nested(18) } }),
    event('10:00', { timestamp: clock('10:00') - 30 * day, receivedAt: clock('10:00'), unknown: {} }),
    event('10:00', { query: null, value: null, context: null, properties: null, profile: null }),
    event('10:00', { eventId: 'x'.repeat(128), tabId: 'x'.repeat(256), type: 'x'.repeat(64), value: -1e9 }),
  ]
  for (const raw of good) assert.equal(run(raw).events, 1, JSON.stringify(raw).slice(0, 200))
})

test('the two access logs', () => {
  for (const [name, events, size] of [
    ['access-log', 9999, 3223],
    ['access-log-2', 3456, 796],
  ] as const) {
    const lines = readFileSync(`test/data/${name}.events.ndjson`, 'utf8').trimEnd().split('\n')
    const { sessions, ...counts } = oracle(
      [...lines, ...lines].map(value => ({ value, timestamp: null })),
      options,
    )
    assert.deepEqual(counts, { size, events, duplicates: events, deadLetters: 0 }, name)
  }
})

const withParts = (document: Doc): Doc => ({
  ...document,
  metadata: {
    ...document.metadata,
    time: { ...document.metadata.time, create: 'now', update: null },
  },
  operation: { new: true },
  quality: {},
  source: {},
  state: {},
})

test('a document is compared without the five parts, whatever its prototypes and the order of its keys', () => {
  const result = run(event('10:00', { properties: { a: -0, b: { c: 1 } } }))
  const [document] = [...result.sessions.values()] as Doc[]
  const whole = withParts(document)
  assert.deepEqual(comparable(whole), document)
  const reversed = Object.fromEntries(Object.entries(whole).reverse())
  const bare = { ...reversed, properties: Object.assign(Object.create(null), { b: { c: 1 }, a: 0 }) }
  for (const same of [document, whole, reversed, bare])
    assert.deepEqual(diff(result, [same]), { missing: [], extra: [], different: [] })
})

test('a diff names what is missing, extra and different, and prints it', () => {
  const result = run(event('10:00'), event('11:00'), event('12:00', { properties: { a: [1] } }))
  const [first, , third] = [...result.sessions.values()] as Doc[]
  const changed = { ...third, tabId: undefined, properties: { a: [2], __proto__: null }, site: 's', more: 1 }
  const found = diff(result, [first, first, changed, { ...first, id: 'stranger' }])
  assert.deepEqual(found.missing, [[...result.sessions.keys()][1]])
  assert.deepEqual(found.extra, [first.id, 'stranger'])
  assert.deepEqual(describeDiff(found), [
    `missing: ${found.missing[0]}`,
    `extra: ${first.id}`,
    'extra: stranger',
    `${third.id} tabId: expected "tab", got nothing`,
    `${third.id} properties.a.0: expected 1, got 2`,
    `${third.id} site: expected null, got "s"`,
    `${third.id} more: expected nothing, got 1`,
  ])
})

test('the status can be left out, and redirects are no documents', () => {
  const result = run(event('10:00'))
  const [document] = [...result.sessions.values()] as Doc[]
  const active = { ...document, metadata: { ...document.metadata, status: 'active' } }
  assert.deepEqual(
    diff(result, [active]).different.map(({ path }) => path),
    ['metadata.status'],
  )
  assert.deepEqual(diff(result, [active], { ignoreStatus: true }).different, [])
  const redirect = { id: 'former', tabId: 'tab', metadata: { status: 'merged' }, merged_into: document.id }
  assert.deepEqual(diff(result, [document, redirect]).extra, ['former'])
})
