import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decode } from '../../../../src/core/decode.ts'
import { eventFormats } from '../../../../src/core/formats/event-formats.ts'
import type { Format } from '../../../../src/core/formats/format.ts'
import type { RecordHeaders } from '../../../../src/core/record-headers.ts'
import { formatExamples } from '../../../support/format-examples.ts'

const at = Date.UTC(2026, 10, 24, 12)

const decoded = (
  value: unknown,
  format: Format,
  headers: RecordHeaders = {},
  timestamp: number | null = at,
) =>
  decode(
    { value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), timestamp, headers },
    Number.POSITIVE_INFINITY,
    format,
  )

function letterOf(value: unknown, format: Format, headers: RecordHeaders = {}): string {
  const outcome = decoded(value, format, headers)
  assert(outcome.kind === 'dead-letter', JSON.stringify(outcome))
  return `${outcome.reason}: ${outcome.message}`
}

function eventOf(value: unknown, format: Format, headers: RecordHeaders = {}) {
  const outcome = decoded(value, format, headers)
  assert(outcome.kind === 'ok', JSON.stringify(outcome))
  return outcome.value
}

const { native, segment, rudderstack, posthog, snowplow, tracardi, auto } = eventFormats
const call = { type: 'track', event: 'Seen', messageId: 'm', anonymousId: 'a', timestamp: at }

