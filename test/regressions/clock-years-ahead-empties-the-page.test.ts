import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { NdjsonEventSource } from '../../src/adapters/ndjson-event-source.ts'
import { nativeFormat } from '../../src/core/formats/native.ts'
import { LiveLanes } from '../../src/live/live-lanes.ts'
import { PacedSource } from '../../src/live/paced-source.ts'
import { clock, tab } from '../support/timeline.ts'

const years = 50 * 365 * 86_400_000

// One event of a log without times of receipt, from a client whose clock was years ahead, took the log's clock with it:
// all that followed came at once, long before what was shown, and the timeline stayed empty.
test('one wrong clock does not take the pace from a log', async () => {
  const events = tab('a', { receivedAt: null }).at('10:00', '10:01', '10:02', '10:03', '10:04')
  const lines = events.map((event, i) =>
    JSON.stringify(i === 1 ? { ...event, timestamp: event.timestamp + years } : event),
  )
  let now = 0
  const source = new PacedSource(new NdjsonEventSource(Readable.from([Buffer.from(lines.join('\n'))])), {
    speed: 60,
    format: nativeFormat,
    maxLatenessMs: Number.POSITIVE_INFINITY,
    monotonic: () => {
      now += 1_000
      return now
    },
  })
  const clocks: (number | null)[] = []
  await source.run({
    assigned: () => {},
    async process({ batch: { records } }) {
      for (const _ of records) clocks.push(source.pace.at)
    },
  })
  assert.deepEqual(
    clocks,
    ['10:00', '10:00', '10:02', '10:03', '10:04'].map(text => clock(text)),
  )
})

test('an event of a wrong clock is not shown, and puts no other tab out of sight', () => {
  const lanes = new LiveLanes(600_000, () => clock('10:05'))
  const seen = (name: string, time: number) => ({ tab: name, time, sort: 'view' as const, lateMs: 0 })
  lanes.endBatch([
    seen('a', clock('10:00')),
    seen('wrong', clock('10:00') + years),
    seen('b', clock('10:04')),
  ])
  assert.deepEqual(
    lanes.snapshot().lanes.map(([, name]) => name),
    ['a', 'b'],
  )
})
