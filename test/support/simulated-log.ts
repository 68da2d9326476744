// What the simulation writes into its logs, and the batch over them: events sorted and split where the difference is
// more than the gap, after every erasure has taken what it takes at its place in the log.
import { type Control, encodeControl } from '../../src/core/control.ts'
import type { SessionDocument } from '../../src/core/session-document.ts'

/** Small, so that everything meets everything. Milliseconds. */
export const gapMs = 10
export const base = 1_700_000_000_000

export type Event = {
  readonly id: string
  readonly tab: string
  readonly time: number
  readonly profile: string | null
}
/** Of the sessions of a profile: those of the log that were touched in its epoch, or all of one tab. */
export type Erasure = { readonly profile: string; readonly tab: string | null }

/** Changes nothing: the store is never damaged here. */
export type Repair = { readonly repaired: string }

export type Entry = Event | Erasure | Repair
/** A partition's log in one epoch. */
export type Log = { readonly epoch: number; readonly entries: Entry[] }

export function encoded(entry: Entry): Buffer {
  return Buffer.from('time' in entry ? JSON.stringify(rawEvent(entry)) : encodeControl(controlOf(entry)))
}

function controlOf(entry: Erasure | Repair): Control {
  if ('repaired' in entry) return { kind: 'repair', tabId: entry.repaired }
  return { kind: 'erase', profileId: entry.profile, tabId: entry.tab }
}

function rawEvent({ id, tab, time, profile }: Event) {
  return {
    eventId: id,
    tabId: tab,
    type: 'page-view',
    timestamp: time,
    query: id,
    ...(profile !== null && { profile: { id: profile } }),
    properties: { [id]: 1 },
    context: { page: { url: `https://x.example/${id}` } },
  }
}

type Held = { readonly event: Event /** Of its latest record. */; epoch: number }

/** What the documents must be, one line each. `logs` in the order of their epochs. */
export function batch(logs: readonly Log[]): string[] {
  const tabs = new Map<string, Held[]>()
  for (const { epoch, entries } of logs) {
    const mine = new Set<string>()
    for (const entry of entries) {
      if ('time' in entry) {
        mine.add(entry.tab)
        take(tabs, entry, epoch)
      } else if ('profile' in entry) erase(tabs, entry, epoch, mine)
      else {
        // It writes the tab's sessions, so they belong to this log from now on.
        mine.add(entry.repaired)
        for (const one of tabs.get(entry.repaired) ?? []) one.epoch = epoch
      }
    }
  }
  return [...tabs].flatMap(([tab, held]) =>
    sessionsOf(held).map(session => {
      const events = session.map(({ event }) => event)
      return line(
        tab,
        events[0]!,
        events.at(-1)!,
        events.length,
        events.map(({ id }) => id),
      )
    }),
  )
}

function take(tabs: Map<string, Held[]>, event: Event, epoch: number): void {
  const held = tabs.get(event.tab) ?? []
  tabs.set(event.tab, held)
  const repeated = held.find(one => one.event.id === event.id)
  if (repeated === undefined) held.push({ event, epoch })
  else repeated.epoch = epoch
}

function erase(tabs: Map<string, Held[]>, { profile, tab }: Erasure, epoch: number, mine: Set<string>): void {
  for (const [name, held] of tabs) {
    if (tab === null ? !mine.has(name) : name !== tab) continue
    const left = sessionsOf(held).filter(session => {
      const shown = session.findLast(({ event }) => event.profile !== null)?.event.profile
      const isTouched = tab !== null || session.some(one => one.epoch === epoch)
      return shown !== profile || !isTouched
    })
    tabs.set(name, left.flat())
  }
}

function sessionsOf(held: readonly Held[]): Held[][] {
  const sessions: Held[][] = []
  for (const one of [...held].sort(
    (a, b) => a.event.time - b.event.time || (a.event.id < b.event.id ? -1 : 1),
  )) {
    const last = sessions.at(-1)?.at(-1)
    if (last !== undefined && one.event.time - last.event.time <= gapMs) sessions.at(-1)?.push(one)
    else sessions.push([one])
  }
  return sessions
}

/** A document as a line of `batch`. */
export function describe(document: SessionDocument): string {
  const first = {
    id: document.pages.entry.path?.slice(1) ?? '?',
    time: Date.parse(document.metadata.time.insert),
  }
  const last = { id: document.lastQuery ?? '?', time: Date.parse(document.lastSeen) }
  return line(document.tabId, first, last, document.activity.events, Object.keys(document.properties))
}

type Edge = Pick<Event, 'id' | 'time'>

function line(tab: string, first: Edge, last: Edge, count: number, ids: readonly string[]): string {
  const at = (event: Edge) => `${event.time - base}(${event.id})`
  return `${tab} ${at(first)}–${at(last)} ${count}: ${[...ids].sort().join(' ')}`
}
