import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keptMs, laneLimits } from '../../../src/live/live-lanes.ts'
import type { Brief } from '../../../src/live/page-messages.ts'
import { inShort, liveLog, timeOf } from '../../support/live-run.ts'
import { clock, tab } from '../../support/timeline.ts'

const a = tab('a')
const times = (seams: Brief['seams']) => seams.map(([from, to]) => `${timeOf(from)}–${timeOf(to)}`)

describe('the timeline', () => {
  it('shows sessions as they grow and end', async () => {
    const seen: string[][] = []
    const log = liveLog([a.at('10:00'), a.at('10:05', '10:16'), tab('b').at('10:40')], live =>
      seen.push(inShort((live.changes()[0] as { sessions: readonly Brief[] } & { kind: string }).sessions)),
    )
    await log.done
    assert.deepEqual(seen, [
      ['10:00–10:00 ×1 …'],
      ['10:00–10:05 ×2 …', '10:16–10:16 ×1 …'],
      ['10:00–10:05 ×2', '10:16–10:16 ×1', '10:40–10:40 ×1 …'],
    ])
  })

  it('tells of a merge: what was silent between, and how late its proof came', async () => {
    const log = liveLog([a.at('10:00', '10:05'), a.at('10:19'), a.at('10:12')])
    await log.done
    const { sessions, gone, merges, ticks } = log.news()
    assert.deepEqual(inShort(sessions), ['10:00–10:19 ×4 …'])
    assert.deepEqual(times(sessions[0]?.seams ?? []), ['10:05–10:19'])
    assert.equal(gone.length, 1)
    assert.deepEqual(
      merges.map(({ tab, time, lateMs }) => [tab, timeOf(time ?? 0), lateMs]),
      [['a', '10:12', 7 * 60_000]],
    )
    assert.deepEqual(
      ticks.map(([lane, time, , late]) => [lane, timeOf(time), late]),
      [
        [0, '10:00', 0],
        [0, '10:05', 0],
        [0, '10:19', 0],
        [0, '10:12', 7 * 60_000],
      ],
    )
    assert.equal(log.summary().totals.merges, 1)
    assert.equal(log.summary().totals.sessions, 1)
  })

  it('merges three sessions by two events of one batch', async () => {
    const log = liveLog([a.at('10:00', '10:14', '10:28'), a.at('10:07', '10:21')])
    await log.done
    const { sessions, merges } = log.lanes()
    assert.deepEqual(inShort(sessions), ['10:00–10:28 ×5 …'])
    assert.deepEqual(times(sessions[0]?.seams ?? []), ['10:00–10:14', '10:14–10:28'])
    assert.equal(merges.length, 2)
    assert.equal(log.summary().totals.merges, 2)
  })

  it('takes an earlier start for the same session, although its id changes', async () => {
    const log = liveLog([a.at('10:01'), a.at('09:58')])
    await log.done
    assert.deepEqual(inShort(log.lanes().sessions), ['09:58–10:01 ×2 …'])
    assert.deepEqual(log.news().merges, [])
    assert.deepEqual([log.summary().totals.sessions, log.summary().totals.merges], [1, 0])
  })

  it('carries a seam on when the start moves', async () => {
    const log = liveLog([a.at('10:01', '10:15'), a.at('10:08'), a.at('09:58')])
    await log.done
    assert.deepEqual(times(log.lanes().sessions[0]?.seams ?? []), ['10:01–10:15'])
  })

  it('has room for so many tabs, and keeps those where something happens', async () => {
    const many = Array.from(
      { length: laneLimits.lanes + 20 },
      (_, i) => tab(`t${i}`).at('10:00')[0] as object,
    )
    const log = liveLog([many, tab('late').at('10:05'), tab('newer').at('10:11')])
    await log.done
    const { lanes } = log.lanes()
    assert.equal(lanes.length, laneLimits.lanes)
    assert.equal(new Set(lanes.map(([slot]) => slot)).size, laneLimits.lanes)
    const tabs = new Set(lanes.map(([, tab]) => tab))
    // At 10:05 all lanes are in use; at 10:11 the first has been silent for a gap.
    assert.deepEqual(
      [tabs.has('late'), tabs.has('newer'), tabs.has('t0'), tabs.has('t1')],
      [false, true, false, true],
    )
    assert.equal(log.summary().totals.sessions, many.length + 2)
  })

  it('forgets lanes in which nothing has happened for long', async () => {
    const log = liveLog([
      a.at('10:00'),
      [{ ...(tab('b').at('10:00')[0] as object), eventId: 'x', timestamp: clock('10:01') + keptMs }],
    ])
    await log.done
    assert.deepEqual(
      log.lanes().lanes.map(([, tab]) => tab),
      ['b'],
    )
    const { lanes, emptied } = log.news()
    assert.deepEqual([lanes.map(([, tab]) => tab), emptied], [['b'], [0]])
  })

  it('keeps so many events of a lane, and tells of no more at once', async () => {
    const seconds = Array.from(
      { length: 3_000 },
      (_, i) => `10:${Math.floor(i / 60) % 60}:${i % 60}.${i % 7}`,
    )
    const log = liveLog([a.at(...seconds)])
    await log.done
    assert.ok(log.lanes().ticks.length <= 2 * laneLimits.ticksPerLane)
    assert.ok(log.news().ticks.length <= 2_000)
  })

  it('is bounded while nobody looks', async () => {
    const batches = Array.from({ length: 400 }, (_, i) => {
      const [proto] = tab(`t${i % 10}`).at('10:00')
      const at = (minute: number) => clock('00:00') + (i * 40 + minute) * 60_000
      const event = (minute: number) => ({
        ...proto,
        eventId: `${i}/${minute}`,
        timestamp: at(minute),
        receivedAt: at(40),
      })
      return [[event(0), event(14)], [event(7)]]
    }).flat()
    const log = liveLog(batches)
    await log.done
    const { merges, sessions } = log.news()
    assert.equal(log.summary().totals.merges, 400)
    assert.equal(merges.length, 20)
    assert.ok(sessions.length <= 10 * laneLimits.sessionsPerLane)
  })
})

