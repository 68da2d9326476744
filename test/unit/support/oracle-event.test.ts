import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { oracle } from '../../support/oracle.ts'
import { type Doc, event, options, type Raw, run } from '../../support/oracle-case.ts'
import { clock } from '../../support/timeline.ts'

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
