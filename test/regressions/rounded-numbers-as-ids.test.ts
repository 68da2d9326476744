import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../src/core/decode.ts'
import { eventFormats } from '../../src/core/formats/event-formats.ts'
import { compileFieldMap } from '../../src/core/formats/field-map.ts'
import type { Format } from '../../src/core/formats/format.ts'

const map = compileFieldMap({ eventId: '/id', tabId: '/tab', type: '/type', profile: { id: '/user' } })
assert.ok(map.ok)

const decoded = (format: Format, json: string) =>
  decode({ value: Buffer.from(json), timestamp: 5 }, 5, format)

// JSON's readers round whole numbers over 2^53: ids of 64 bits that differ in their last digits became one tab, or person.
for (const tab of ['9007199254740992', '1234567890123456789', '-1234567890123456788', '1e300', '1e400'])
  test(`a map takes ${tab} for no id, since it may be another's`, () => {
    const outcome = decoded(map.format, `{"id":1,"tab":${tab},"type":"x"}`)
    assert.equal(outcome.kind, 'dead-letter')
    const ofUser = decoded(map.format, `{"id":1,"tab":1,"type":"x","user":${tab}}`)
    assert.equal(ofUser.kind, 'dead-letter')
  })

test('it takes numbers that are exact', () => {
  for (const tab of ['9007199254740991', '-9007199254740991', '0', '1.5']) {
    const outcome = decoded(map.format, `{"id":1,"tab":${tab},"type":"x","user":"${tab}"}`)
    assert.ok(outcome.kind === 'ok', tab)
    assert.deepEqual([outcome.value.raw.tabId, outcome.value.raw.profile?.id], [tab, tab])
  }
})

test('in the formats of others such a number counts as missing', () => {
  const event = (distinct: string) =>
    decoded(
      eventFormats.posthog,
      `{"uuid":"u","event":"x","distinct_id":${distinct},"properties":{"$session_id":"s"}}`,
    )
  const [exact, rounded] = [event('9007199254740991'), event('9007199254740993')]
  assert.ok(exact.kind === 'ok' && rounded.kind === 'ok')
  assert.equal(exact.value.raw.profile?.id, '9007199254740991')
  assert.equal(rounded.value.raw.profile, undefined)
  const message = (anonymous: string) =>
    decoded(
      eventFormats.segment,
      `{"type":"track","event":"x","messageId":"m","anonymousId":${anonymous},"userId":"u"}`,
    )
  const [first, second] = [message('1234567890123456789'), message('12')]
  assert.ok(first.kind === 'ok' && second.kind === 'ok')
  assert.deepEqual([first.value.raw.tabId, second.value.raw.tabId], ['u', '12'])
})
