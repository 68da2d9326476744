import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../../src/core/decode.ts'

const minute = 60_000
const at = Date.parse('2026-11-24T10:00:00Z')
const event = { eventId: 'e1', tabId: 't1', type: 'click', timestamp: at }

const decoded = (value: unknown, timestamp: number | null = null, maxLatenessMs = Number.POSITIVE_INFINITY) =>
  decode(
    { value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), timestamp },
    maxLatenessMs,
  )

function timesOf(value: object, timestamp: number | null = null) {
  const outcome = decoded({ ...event, ...value }, timestamp)
  assert.equal(outcome.kind, 'ok', JSON.stringify(outcome))
  const { time, received, clockSkewMs } = (outcome as Extract<typeof outcome, { kind: 'ok' }>).value
  return { time, received, clockSkewMs }
}

function reasonOf(outcome: ReturnType<typeof decode>): string {
  return outcome.kind === 'dead-letter' ? `${outcome.reason}: ${outcome.message}` : outcome.kind
}

test('without a broker an event was received when the collector, else the sender, else the event says', () => {
  assert.deepEqual(timesOf({}), { time: at, received: at, clockSkewMs: 0 })
  assert.deepEqual(timesOf({ sentAt: at + 1000 }), { time: at, received: at + 1000, clockSkewMs: 0 })
  assert.deepEqual(timesOf({ receivedAt: at + 2000, sentAt: at + 1000 }), {
    time: at,
    received: at + 2000,
    clockSkewMs: 0,
  })
})

test("with a broker an event was received at the record's timestamp, or when the collector says, at most five minutes later", () => {
  assert.equal(timesOf({}, at + 7).received, at + 7)
  assert.equal(timesOf({ receivedAt: at + 1 }, at + 7).received, at + 1)
  assert.equal(timesOf({ receivedAt: at + 60 * minute }, at).received, at + 5 * minute)
})

test('without a timestamp an event happened when it was received', () => {
  assert.equal(timesOf({ timestamp: null, receivedAt: at + 5 }).time, at + 5)
  assert.equal(timesOf({ timestamp: undefined }, at + 9).time, at + 9)
})

test('nothing happens after it was received', () => {
  assert.equal(timesOf({ timestamp: at + 60 * minute }, at).time, at)
})

test('a client clock that is off by more than five seconds is put right', () => {
  assert.deepEqual(timesOf({ timestamp: at - 1000, sentAt: at, receivedAt: at + 5000 }), {
    time: at - 1000,
    received: at + 5000,
    clockSkewMs: 0,
  })
  assert.deepEqual(timesOf({ timestamp: at - 1000, sentAt: at, receivedAt: at + 5001 }), {
    time: at + 4001,
    received: at + 5001,
    clockSkewMs: 5001,
  })
  assert.deepEqual(timesOf({ timestamp: at + 59 * minute, sentAt: at + 60 * minute, receivedAt: at }), {
    time: at - minute,
    received: at,
    clockSkewMs: -60 * minute,
  })
})

test('lateness is measured against when the record was received, so that a replay decides the same', () => {
  const limit = 30 * 24 * 60 * minute
  assert.equal(decoded({ ...event, receivedAt: at + limit }, null, limit).kind, 'ok')
  assert.match(
    reasonOf(decoded({ ...event, receivedAt: at + limit + 1 }, null, limit)),
    /^beyond-max-lateness/,
  )
})

test('timestamps are epoch milliseconds or ISO 8601 with an offset', () => {
  assert.equal(timesOf({ timestamp: '2026-11-24T11:00:00+01:00' }).time, at)
  assert.equal(timesOf({ timestamp: '2026-11-24T10:00:00.123456Z' }).time, at + 123)
  for (const timestamp of [
    '2026-11-24T10:00:00',
    '2026-11-24',
    '24 Nov 2026 10:00 GMT',
    '2026-02-30T10:00:00Z',
    '',
    'x',
  ])
    assert.match(reasonOf(decoded({ ...event, timestamp })), /^invalid-event: timestamp/, timestamp)
})

test('times before 1970 and after 9999 are refused', () => {
  for (const timestamp of [-1, 8.64e15, '+275760-09-13T00:00:00Z'])
    assert.match(
      reasonOf(decoded({ ...event, timestamp })),
      /^(time-out-of-range|invalid-event)/,
      String(timestamp),
    )
  assert.match(
    reasonOf(decoded({ ...event, timestamp: 1000, sentAt: 100_000, receivedAt: 50_000 })),
    /^time-out-of-range/,
  )
})

