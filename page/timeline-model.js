// What the timeline knows: lanes, their sessions and events, and the clock of the input. Told by the server, bounded by it.

import { readable } from './format.js'

/** @typedef {import('../src/live/page-messages.ts').Brief} Brief */
/** @typedef {import('../src/live/page-messages.ts').Tick} Tick */
/** @typedef {import('../src/live/page-messages.ts').Merge} Merge */
/** @typedef {import('../src/live/page-messages.ts').Clock} Clock */
/** @typedef {{ slot: number, tab: string, sessions: Brief[], ticks: Tick[] }} Lane */

const ticksPerLane = 160
/** How long a merge is shown to have just happened, ms of the clock. */
export const mergeShownMs = 3_500
/** A clock that is further off than this jumps. */
const farOffMs = 180_000

export class TimelineModel {
  /** @type {Map<number, Lane>} */
  #lanes = new Map()
  /** @type {Map<string, Brief>} */
  #sessions = new Map()
  /** @type {Lane[] | null} */
  #ordered = null
  /** @type {{ merge: Merge, since: number }[]} */
  merges = []
  /** @type {Clock} */
  clock = { at: null, watermark: null, speed: 0, isRunning: false }
  #clockSince = 0
  #shownAt = 0
  #shownSince = 0
  /** Raised with every change. */
  changes = 0

  /** @param {import('../src/live/page-messages.ts').LanesMessage} message @param {number} now */
  reset(message, now) {
    this.#lanes.clear()
    this.#sessions.clear()
    this.merges = []
    this.#open(message.lanes)
    for (const session of message.sessions) this.#put(session)
    for (const tick of message.ticks) this.#lanes.get(tick[0])?.ticks.push(tick)
    this.#tell(message.clock, now)
  }

  /** @param {import('../src/live/page-messages.ts').LiveMessage} message @param {number} now */
  apply(message, now) {
    for (const slot of message.emptied) this.#close(slot)
    this.#open(message.lanes)
    for (const id of message.gone) this.#drop(id)
    for (const session of message.sessions) this.#put(session)
    for (const tick of message.ticks) this.#tick(tick)
    for (const merge of message.merges) this.merges.push({ merge, since: now })
    this.merges = this.merges.filter(({ since }) => now - since < mergeShownMs).slice(-40)
    this.#tell(message.clock, now)
  }

  /** In order of their places. */
  get lanes() {
    this.#ordered ??= [...this.#lanes.values()].sort((a, b) => a.slot - b.slot)
    return this.#ordered
  }

  /** @param {string} id */
  session(id) {
    return this.#sessions.get(id)
  }

  /** The latest sessions, by their start. @param {number} limit */
  latest(limit) {
    return [...this.#sessions.values()].sort((a, b) => b.start - a.start).slice(0, limit)
  }

  /** @param {number} slot */
  tabOf(slot) {
    return this.#lanes.get(slot)?.tab ?? ''
  }

  /** Event time as it is shown now: it runs on between two messages, and is put right little by little. @param {number} now */
  eventTime(now) {
    const { at, speed, isRunning } = this.clock
    if (at === null) return null
    const moved = isRunning ? speed : 0
    const told = at + Math.min(now - this.#clockSince, 2_000) * moved
    const passed = now - this.#shownSince
    const expected = this.#shownAt + passed * moved
    const isFar = moved === 0 || Math.abs(told - expected) > Math.max(farOffMs, 3_000 * speed)
    this.#shownAt = isFar ? told : expected + (told - expected) * Math.min(1, passed / 400)
    this.#shownSince = now
    return this.#shownAt
  }

  /** @param {Clock} clock @param {number} now */
  #tell(clock, now) {
    this.clock = clock
    this.#clockSince = now
    this.changes++
  }

  /** @param {readonly (readonly [number, string])[]} lanes */
  #open(lanes) {
    for (const [slot, tab] of lanes) {
      this.#close(slot)
      this.#lanes.set(slot, { slot, tab: readable(tab), sessions: [], ticks: [] })
    }
    this.#ordered = null
  }

  /** @param {number} slot */
  #close(slot) {
    for (const { id } of this.#lanes.get(slot)?.sessions ?? []) this.#sessions.delete(id)
    this.#lanes.delete(slot)
    this.#ordered = null
  }

  /** @param {Brief} session */
  #put(session) {
    const lane = this.#lanes.get(session.lane)
    if (lane === undefined) return
    this.#sessions.set(session.id, session)
    const at = lane.sessions.findIndex(({ id }) => id === session.id)
    if (at === -1) lane.sessions.push(session)
    else lane.sessions[at] = session
    lane.sessions.sort((a, b) => a.start - b.start)
  }

  /** @param {string} id */
  #drop(id) {
    const lane = this.#lanes.get(this.#sessions.get(id)?.lane ?? -1)
    if (lane !== undefined) lane.sessions = lane.sessions.filter(session => session.id !== id)
    this.#sessions.delete(id)
  }

  /** @param {Tick} tick */
  #tick(tick) {
    const lane = this.#lanes.get(tick[0])
    if (lane === undefined) return
    lane.ticks.push(tick)
    if (lane.ticks.length > 2 * ticksPerLane) lane.ticks.splice(0, ticksPerLane)
  }
}
