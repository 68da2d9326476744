import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SqliteSessionStore } from '../../../../src/adapters/sqlite-session-store.ts'
import { decode } from '../../../../src/core/decode.ts'
import { compileFieldMap } from '../../../../src/core/formats/field-map.ts'
import { ArrayEventSource, ArrayTopic } from '../../../support/array-event-source.ts'
import { testSettings, testWorker } from '../../../support/in-process.ts'

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFrozen(inner)
    Object.freeze(value)
  }
  return value
}

const least = { eventId: '/id', tabId: '/tab', type: '/kind' }
const record = { id: 'e', tab: 't', kind: 'pv', at: '2026-11-24T12:00:00Z' }

function faultsOf(map: unknown): readonly string[] {
  const compiled = compileFieldMap(map)
  assert(!compiled.ok, 'there is no fault')
  return compiled.faults
}

function decoded(map: unknown, value: object | string, headers = {}) {
  const compiled = compileFieldMap(map)
  assert(compiled.ok, JSON.stringify(compiled))
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return decode({ value: bytes, timestamp: 5, headers }, Number.POSITIVE_INFINITY, compiled.format)
}

function eventOf(map: unknown, value: object | string, headers = {}) {
  const outcome = decoded(map, value, headers)
  assert(outcome.kind === 'ok', JSON.stringify(outcome))
  const { raw, tabIdFrom, format } = outcome.value
  return { raw: JSON.parse(JSON.stringify(raw)), tabIdFrom, format }
}

