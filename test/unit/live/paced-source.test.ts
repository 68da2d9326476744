import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { NdjsonEventSource } from '../../../src/adapters/ndjson-event-source.ts'
import { nativeFormat } from '../../../src/core/formats/native.ts'
import { PacedSource } from '../../../src/live/paced-source.ts'
import type { EventSource } from '../../../src/ports/event-source.ts'

const minute = 60_000
const line = (at: number, id = at) =>
  JSON.stringify({ eventId: `e${id}`, tabId: 't', type: 'click', timestamp: at * minute })

type Delivered = {
  readonly offsets: number[]
  readonly from: number
  readonly to: number
  readonly clock: number | null
}

/** Runs lines at a pace, by a clock that is put forward by a second at each look, without a wait. */
async function run(
  lines: readonly string[],
  options: { speed: number; from?: number },
  onBatch = (_: PacedSource) => {},
) {
  let now = 0
  const source = new PacedSource(
    new NdjsonEventSource(Readable.from([Buffer.from(`${lines.join('\n')}\n`)])),
    {
      format: nativeFormat,
      maxLatenessMs: Number.POSITIVE_INFINITY,
      monotonic: () => {
        now += 1_000
        return now
      },
      ...options,
    },
  )
  const delivered: Delivered[] = []
  await source.run({
    assigned: () => {},
    async process({ batch: { records, firstOffset, nextOffset } }) {
      delivered.push({
        offsets: records.map(({ offset }) => offset),
        from: firstOffset,
        to: nextOffset,
        clock: source.pace.at,
      })
      onBatch(source)
    },
  })
  return { source, delivered }
}

describe('a paced log', () => {
  it('gives each record when it is due, and every offset once', async () => {
    const { delivered, source } = await run([line(0), line(1), '', line(2), 'no event', line(9)], {
      speed: 60,
    })
    assert.deepEqual(
      delivered.map(({ offsets, from, to }) => [offsets, from, to]),
      [
        [[0], 0, 1],
        [[1], 1, 3],
        // What has no time comes with what is before it.
        [[3, 4], 3, 5],
        [[5], 5, 6],
      ],
    )
    for (const { offsets, clock } of delivered)
      assert.ok((clock ?? 0) >= [0, 1, 1, 2, 2, 9][offsets[0] as number]! * minute)
    assert.deepEqual([source.pace.isRunning, source.pace.at], [false, 9 * minute])
  })

  it('leaves out a long silence, and gives at once what lies before the start', async () => {
    const { delivered } = await run([line(0), line(1), line(2), line(600), line(601)], {
      speed: 60,
      from: 2 * minute,
    })
    assert.deepEqual(
      delivered.map(({ offsets }) => offsets),
      [[0, 1, 2], [3], [4]],
    )
    assert.equal(delivered[1]?.clock, 600 * minute)
  })

  it('never puts the clock back for a repeat, which has the time of its first arrival', async () => {
    const { delivered, source } = await run([line(0), line(2), line(3), line(4), line(1), line(5), line(1)], {
      speed: 60,
      from: 2 * minute,
    })
    const clocks = delivered.map(({ clock }) => clock as number)
    assert.deepEqual(
      clocks,
      clocks.toSorted((a, b) => a - b),
    )
    // It stands at the latest event at the end, not at the last one.
    assert.equal(source.pace.at, 5 * minute)
  })

  it('stands still at speed 0, and goes on at another', async () => {
    let looks = 0
    const speeds: number[] = []
    const { delivered } = await run([line(0), line(1)], { speed: 0 }, source => {
      speeds.push(source.pace.speed)
      setTimeout(() => {
        looks++
        source.speed = 60
      }, 250)
    })
    assert.equal(delivered.length, 2)
    assert.deepEqual(speeds, [0, 60])
    assert.ok(looks >= 1)
  })

  it('begins with the first time that it knows', async () => {
    const { delivered } = await run(['no event', line(600), line(601)], { speed: 60 })
    assert.deepEqual(
      delivered.map(({ offsets }) => offsets),
      [[0, 1], [2]],
    )
    assert.equal(delivered[0]?.clock, 600 * minute)
  })

  it('keeps its pace from one batch to the next', async () => {
    let now = 0
    let given = 0
    let seen = -1
    // A second passes with each wait, and none with what is given without one.
    const monotonic = () => {
      if (given === seen) now += 1_000
      seen = given
      return now
    }
    const record = (i: number) => ({
      offset: i,
      timestamp: null,
      key: null,
      value: Buffer.from(line(i)),
      headers: {},
    })
    const inOnes: EventSource = {
      async run(handler) {
        for (let i = 0; i < 12; i++)
          await handler.process({
            batch: { partition: 0, records: [record(i)], firstOffset: i, nextOffset: i + 1 },
            isCurrent: () => true,
            commit: async () => 'committed',
          })
      },
      stop: async () => {},
      describe: async () => ({ topic: null, partitions: 1 }),
      committed: async () => ({ offset: null, metadata: null }),
      bounds: async () => ({ start: 0, end: 12 }),
      timestampAt: async () => null,
    }
    const source = new PacedSource(inOnes, {
      speed: 180,
      format: nativeFormat,
      maxLatenessMs: 1e12,
      monotonic,
    })
    await source.run({ assigned: () => {}, process: async () => void given++ })
    // Eleven minutes, three to a second.
    assert.deepEqual([given, now], [12, 4_000])
  })

  it('gives no more than so many at once', async () => {
    const lines = Array.from({ length: 350 }, (_, i) => line(0, i))
    const { delivered } = await run(lines, { speed: 60 })
    assert.deepEqual(
      delivered.map(({ offsets }) => offsets.length),
      [100, 100, 100, 50],
    )
  })

  it('stops between two pieces', async () => {
    const { delivered } = await run([line(0), line(1), line(2)], { speed: 1 }, source => void source.stop())
    assert.equal(delivered.length, 1)
  })
})
