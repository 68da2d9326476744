import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rawEventSchema } from '../../src/core/raw-event.ts'
import { fitsCompiled, isRawEvent } from '../../src/core/raw-event-check.ts'
import { arbitraryEvents } from '../support/arbitrary-events.ts'
import { extremeEvent, extremeJson, jsonText } from '../support/extreme-values.ts'

/** Some text in it has more UTF-16 units than characters. */
const hasPairs = (text: string): boolean => /[\ud800-\udbff][\udc00-\udfff]/.test(text)

test('the compiled contract takes the events that the contract itself takes, and no others', () => {
  const events = fc.oneof(
    extremeEvent,
    extremeEvent.map(event => ({ ...event, eventId: 'e', tabId: 't', type: 'x' })),
    fc.tuple(arbitraryEvents(), extremeJson).map(([[event], value]) => ({ ...event, properties: value })),
    arbitraryEvents().map(([first]) => first as object),
  )
  const seen = { taken: 0, refused: 0 }
  fc.assert(
    fc.property(events, event => {
      const text = jsonText(event)
      const value: unknown = JSON.parse(text)
      const isTaken = rawEventSchema.safeParse(value).success
      assert.equal(isRawEvent(value), isTaken)
      const isTakenAtOnce = fitsCompiled(value)
      // Of what it refuses, the contract itself is asked: where a text is measured in units, that may still take it.
      if (isTakenAtOnce || !hasPairs(text)) assert.equal(isTakenAtOnce, isTaken)
      if (isTaken) seen.taken++
      else seen.refused++
    }),
    { numRuns: 3_000 },
  )
  assert.ok(seen.taken > 300 && seen.refused > 300, JSON.stringify(seen))
})