test('every malformed value has its reason', () => {
  const cases: [string, ReturnType<typeof decode>][] = [
    ['empty-value', decode({ value: null, timestamp: null }, 0)],
    ['too-large', decode({ value: Buffer.alloc(1024 * 1024 + 1, 32), timestamp: null }, 0)],
    ['invalid-utf8', decode({ value: Buffer.from([0x7b, 0xff, 0x7d]), timestamp: null }, 0)],
    ['invalid-json', decoded('{"eventId": "e1"')],
    ['invalid-json', decoded('[]')],
    ['invalid-json', decoded('null')],
    ['invalid-json', decoded('')],
    ['too-deep', decoded(`{"a":${'['.repeat(20)}${']'.repeat(20)}}`)],
    ['too-deep', decoded(`{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`)],
    ['no-event-time', decoded({ eventId: 'e', tabId: 't', type: 'x' })],
    ['invalid-event', decoded({ ...event, eventId: '' })],
    ['invalid-event', decoded({ ...event, eventId: 'x'.repeat(129) })],
    ['invalid-event', decoded({ ...event, tabId: 7 })],
    ['invalid-event', decoded({ ...event, type: undefined })],
    ['invalid-event', decoded({ ...event, value: 1e9 + 1 })],
    ['invalid-event', decoded(`{"eventId":"e","tabId":"t","type":"x","timestamp":1,"value":1e999}`)],
    ['invalid-event', decoded({ ...event, properties: [] })],
    ['invalid-event', decoded({ ...event, properties: { '': 1 } })],
    ['invalid-event', decoded({ ...event, properties: { deep: { 'a\0b': 1 } } })],
    [
      'invalid-event',
      decoded({ ...event, traits: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [i, 1])) }),
    ],
    ['invalid-event', decoded({ ...event, context: { page: 'https://x' } })],
    ['invalid-event', decoded('{"eventId":"e","tabId":"t","type":"x","timestamp":1,"traits":{"a":1e400}}')],
    ['invalid-event', decoded({ ...event, aux: { a: 'x'.repeat(16_385) } })],
    ['invalid-event', decoded({ ...event, profile: { id: 'p', metadata: { '': 1 } } })],
    ['invalid-event', decoded({ ...event, context: { aux: { 'a\0': 1 } } })],
    ['time-out-of-range', decoded(event, at * 1000)],
  ]
  for (const [reason, outcome] of cases) assert.match(reasonOf(outcome), new RegExp(`^${reason}`))
})

test('messages name the field, never its value', () => {
  const message = reasonOf(decoded({ ...event, tabId: { secret: 'hunter2' }, query: 5 }))
  assert.match(message, /tabId: .*; query: /)
  assert.doesNotMatch(message, /hunter2/)
})

test('unknown fields are ignored, and null is the same as absent', () => {
  assert.equal(
    decoded({ ...event, surprise: { a: 1 }, query: null, context: null, properties: null }).kind,
    'ok',
  )
})

test('a key named __proto__ changes no prototype', () => {
  const outcome = decoded(
    '{"eventId":"e","tabId":"t","type":"x","timestamp":1,"properties":{"__proto__":{"polluted":1}},"__proto__":{"polluted":1}}',
  )
  assert.equal(outcome.kind, 'ok')
  assert.equal(({} as { polluted?: number }).polluted, undefined)
})

test('every record that is cut short has a reason, wherever it is cut', () => {
  const whole = Buffer.from(
    JSON.stringify({ ...event, query: 'größe 😀', properties: { a: [1, { b: null }] } }),
  )
  for (let length = 0; length < whole.length; length++) {
    const reason = reasonOf(decode({ value: whole.subarray(0, length), timestamp: at }, 0))
    assert.match(reason, /^invalid-(json|utf8)/, `${length} bytes`)
  }
})

test('a record of 1 MiB is taken, one more byte is too large', () => {
  const start = JSON.stringify(event)
  const padded = (bytes: number) => start + ' '.repeat(bytes - start.length)
  assert.equal(decoded(padded(1024 * 1024)).kind, 'ok')
  assert.match(reasonOf(decoded(padded(1024 * 1024 + 1))), /^too-large/)
})

test('a depth of 20 is taken, of objects as of arrays', () => {
  const nested = (levels: number, open: string, close: string) =>
    decoded(
      `{"eventId":"e","tabId":"t","type":"x","timestamp":1,"u":${open.repeat(levels)}1${close.repeat(levels)}}`,
    )
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    assert.equal(nested(19, open, close).kind, 'ok')
    assert.match(reasonOf(nested(20, open, close)), /^too-deep/)
  }
})

test('the first and the last instant are taken', () => {
  assert.equal(timesOf({ timestamp: '1970-01-01T00:00:00Z' }).time, 0)
  const last = Date.parse('9999-12-31T23:59:59.999Z')
  assert.equal(timesOf({ timestamp: '9999-12-31T23:59:59.999Z' }).time, last)
  assert.equal(timesOf({ timestamp: null }, last).time, last)
  assert.match(
    reasonOf(decoded({ ...event, timestamp: '9999-12-31T23:59:59.999-00:01' })),
    /^time-out-of-range/,
  )
  assert.match(reasonOf(decoded(event, last + 1)), /^time-out-of-range/)
})

test('a dead letter names the fields that are missing, and those of a wrong type', () => {
  assert.equal(
    reasonOf(decoded({ tabId: 't', type: 3 })),
    'invalid-event: eventId: is missing; type: Invalid input: expected string, received number',
  )
})
