import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { demoLines, liveFrom } from '../../src/demo-traffic.ts'

const traffic = { rate: 0.2, late: 0.06, historyDays: 0, seed: 2 }
const take = (count: number, changes = {}) => {
  const lines: string[] = []
  for (const line of demoLines({ ...traffic, ...changes })) {
    lines.push(line)
    if (lines.length === count) break
  }
  return lines
}
const eventsOf = (
  lines: readonly string[],
): { tabId: string; receivedAt: number; timestamp: unknown; eventId: string }[] =>
  lines.flatMap(line => {
    try {
      const event = JSON.parse(line)
      return event.tabId ? [event] : []
    } catch {
      return []
    }
  })

describe('the events of the demo', () => {
  it('are the same every time', () => {
    assert.deepEqual(take(2_000), take(2_000))
    assert.notDeepEqual(take(100), take(100, { seed: 3 }))
  })

  it('arrive in order, whole sessions late among them', () => {
    // A repeat carries the arrival of what it repeats.
    const seen = new Set<string>()
    const first = eventsOf(take(5_000)).filter(({ eventId }) => !seen.has(eventId) && seen.add(eventId))
    for (const [i, { receivedAt }] of first.entries())
      assert.ok(i === 0 || receivedAt >= (first[i - 1]?.receivedAt ?? 0))
    const late = first.filter(
      ({ timestamp, receivedAt }) => receivedAt - new Date(timestamp as string).getTime() > 10 * 60_000,
    )
    assert.ok(late.length > 100, `${late.length} of ${first.length}`)
  })

  it('have records that are none', () => {
    const lines = take(5_000)
    const broken = lines.length - eventsOf(lines).length
    assert.ok(broken > 10 && broken < 100, `${broken}`)
  })

  it('begin with a week that is quiet at night', () => {
    const hours = new Array<number>(24).fill(0)
    let days = 0
    for (const line of demoLines({ ...traffic, historyDays: 2 })) {
      const [event] = eventsOf([line])
      if (event === undefined) continue
      if (event.receivedAt >= liveFrom) break
      days = Math.max(days, (liveFrom - event.receivedAt) / 86_400_000)
      ;(hours[new Date(event.receivedAt).getUTCHours()] as number)++
    }
    assert.ok(days > 1.9 && days <= 2)
    assert.ok((hours[20] as number) > 5 * (hours[3] as number), hours.join(' '))
  })
})