describe('a field map', () => {
  it('takes fields by JSON Pointer, the first of a list that is there, constants, and other words for values', () => {
    const map = {
      eventId: '/meta/id',
      tabId: ['/tab', '/session/0/id'],
      type: { from: ['/kind'], values: { pv: 'page-view' } },
      timestamp: '/at',
      site: { constant: 'shop' },
      value: ['/price', { constant: 0 }],
      profile: { id: '/user', metadata: { plan: '/plan' } },
      context: { page: { url: '/a~1b~0c' }, screen: '/screen', clientHints: { platform: '/os' } },
      properties: '/payload',
      traits: { city: '/address/city' },
    }
    const value = {
      meta: { id: 7 },
      tab: null,
      session: [{ id: 's1' }],
      kind: 'pv',
      at: record.at,
      user: 'u',
      'a/b~c': 'https://shop.example/',
      screen: { width: 1, height: 2 },
      os: 'macOS',
      payload: { a: [1] },
      address: { city: 'Berlin' },
    }
    assert.deepEqual(eventOf(map, value), {
      format: 'field-map',
      tabIdFrom: '/session/0/id',
      raw: {
        eventId: '7',
        tabId: 's1',
        type: 'page-view',
        timestamp: record.at,
        site: 'shop',
        value: 0,
        profile: { id: 'u' },
        context: {
          page: { url: 'https://shop.example/' },
          screen: { width: 1, height: 2 },
          clientHints: { platform: 'macOS' },
        },
        properties: { a: [1] },
        traits: { city: 'Berlin' },
      },
    })
  })

  it('takes numbers for text and text for numbers, where the event has the other', () => {
    const map = {
      ...least,
      value: '/price',
      query: '/n',
      context: { screen: { width: '/w', height: '/h' } },
      properties: { price: '/price', n: '/n' },
    }
    const asn = { ...least, context: { geo: { asn: '/asn' } } }
    assert.deepEqual(eventOf(asn, { ...record, asn: '15169' }).raw.context, { geo: { asn: 15_169 } })
    assert.equal(decoded(asn, { ...record, asn: '1.5' }).kind, 'dead-letter')
    const { raw } = eventOf(map, { ...record, price: '-12.50', n: 7, w: '1920', h: 1080.5 })
    assert.deepEqual(
      [raw.value, raw.query, raw.context.screen, raw.properties],
      [-12.5, '7', { width: 1920, height: 1080.5 }, { price: '-12.50', n: 7 }],
    )
    for (const price of ['12,50', '€ 5', 'Infinity', '1e5', true, [], {}])
      assert.equal(decoded(map, { ...record, price }).kind, 'dead-letter', String(price))
    for (const price of ['', null])
      assert.equal(
        decoded({ ...map, value: ['/none', '/price'] }, { ...record, price }).kind,
        price === null ? 'ok' : 'dead-letter',
      )
  })

  it('leaves a value alone for which it has no other word, and a group without what it needs', () => {
    const map = {
      ...least,
      type: { from: '/kind', values: { pv: 'page-view' } },
      profile: { id: '/u', primaryId: '/tab' },
    }
    assert.deepEqual(eventOf(map, { ...record, kind: 'toString' }).raw, {
      eventId: 'e',
      tabId: 't',
      type: 'toString',
    })
  })

  it('is told all its faults at once, each with its target', () => {
    assert.deepEqual(
      faultsOf({
        eventId: 'id',
        type: [],
        timestamp: '/a~2',
        tab: '/tab',
        value: { constant: 'much' },
        site: { constant: 's', from: '/x' },
        query: { from: '/q', values: 7 },
        context: { page: { uri: '/u' }, ip: { constant: 1, more: 1 }, geo: 7 },
        properties: { a: {} },
      }),
      [
        'eventId: expected a JSON Pointer, which begins with `/`',
        'type: has an empty list',
        'timestamp: has a `~` that is neither `~0` nor `~1`',
        'tab: is no field of a raw event',
        'site: has more than `from` and `values`, or `from` and `as`',
        'query: `values`: expected an object',
        'context.page.uri: is no field of a raw event',
        'context.ip: has more than `constant`',
        'context.geo: expected a JSON Pointer, {"constant": …}, {"from": …, "values": {…}}, or a list',
        'properties.a: expected a JSON Pointer, {"constant": …}, {"from": …, "values": {…}}, or a list',
        'tabId: is missing',
        'value: Invalid input: expected number, received string',
      ],
    )
    for (const map of [null, [], 'x', 7, undefined])
      assert.deepEqual(faultsOf(map), ['expected an object of fields'])
  })

  it('is told of constants that no event may have', () => {
    const faults = faultsOf({ ...least, value: { constant: 'much' }, site: { constant: 's'.repeat(129) } })
    assert.deepEqual(
      faults.map(fault => fault.split(':')[0]),
      ['value', 'site'],
    )
  })

  it('is told of names that no properties may have', () => {
    const names = { '': '/a', ['k'.repeat(257)]: '/b', 'a\u0000': '/c', 'a.b': '/d', __proto: '/e' }
    assert.deepEqual(
      faultsOf({ ...least, properties: names, profile: { metadata: { '': '/a' } }, traits: '/t' }),
      [
        'properties: has an empty key',
        'properties: has a key over 256 characters',
        'properties: has a key with a NUL',
        'profile.metadata: has an empty key',
      ],
    )
  })

  it('is told of a constant profile without an id, which is another matter than a part of one', () => {
    const faultOf = (profile: object) => {
      const compiled = compileFieldMap({ ...least, profile })
      return compiled.ok ? [] : compiled.faults.map(fault => fault.split(':')[0])
    }
    assert.deepEqual(faultOf({ constant: { metadata: {} } }), ['profile.id'])
    assert.deepEqual(faultOf({ from: '/user', values: { none: {} } }), ['profile.id'])
    assert.deepEqual(faultOf({ constant: { id: 'p' } }), [])
    assert.deepEqual(faultOf({ id: '/user', metadata: { constant: {} } }), [])
  })

  it('takes a constant time as it is written, whatever the others are counted in, and is told of impossible ones', () => {
    const at = Date.parse(record.at)
    const timeOf = (constant: unknown, as: string) =>
      eventOf({ ...least, timestamp: { from: ['/none', { constant }], as } }, record).raw.timestamp
    assert.equal(timeOf(at, 'seconds'), at)
    assert.equal(timeOf(record.at, 'utc'), record.at)
    const faults = faultsOf({
      ...least,
      timestamp: { from: ['/at', { constant: '2026-11-24 12:00:00' }], as: 'utc' },
      receivedAt: { constant: -1 },
      sentAt: { from: '/sent', values: { never: 253_402_300_800_000 } },
    })
    assert.deepEqual(faults, [
      'timestamp: expected ISO 8601 with offset, or epoch milliseconds',
      'receivedAt: lies before 1970 or after 9999',
      'sentAt: lies before 1970 or after 9999',
    ])
  })

  it('is told of constants and words in any place that no event may have, and of what none is looked for behind', () => {
    const faults = faultsOf({
      ...least,
      timestamp: ['/at', { constant: 'yesterday' }],
      value: ['/price', { constant: '7' }],
      type: { from: '/kind', values: { pv: 5, other: 'click' } },
      profile: { metadata: { plan: { constant: ['x'.repeat(20_000)] } }, primaryId: { constant: 1 } },
      context: { screen: { width: { constant: -1 } }, page: { constant: 'home' } },
    })
    assert.deepEqual(
      faults.map(fault => fault.split(':')[0]),
      [
        'type',
        'timestamp',
        'value',
        'profile.metadata',
        'profile.primaryId',
        'context.screen.width',
        'context.page',
      ],
    )
    assert.deepEqual(
      faultsOf({ ...least, site: [{ constant: 'shop' }, '/site'], receivedAt: '/r', query: [[]] }),
      [
        'site: has something behind a constant, which is never looked for',
        'query: expected a JSON Pointer, {"constant": …}, {"from": …, "values": {…}}, or a list',
      ],
    )
  })

  it('reads times that are counted in other units, or leave UTC out', () => {
    const at = Date.parse('2026-11-24T12:00:00.125Z')
    const text = '2026-11-24T12:00:00.125'
    for (const [value, as, taken] of [
      [at / 1_000, 'seconds', at],
      [String(at / 1_000), 'seconds', at],
      [at, 'milliseconds', at],
      [String(at), 'milliseconds', at],
      [at * 1_000 + 999, 'microseconds', at],
      [`${at}900000`, 'nanoseconds', at],
      [text.replace('T', ' '), 'utc', `${text}Z`],
      [text, 'utc', `${text}Z`],
      [`${text}+01:00`, 'utc', `${text}+01:00`],
      [at, 'utc', at],
    ] as const) {
      const { raw } = eventOf({ ...least, timestamp: { from: '/at', as } }, { ...record, at: value })
      assert.equal(raw.timestamp, taken, `${value} ${as}`)
    }
    for (const value of ['soon', '-1', '1e3', true, {}, [1]])
      assert.equal(
        decoded({ ...least, timestamp: { from: '/at', as: 'seconds' } }, { ...record, at: value }).kind,
        'dead-letter',
      )
    for (const value of [null, ''])
      assert.equal(
        decoded({ ...least, timestamp: { from: '/none', as: 'utc' } }, { ...record, at: value }).kind,
        'ok',
      )
    assert.deepEqual(
      faultsOf({ ...least, type: { from: '/kind', as: 'seconds' }, timestamp: { from: '/at', as: 'days' } }),
      [
        'type: `as`: only a time may have it',
        'timestamp: `as`: expected one of seconds, milliseconds, microseconds, nanoseconds, utc',
      ],
    )
  })

  it('follows pointers as RFC 6901 has it, into whatever a record holds', () => {
    const document = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, 'm~n': 8, ' ': 7, k: { '-1': 'x' } }
    const taken = (pointer: string) =>
      eventOf({ ...least, properties: { v: pointer } }, { ...record, ...document }).raw.properties?.v
    assert.deepEqual(['/foo', '/foo/0', '/', '/a~1b', '/c%d', '/m~0n', '/ ', '/k/-1', '/~01'].map(taken), [
      ['bar', 'baz'],
      'bar',
      0,
      1,
      2,
      8,
      7,
      'x',
      undefined,
    ])
    for (const pointer of [
      '/foo/-',
      '/foo/01',
      '/foo/1e0',
      '/foo/2',
      '/foo/length',
      '/foo/0/length',
      '/foo/99999999999999999999',
      '/id/0',
      '//x',
      '/__proto__',
      '/foo/__proto__',
      '/constructor/name',
    ])
      assert.equal(taken(pointer), undefined, pointer)
  })

  it('gives every event the same constants, which nothing behind it changes', async () => {
    const constant = deepFrozen({ a: { b: [1, { c: 2 }] }, list: [], plan: 'x' })
    const compiled = compileFieldMap({
      eventId: '/id',
      tabId: { constant: 'tab' },
      type: { constant: 'page-view' },
      timestamp: '/at',
      profile: { constant: deepFrozen({ id: 'p', metadata: constant }) },
      properties: { constant },
      traits: { constant },
      aux: '/aux',
      context: {
        aux: { constant },
        page: { constant: deepFrozen({ url: 'https://u:p@shop.example/?token=1' }) },
      },
    })
    assert(compiled.ok, JSON.stringify(compiled))
    const topic = new ArrayTopic(1)
    const start = Date.parse(record.at)
    for (const minute of [0, 5, 30, 22, 14, 6])
      topic.append(
        0,
        JSON.stringify({ id: `e${minute}`, at: start + minute * 60_000, aux: { a: minute, plan: null } }),
        start,
      )
    const store = new SqliteSessionStore(':memory:', testSettings.gapMs)
    const { worker, letters } = testWorker(new ArrayEventSource(topic, () => 2), store, {
      format: compiled.format,
    })
    await worker.run()
    await worker.closeAll()
    assert.deepEqual(letters, [])
    const documents = [...store.documents()]
    assert.ok(documents.length > 0)
    for (const { properties, traits, profile } of documents)
      assert.deepEqual([properties, traits, profile?.metadata], [constant, constant, constant])
    await store.close()
  })

  it('makes a dead letter of a record that lacks what it needs, and says where that would be', () => {
    const outcome = decoded({ ...least, tabId: ['/tab', '/s'] }, { id: 'e', kind: 'x' })
    assert(outcome.kind === 'dead-letter')
    assert.equal(outcome.message, 'tabId: none of /tab, /s is there')
  })

  it('cannot be led into a prototype, by its own names or those of a record', () => {
    const map = JSON.parse(
      '{"eventId":"/id","tabId":"/tab","type":"/kind","properties":{"__proto__":"/evil","b":"/__proto__/polluted","c":"/constructor"}}',
    )
    const value = '{"id":"e","tab":"t","kind":"x","evil":{"polluted":true},"__proto__":{"polluted":1}}'
    const outcome = decoded(map, value)
    assert(outcome.kind === 'ok', JSON.stringify(outcome))
    const { properties } = outcome.value.raw
    assert.equal(Object.getPrototypeOf(properties), Object.prototype)
    assert.deepEqual(Object.keys(properties ?? {}), ['__proto__', 'b'])
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
    assert.deepEqual(faultsOf({ ...least, constructor: '/x' }), ['constructor: is no field of a raw event'])
  })

  it('keeps to the depth that an event may have, after mapping as before', () => {
    const deep = { a: JSON.parse(`${'['.repeat(18)}1${']'.repeat(18)}`) }
    const map = { ...least, profile: { id: '/id', metadata: { whole: '' } } }
    const outcome = decoded(map, { ...record, deep })
    assert(outcome.kind === 'dead-letter')
    assert.equal(outcome.reason, 'too-deep')
  })

  it('reads a CloudEvent around a value itself, and is completed by one in headers', () => {
    const event = { specversion: '1.0', id: 'ce', source: '/s', type: 'x', data: { tab: 't' } }
    assert.deepEqual(eventOf({ eventId: '/id', tabId: '/data/tab', type: '/type' }, event).raw, {
      eventId: 'ce',
      tabId: 't',
      type: 'x',
    })
    const headers = { ce_specversion: '1.0', ce_id: 'ce', ce_source: '/s', ce_type: 'y' }
    assert.equal(eventOf(least, { tab: 't' }, headers).raw.type, 'y')
  })
})
