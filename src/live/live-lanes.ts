// What the timeline shows: the latest sessions and events of so many tabs, one lane each. Bounded in every direction,
// because what runs for weeks, or at a thousand events a second, is looked at too.
import type { Brief, LanesMessage, LiveMessage, Merge, Tick } from './page-messages.ts'

export const laneLimits = { lanes: 500, sessionsPerLane: 24, ticksPerLane: 160, tabLength: 64 } as const
/** What ended longer ago than this, in event time, leaves the timeline. */
export const keptMs = 2 * 3_600_000
/** The page draws no more of what comes at once. */
const maxTicksAtOnce = 2_000
/** The page tells of no more; and no more are kept while nobody looks. */
const maxMerges = 20
/** More than go between two looks. */
const maxGoneUntold = 20_000

type Lane = {
  readonly slot: number
  readonly tab: string
  readonly sessions: Map<string, Brief>
  ticks: Tick[]
  latest: number
}
export type WrittenSession = Omit<Brief, 'lane' | 'seams'> & { readonly tab: string }
export type SeenEvent = {
  readonly tab: string
  readonly time: number
  readonly sort: Tick[2]
  readonly lateMs: number
}
type Changes = Omit<LiveMessage, 'kind' | 'clock'>
type Snapshot = Omit<LanesMessage, 'kind' | 'clock'>