describe('the charts', () => {
  it('count what they show', async () => {
    const page = (path: string) => ({
      type: 'page-view',
      context: { page: { url: `https://shop.example${path}` } },
    })
    const log = liveLog([
      [
        ...tab('a', page('/a')).at('10:00', '10:02'),
        ...tab('b', page('/b')).at('10:01'),
        ...tab('c', page('/a')).at('11:30'),
      ],
      tab('d', { type: 'conversion', value: 2 }).at('11:31'),
    ])
    await log.done
    const { totals, charted, overTime, week, entries, durations, bouncedShare, convertedShare } =
      log.summary()
    assert.deepEqual([totals.records, totals.sessions, charted, totals.open], [5, 4, 4, 2])
    assert.deepEqual(entries, [
      ['/a', 2],
      ['/b', 1],
    ])
    // 24 November 2026 is a Tuesday.
    assert.deepEqual(
      [week[2]?.[10], week[2]?.[11], week.flat().reduce((sum, count) => sum + count)],
      [2, 2, 4],
    )
    assert.equal(
      overTime.counts.reduce((sum, count) => sum + count),
      4,
    )
    assert.equal(timeOf(overTime.from), '10:00')
    assert.deepEqual(durations, [
      [50, 0],
      [75, 0],
      [90, 120],
      [95, 120],
      [99, 120],
    ])
    assert.deepEqual([bouncedShare, convertedShare], [2 / 4, 1 / 4])
  })

  it('show dead letters with their reason and beginning, the latest first', async () => {
    const log = liveLog([
      ['{"eventId":', '{}'],
      ['[]', a.at('10:00')[0] as object],
    ])
    await log.done
    const { reasons, letters, totals } = log.summary()
    assert.deepEqual(reasons, [
      ['invalid-json', 2],
      ['invalid-event', 1],
    ])
    assert.deepEqual(
      letters.map(({ reason, line, text }) => [reason, line, text]),
      [
        ['invalid-json', 3, '[]'],
        ['invalid-event', 2, '{}'],
        ['invalid-json', 1, '{"eventId":'],
      ],
    )
    assert.equal(totals.deadLetters, 3)
  })
})
