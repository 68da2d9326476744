// The tiles and charts of the page, over the latest sessions, up to a limit.
import type { SessionDocument } from '../core/session-document.ts'
import type { Counted, SummaryMessage } from './page-messages.ts'

/** So many sessions are a few megabytes, and counted in a few milliseconds, once a second at most. */
export const maxCharted = 20_000
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map(minutes => minutes * 60_000)
const maxBars = 48
const rows = 6
const percentiles = [50, 75, 90, 95, 99] as const

type Charted = {
  readonly start: number
  readonly weekday: number
  readonly hour: number
  readonly isOpen: boolean
  readonly isBot: boolean
  readonly duration: number
  readonly bounced: boolean
  readonly converted: boolean
  readonly country: string
  readonly device: string
  readonly channel: string
  readonly entry: string | null
}
type Charts = Omit<SummaryMessage, 'kind' | 'totals' | 'reasons' | 'letters'>

export class LiveCharts {
  /** The one that was written last comes last. */
  readonly #sessions = new Map<string, Charted>()

  write({ id, metadata, device, app, activity, pages }: SessionDocument): void {
    const { time, status, channel } = metadata
    this.#sessions.delete(id)
    this.#sessions.set(id, {
      start: time.timestamp * 1000,
      weekday: time.weekday,
      hour: time.hour,
      isOpen: status === 'active',
      isBot: app.bot,
      duration: time.duration,
      bounced: activity.bounced === 1,
      converted: activity.conversions > 0,
      country: device.geo.country.name ?? 'unknown',
      device: device.type ?? 'unknown',
      channel: channel === '' ? 'unknown' : channel,
      entry: pages.entry.path,
    })
    if (this.#sessions.size <= maxCharted) return
    const [first] = this.#sessions.keys()
    this.#sessions.delete(first as string)
  }

  /** Gives whether it was there. */
  remove(id: string): boolean {
    return this.#sessions.delete(id)
  }

  get open(): number {
    let open = 0
    for (const { isOpen } of this.#sessions.values()) if (isOpen) open++
    return open
  }

  charts(): Charts {
    const all = [...this.#sessions.values()]
    const people = all.filter(({ isBot }) => !isBot)
    return {
      charted: all.length,
      overTime: overTime(all),
      week: week(all),
      countries: top(all, ({ country }) => country),
      devices: top(all, ({ device }) => device),
      channels: top(people, ({ channel }) => channel),
      entries: top(people, ({ entry }) => entry),
      durations: durations(people),
      bouncedShare: share(people, ({ bounced }) => bounced),
      convertedShare: share(people, ({ converted }) => converted),
    }
  }
}

/** In the finest steps that all of them fit in. */
function overTime(sessions: readonly Charted[]): Charts['overTime'] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { start } of sessions) [first, last] = [Math.min(first, start), Math.max(last, start)]
  if (first > last) return { from: 0, stepMs: steps[0] as number, counts: [] }
  const day = steps.at(-1) as number
  const stepMs =
    steps.find(step => (last - first) / step < maxBars) ?? Math.ceil((last - first) / day / maxBars) * day
  const from = Math.floor(first / stepMs) * stepMs
  const counts = new Array<number>(Math.floor((last - from) / stepMs) + 1).fill(0)
  for (const { start } of sessions) (counts[Math.floor((start - from) / stepMs)] as number)++
  return { from, stepMs, counts }
}

function week(sessions: readonly Charted[]): number[][] {
  const days = Array.from({ length: 7 }, () => new Array<number>(24).fill(0))
  for (const { weekday, hour } of sessions) {
    const day = days[weekday]
    if (day !== undefined) (day[hour] as number)++
  }
  return days
}

function top(sessions: readonly Charted[], nameOf: (session: Charted) => string | null): Counted {
  const counts = new Map<string, number>()
  for (const session of sessions) {
    const name = nameOf(session)
    if (name === null) continue
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, rows)
}

/** Nearest rank. */
function durations(sessions: readonly Charted[]): Charts['durations'] {
  const sorted = Float64Array.from(sessions, ({ duration }) => duration).sort()
  if (sorted.length === 0) return []
  return percentiles.map(
    share => [share, sorted[Math.ceil((share / 100) * sorted.length) - 1] as number] as const,
  )
}

function share(sessions: readonly Charted[], is: (session: Charted) => boolean): number | null {
  return sessions.length === 0 ? null : sessions.filter(is).length / sessions.length
}
