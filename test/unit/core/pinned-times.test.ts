import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decode, maxRecordBytes } from '../../../src/core/decode.ts'
import type { TimedEvent } from '../../../src/core/event-time.ts'
import { pinTimes } from '../../../src/core/pinned-times.ts'

const recordTime = Date.parse('2026-11-24T10:00:00Z')
const minute = 60_000

function eventOf(value: Uint8Array, timestamp: number | null): TimedEvent {
  const outcome = decode({ value, timestamp }, Number.POSITIVE_INFINITY)
  assert(outcome.kind === 'ok', JSON.stringify(outcome))
  return outcome.value
}

/** The text of an event with these fields, as it is written again. */
function pinned(fields: object, space = ''): string {
  const value = Buffer.from(JSON.stringify({ eventId: 'e', tabId: 't', type: 'x', ...fields }) + space)
  return String(pinTimes(value, eventOf(value, recordTime)))
}

describe('an event that is written again', () => {
  it('gets the timestamp of its first record as receivedAt, and is unchanged otherwise', () => {
    const text = pinned({ timestamp: 5 }, ' \n')
    assert.equal(text, `{"eventId":"e","tabId":"t","type":"x","timestamp":5,"receivedAt":${recordTime}}`)
  })

  it('is the same bytes if it has a receivedAt', () => {
    const value = Buffer.from('{"eventId":"e", "tabId":"t","type":"x","receivedAt":1} ')
    assert.equal(pinTimes(value, eventOf(value, recordTime)), value)
  })

  it('has the same time in any later record, whatever clocks it came by', () => {
    const time = fc.option(fc.integer({ min: recordTime - 90 * minute, max: recordTime + 90 * minute }), {
      nil: null,
    })
    fc.assert(
      fc.property(time, time, time, fc.nat(1e9), (timestamp, receivedAt, sentAt, later) => {
        const fields = { timestamp, receivedAt, sentAt }
        const value = Buffer.from(JSON.stringify({ eventId: 'e', tabId: 't', type: 'x', ...fields }))
        const before = eventOf(value, recordTime)
        const after = eventOf(Buffer.from(pinTimes(value, before)), recordTime + later)
        assert.deepEqual([after.time, after.received], [before.time, before.received])
      }),
    )
  })

  it('stays an event if there is no room for what would be added', () => {
    const head = '{"eventId":"e","tabId":"t","type":"x","more":"'
    const value = Buffer.from(`${head}${'x'.repeat(maxRecordBytes - head.length - 2)}"}`)
    assert.equal(pinTimes(value, eventOf(value, recordTime)), value)
  })
})