export class LiveLanes {
  readonly #gapMs: number
  readonly #now: () => number | null
  /** By tab; the one that something happened in last comes last. */
  readonly #lanes = new Map<string, Lane>()
  readonly #freeSlots = Array.from({ length: laneLimits.lanes }, (_, i) => laneLimits.lanes - 1 - i)
  readonly #laneOf = new Map<string, Lane>()
  /** Sessions as they were before the batch in work. */
  readonly #before = new Map<string, Brief>()
  #merges: Merge[] = []
  readonly #latestMerges: Merge[] = []
  #newest = Number.NEGATIVE_INFINITY
  readonly #news = {
    lanes: new Map<number, string>(),
    emptied: new Set<number>(),
    sessions: new Map<string, Brief>(),
    gone: new Set<string>(),
    merges: [] as Merge[],
    ticks: [] as Tick[],
  }

  /** `now` is where the input is, in event time; null where nobody knows. */
  constructor(gapMs: number, now: () => number | null) {
    this.#gapMs = gapMs
    this.#now = now
  }

  /** A session as it was just written. */
  write({ tab, ...written }: WrittenSession): void {
    const lane = this.#laneFor(tab, written.end)
    if (lane === null) return
    const known = lane.sessions.get(written.id)
    if (known !== undefined && !this.#before.has(written.id)) this.#before.set(written.id, known)
    this.#set(lane, { ...written, lane: lane.slot, seams: known?.seams ?? [] })
  }

  /** An id that leads to another session from now on: one that was merged, or its own former one. */
  redirect(id: string, into: string): void {
    const lane = this.#laneOf.get(id)
    if (lane === undefined) return
    const former = this.#before.get(id) ?? (lane.sessions.get(id) as Brief)
    this.#remove(lane, id)
    const heir = lane.sessions.get(into)
    if (heir === undefined) return
    const same = this.#before.get(into)
    if (same === undefined) {
      // An earlier event has moved its start, and with it its id.
      this.#before.set(into, former)
      this.#set(lane, { ...heir, seams: joinedSeams(heir.seams, former.seams) })
      return
    }
    const seam = [Math.min(same.end, former.end), Math.max(same.start, former.start)] as const
    this.#before.set(into, {
      ...same,
      start: Math.min(same.start, former.start),
      end: Math.max(same.end, former.end),
    })
    this.#set(lane, { ...heir, seams: joinedSeams(heir.seams, [...former.seams, seam]) })
    this.#merges.push({
      lane: lane.slot,
      tab: lane.tab,
      id: into,
      absorbed: id,
      seam,
      time: null,
      lateMs: null,
    })
  }

  erase(id: string): void {
    const lane = this.#laneOf.get(id)
    if (lane !== undefined) this.#remove(lane, id)
  }

  /** The batch is done, and these were its events. */
  endBatch(events: readonly SeenEvent[]): void {
    for (const event of events) this.#tick(event)
    for (const merge of this.#merges) {
      const proof = events
        .filter(({ tab, time }) => short(tab) === merge.tab && time >= merge.seam[0] && time <= merge.seam[1])
        .reduce<SeenEvent | null>((best, event) => (best && best.lateMs >= event.lateMs ? best : event), null)
      const proved = { ...merge, time: proof?.time ?? null, lateMs: proof?.lateMs ?? null }
      for (const merges of [this.#news.merges, this.#latestMerges]) {
        merges.push(proved)
        if (merges.length > maxMerges) merges.shift()
      }
    }
    this.#merges = []
    this.#before.clear()
  }

  snapshot(): Snapshot {
    this.#forget()
    const lanes = [...this.#lanes.values()]
    return {
      lanes: lanes.map(({ slot, tab }) => [slot, tab] as const),
      sessions: lanes.flatMap(({ sessions }) => [...sessions.values()]),
      ticks: lanes.flatMap(({ ticks }) => ticks.slice(-laneLimits.ticksPerLane)),
      merges: [...this.#latestMerges],
    }
  }

  /** What is new since this was asked before. */
  changes(): Changes {
    this.#forget()
    const { lanes, emptied, sessions, gone, merges, ticks } = this.#news
    const changes = {
      lanes: [...lanes],
      emptied: [...emptied],
      sessions: [...sessions.values()],
      gone: [...gone],
      merges: merges.splice(0),
      ticks: ticks.splice(0).slice(-maxTicksAtOnce),
    }
    for (const news of [lanes, emptied, sessions, gone]) news.clear()
    return changes
  }

  #tick({ tab, time, sort, lateMs }: SeenEvent): void {
    const lane = this.#laneFor(tab, time)
    if (lane === null) return
    const tick = [lane.slot, time, sort, lateMs] as const
    lane.ticks.push(tick)
    if (lane.ticks.length > 2 * laneLimits.ticksPerLane)
      lane.ticks = lane.ticks.slice(-laneLimits.ticksPerLane)
    const { ticks } = this.#news
    ticks.push(tick)
    if (ticks.length > 2 * maxTicksAtOnce) ticks.splice(0, maxTicksAtOnce)
  }

  /** Its lane, or one that nothing happens in any more; null where all are in use, or this is not of now. */
  #laneFor(tab: string, time: number): Lane | null {
    // A clock that is wrong by years must not make all others old.
    if (time > (this.#now() ?? time) + this.#gapMs) return null
    this.#newest = Math.max(this.#newest, time)
    if (time < this.#newest - keptMs) return null
    const known = this.#lanes.get(tab)
    const lane = known ?? this.#openLane(tab)
    if (lane === null) return null
    if (known !== undefined) this.#lanes.delete(tab)
    this.#lanes.set(tab, lane)
    lane.latest = Math.max(lane.latest, time)
    return lane
  }

  #openLane(tab: string): Lane | null {
    if (this.#freeSlots.length === 0) {
      const [oldest] = this.#lanes.values()
      if (oldest === undefined || oldest.latest > this.#newest - this.#gapMs) return null
      this.#closeLane(oldest)
    }
    const slot = this.#freeSlots.pop() as number
    const lane = { slot, tab: short(tab), sessions: new Map(), ticks: [], latest: Number.NEGATIVE_INFINITY }
    this.#lanes.set(tab, lane)
    this.#news.lanes.set(slot, lane.tab)
    return lane
  }

  #closeLane(lane: Lane): void {
    for (const [tab, other] of this.#lanes) if (other === lane) this.#lanes.delete(tab)
    for (const id of lane.sessions.keys()) this.#laneOf.delete(id)
    for (const id of lane.sessions.keys()) this.#news.sessions.delete(id)
    this.#freeSlots.push(lane.slot)
    this.#news.lanes.delete(lane.slot)
    this.#news.emptied.add(lane.slot)
    // The next tab in this place has not done these.
    const { ticks } = this.#news
    this.#news.ticks = ticks.filter(([slot]) => slot !== lane.slot)
  }

  /** Lanes in which nothing has happened for long. */
  #forget(): void {
    for (const lane of this.#lanes.values()) if (lane.latest < this.#newest - keptMs) this.#closeLane(lane)
  }

  #set(lane: Lane, brief: Brief): void {
    lane.sessions.set(brief.id, brief)
    this.#laneOf.set(brief.id, lane)
    this.#news.sessions.set(brief.id, brief)
    this.#news.gone.delete(brief.id)
    if (lane.sessions.size <= laneLimits.sessionsPerLane) return
    const [first] = [...lane.sessions.values()].sort((a, b) => a.start - b.start)
    if (first !== undefined) this.#remove(lane, first.id)
  }

  #remove(lane: Lane, id: string): void {
    lane.sessions.delete(id)
    this.#laneOf.delete(id)
    this.#news.sessions.delete(id)
    const { gone } = this.#news
    if (gone.size >= maxGoneUntold) gone.clear()
    gone.add(id)
  }
}

const short = (tab: string) =>
  tab.length > laneLimits.tabLength ? `${tab.slice(0, laneLimits.tabLength - 1)}…` : tab

const maxSeams = 6
function joinedSeams(a: Brief['seams'], b: Brief['seams']): Brief['seams'] {
  return [...a, ...b].sort((x, y) => x[0] - y[0]).slice(-maxSeams)
}