describe('a record of another format', () => {
  it('is one event: of several in one record none is lost silently', () => {
    for (const [value, format] of [
      [{ batch: [call, call] }, segment],
      [{ batch: [call] }, rudderstack],
      [{ api_key: 'k', batch: [] }, posthog],
      [{ source: { id: 's' }, session: { id: 't' }, events: [{}, {}] }, tracardi],
    ] as const)
      assert.match(letterOf(value, format), /^invalid-event: \w+: .*one record holds one event/)
  })

  it('says where its tab id would be', () => {
    const { anonymousId, ...nobody } = call
    assert.equal(
      letterOf(nobody, segment),
      'invalid-event: tabId: none of context.tabId, context.sessionId, anonymousId, context.device.id, userId is there',
    )
  })

  it('loses a detail of a wrong type, not the event', () => {
    const context = { locale: 7, page: 'home', screen: { width: -1, height: '568' }, campaign: null, ip: [] }
    const { raw } = eventOf({ ...call, context, properties: [1], traits: 'x' }, segment)
    assert.deepEqual(JSON.parse(JSON.stringify(raw.context)), { screen: { height: 568 } })
    assert.equal(raw.properties, undefined)
  })

  it('is held against the same limits as a raw event', () => {
    assert.match(letterOf({ ...call, messageId: 'm'.repeat(129) }, segment), /^invalid-event: eventId/)
    assert.match(letterOf({ ...call, timestamp: 'yesterday' }, segment), /^invalid-event: timestamp/)
    const many = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`k${i}`, i]))
    assert.match(letterOf({ ...call, properties: many }, segment), /^invalid-event: properties/)
  })

  it('has its name cut to what a type has room for, not in the middle of a character', () => {
    const { raw } = eventOf({ ...call, event: `${'x'.repeat(63)}😀` }, segment)
    assert.equal(raw.type, `${'x'.repeat(63)}\ufffd`)
  })

  it('is as deep as any: a text in it that holds JSON is no way around that', () => {
    const deep = `${'{"a":'.repeat(25)}1${'}'.repeat(25)}`
    const captured = { uuid: 'u', distinct_id: 'd', token: 't', data: `{"event":"x","properties":${deep}}` }
    assert.match(letterOf(captured, posthog), /^too-deep/)
    const properties = `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    assert.match(letterOf({ ...captured, data: null, event: 'x', properties }, posthog), /^too-deep/)
  })

  it('cannot set a prototype', () => {
    const evil = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"plan":1}'
    const values: readonly [string, Format][] = [
      [
        `{"type":"identify","messageId":"m","anonymousId":"a","traits":${evil},"properties":${evil},"context":${evil}}`,
        segment,
      ],
      [`{"uuid":"u","event":"x","distinct_id":"d","properties":${evil},"$set":${evil}}`, posthog],
      [
        `{"uuid":"u","token":"t","distinct_id":"d","data":${JSON.stringify(`{"event":"x","properties":${evil}}`)}}`,
        posthog,
      ],
      [
        `{"event_id":"e","event":"unstruct","event_name":"x","domain_userid":"d","unstruct_event_a_1":${evil}}`,
        snowplow,
      ],
      [
        `{"id":"e","type":"x","session":{"id":"s"},"properties":${evil},"context":${evil},"__proto__":${evil}}`,
        tracardi,
      ],
    ]
    for (const [value, format] of values) {
      const { raw } = eventOf(value, format)
      const keyed = raw.properties ?? raw.traits
      assert.equal(Object.getPrototypeOf(keyed), Object.prototype, value)
      assert.deepEqual(Object.keys(keyed ?? {}), ['__proto__', 'constructor', 'plan'], value)
      assert.equal(({} as { polluted?: boolean }).polluted, undefined)
    }
  })
})

describe('what single formats leave open', () => {
  it('is put right by the sending time in PostHog, unless the event says not to', () => {
    const event = {
      uuid: 'u',
      event: 'x',
      distinct_id: 'd',
      timestamp: at - 60_000,
      sent_at: at - 30_000,
      now: at,
    }
    assert.equal(eventOf(event, posthog).time, at - 30_000)
    assert.equal(eventOf({ ...event, properties: { $ignore_sent_at: true } }, posthog).time, at - 60_000)
  })

  it('is the client hints, which Segment and RudderStack name differently', () => {
    const hints = { brands: [{ brand: 'Chromium', version: '113' }], mobile: false, platform: 'macOS' }
    for (const [name, format] of [
      ['userAgentData', segment],
      ['ua-ch', rudderstack],
    ] as const)
      assert.deepEqual(
        eventOf({ ...call, context: { [name]: hints } }, format).raw.context?.clientHints,
        hints,
      )
  })

  it('is an orientation that Tracardi does not know', () => {
    const event = {
      id: 'e',
      type: 'x',
      session: { id: 's' },
      context: { screen: { width: 1, height: 2, orientation: 'n/a' } },
    }
    assert.equal(eventOf(event, tracardi).raw.context?.screen?.orientation, undefined)
  })

  it('is the device of an app in Snowplow, where no user agent tells it', () => {
    const contexts_com_snowplowanalytics_snowplow_mobile_context_1 = [
      { osType: 'ios', osVersion: '17.4', deviceModel: 'iPhone15,2' },
    ]
    const event = {
      event_id: 'e',
      event: 'unstruct',
      event_name: 'screen_view',
      domain_userid: 'd',
      contexts_com_snowplowanalytics_snowplow_mobile_context_1,
    }
    const hints = (more: object) => eventOf({ ...event, ...more }, snowplow).raw.context?.clientHints
    assert.deepEqual(hints({}), { platform: 'ios', platformVersion: '17.4', model: 'iPhone15,2' })
    assert.equal(hints({ useragent: 'Shop/4.1' }), undefined)
  })
})

describe('auto', () => {
  it('takes a raw event for one', () => {
    assert.equal(eventOf({ eventId: 'e', tabId: 't', type: 'x' }, auto).format, 'native')
  })

  it('guesses nothing where the marks of a format are missing, or those of two are there', () => {
    const mixpanel = { event: 'x', properties: { token: 't', distinct_id: 'd', $insert_id: 'i', time: 1 } }
    for (const value of [{}, { type: 'page' }, mixpanel, { ...call, tabId: 't' }])
      assert.match(letterOf(value, auto), /^invalid-event: auto: the record has the marks of no format/)
  })
})

describe('an envelope of CloudEvents', () => {
  const attributes = { specversion: '1.0', id: 'ce-1', source: '/shop', type: 'com.example.event' }

  it('is complete, and of the version that is known here', () => {
    assert.match(letterOf({ ...attributes, source: '', data: {} }, native), /cloudevents: without source/)
    assert.match(letterOf({ ...attributes, specversion: '0.3', data: {} }, native), /expected specversion 1/)
    assert.match(letterOf(call, segment, { ce_specversion: '1.0' }), /cloudevents: without id, source, type/)
    for (const data of [null, 7, 'text', [1]])
      assert.match(letterOf({ ...attributes, data }, native), /cloudevents: `data` is no event/)
    assert.match(letterOf({ ...attributes, data_base64: '%' }, native), /cloudevents: `data` is no event/)
  })

  it('is not looked for in a raw event that has a field of this name', () => {
    const event = { ...attributes, eventId: 'e', tabId: 't', type: 'x', data: {} }
    assert.equal(eventOf(event, native).format, 'native')
  })

  it('needs a tab id in the event, a partition key, or a subject', () => {
    assert.match(letterOf({ ...attributes, data: {} }, native), /^invalid-event: tabId/)
    assert.equal(eventOf({ ...attributes, subject: 's', data: {} }, native).tabIdFrom, 'ce_subject')
    const both = { ...attributes, partitionkey: 'p', subject: 's', data: {} }
    assert.equal(eventOf(both, native).raw.tabId, 'p')
    assert.equal(eventOf({ ...both, data: { tabId: 't' } }, native).raw.tabId, 't')
  })

  it('holds no control record, and a control record needs no format', () => {
    const control = { sessionloom: 'erase', profileId: 'p' }
    assert.match(letterOf({ ...attributes, data: control }, native), /^invalid-control/)
    for (const format of Object.values(eventFormats)) assert.equal(decoded(control, format).kind, 'control')
  })
})

describe('a record that was written again', () => {
  it('counts as written when the first one was, at most five minutes after itself', () => {
    const again = (first: number) => {
      const headers = { 'sessionloom-first-timestamp': Buffer.from(String(first)) }
      return eventOf({ ...call, timestamp: null }, segment, headers).received
    }
    assert.equal(again(at - 3_600_000), at - 3_600_000)
    assert.equal(again(at + 3_600_000), at + 5 * 60_000)
    for (const header of ['', '-1', '1e9', 'x', '1'.repeat(16)])
      assert.equal(eventOf(call, segment, { 'sessionloom-first-timestamp': header }).received, at, header)
  })
})

describe('a chain of tab ids', () => {
  it('names each field of which an example says that its tab id is from there', () => {
    for (const { format, becomes } of formatExamples) {
      if (becomes.tabIdFrom.startsWith('ce_')) continue
      const chain: readonly string[] = eventFormats[format].tabIdChain
      assert.ok(chain.includes(becomes.tabIdFrom), becomes.tabIdFrom)
    }
  })
})
