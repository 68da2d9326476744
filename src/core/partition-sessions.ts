// The open sessions of one partition: placing events, merging, closing, and what has changed since the
// last flush. Memory holds every session that an event at or after the watermark can still reach.
import { ClosingSchedule } from './closing-schedule.ts'
import { remembers } from './dedupe-window.ts'
import { OpenSession, sleepingSession } from './open-session.ts'
import type { Applied } from './outcome.ts'
import type { SessionHead } from './restored-session.ts'
import {
  type ConversionTypes,
  extend,
  isBehind,
  merge,
  type PlacedEvent,
  type Position,
  type Session,
  singleton,
  unionKeys,
} from './session.ts'
import type { SessionDocument } from './session-document.ts'
import { type SessionKey, sessionKey } from './session-id.ts'
import { cellOf, contains, isLate, joins, overlaps } from './session-window.ts'
import { watermarkAfter } from './watermark.ts'

export type SessionSettings = {
  readonly gapMs: number
  readonly allowedLatenessMs: number
  readonly conversionTypes: ConversionTypes
  /**
   * Whether sessions are written while they are open. A log that is always read again from its start may leave
   * that out: what was not written comes back. One that is committed must not.
   */
  readonly writesOpen: boolean
}

/** A key that a session had before, and the session that it leads to, at the record that caused it. */
export type Redirect = {
  readonly tabId: string
  readonly from: SessionKey
  readonly into: OpenSession
  readonly position: Position
}

/** A tab's span of event times whose stored sessions a late event may touch. Epoch ms, inclusive. */
export type LateSpan = { readonly tabId: string; readonly from: number; readonly to: number }

export class PartitionSessions {
  readonly #settings: SessionSettings
  readonly #tabs = new Map<string, OpenSession[]>()
  readonly #closing: ClosingSchedule<OpenSession>
  #watermark: number
  #size = 0
  #latestEnd = Number.NEGATIVE_INFINITY
  #changed: OpenSession[] = []
  #closed: OpenSession[] = []
  #redirects = new Map<string, Redirect>()

  constructor(settings: SessionSettings, watermark: number) {
    this.#settings = settings
    this.#watermark = watermark
    this.#closing = new ClosingSchedule(settings.gapMs)
  }

  get watermark(): number {
    return this.#watermark
  }

  /** How many sessions are in memory. */
  get size(): number {
    return this.#size
  }

  /** Latest event time of any session that was in memory, −Infinity while there was none. */
  get latestEnd(): number {
    return this.#latestEnd
  }

  /** Where late events may touch sessions that have left memory; nothing for those inside a session in memory. */
  lateSpans(events: Iterable<PlacedEvent>): LateSpan[] {
    const spans: LateSpan[] = []
    const { gapMs } = this.#settings
    for (const { time, raw } of events) {
      if (!isLate(time, this.#watermark)) continue
      if (this.#tabs.get(raw.tabId)?.some(open => contains(open, time))) continue
      spans.push({ tabId: raw.tabId, from: time - gapMs, to: time + gapMs })
    }
    return spans
  }

  /**
   * Takes in a stored session. Where it meets sessions in memory, the one that has seen more of the log holds
   * the other: memory may be older than the store (a stale writer's), and the store older than memory.
   * `mayLackRedirects`: it was written after the last commit, so its redirects are written again.
   */
  admit(document: SessionDocument, mayLackRedirects: boolean): void {
    const session = sleepingSession(document)
    const { position } = session
    const { gapMs } = this.#settings
    const key = { id: document.id, cellStart: cellOf(session.start, gapMs) * gapMs }
    const met = (this.#tabs.get(session.tabId) ?? []).filter(open => meets(open, session, key))
    const ahead = met.find(open => !isBehind(open.head.position, position))
    if (ahead !== undefined) {
      if (ahead.key.id !== key.id) this.#redirect(key, ahead, ahead.head.position)
      return
    }
    const open = new OpenSession(session, key, document.metadata.status === 'ended' ? 'ended' : 'active')
    for (const other of met) this.#replace(other, open, position)
    if (mayLackRedirects) for (const from of session.absorbed) this.#redirect(from, open, position)
    this.#add(open)
  }

  /** Applies one event, and moves the watermark. */
  apply(event: PlacedEvent): Applied {
    const late = isLate(event.time, this.#watermark)
    const applied = this.#place(event, late)
    if (event.time > this.#latestEnd) this.#latestEnd = event.time
    this.#watermark = watermarkAfter(this.#watermark, event.time, this.#settings.allowedLatenessMs)
    return applied
  }

  #place(event: PlacedEvent, late: boolean): Applied {
    const { gapMs, conversionTypes } = this.#settings
    const sessions = this.#tabs.get(event.raw.tabId)
    const inside = sessions?.find(open => contains(open, event.time))
    if (inside !== undefined) {
      if (!isBehind(inside.head.position, event.position)) return 'already-applied'
      if (remembers(inside.session.window, event.identity.high, event.identity.low)) {
        inside.session.position = event.position
        inside.session.quality.duplicates++
        this.#touch(inside)
        return 'duplicate'
      }
    }
    const joined = inside ? [inside] : (sessions?.filter(open => joins(open, event.time, gapMs)) ?? [])
    const open = this.#unite(joined, event)
    if (open === undefined) return this.#begin(event, late)
    extend(open.session, event, conversionTypes)
    if (late) open.session.quality.lateEvents++
    this.#rename(open, event.position)
    this.#touch(open)
    return 'applied'
  }

  #begin(event: PlacedEvent, late: boolean): Applied {
    const session = singleton(event, this.#settings.conversionTypes)
    if (late) session.quality.lateEvents++
    const open = new OpenSession(session, this.#keyOf(session), 'active')
    this.#add(open)
    this.#touch(open)
    return 'applied'
  }

  /** Of two sessions that an event joins, the earlier one takes the other in. */
  #unite(joined: readonly OpenSession[], event: PlacedEvent): OpenSession | undefined {
    let survivor = joined[0]
    if (survivor === undefined) return undefined
    for (const other of joined) if (other.start < survivor.start) survivor = other
    for (const other of joined) {
      if (other === survivor) continue
      survivor.session = merge(survivor.session, other.session)
      survivor.session.absorbed = unionKeys(survivor.session.absorbed, [other.key])
      this.#replace(other, survivor, event.position)
    }
    return survivor
  }

  /** A start that crossed a cell gives the session another id; the old one is absorbed like a merged one. */
  #rename(open: OpenSession, position: Position): void {
    if (open.session.start >= open.key.cellStart) return
    const former = open.key
    open.key = this.#keyOf(open.session)
    open.session.absorbed = unionKeys(open.session.absorbed, [former])
    // The document under the new id has not been written yet, whatever the old one's age.
    open.session.createdAt = null
    this.#redirect(former, open, position)
  }

  /** Marks the sessions that the watermark has passed as ended; `settle` forgets them. */
  close(): void {
    for (const open of this.#closing.takeClosed(this.#watermark)) {
      this.#closed.push(open)
      if (open.status === 'ended' && !open.isChanged) continue
      open.status = 'ended'
      this.#mark(open)
    }
  }

  raiseWatermark(watermark: number): void {
    this.#watermark = Math.max(this.#watermark, watermark)
  }

  /** What must be written: the changed sessions, and then the redirects, resolved to where they lead now. */
  changes(): { readonly sessions: readonly OpenSession[]; readonly redirects: readonly Redirect[] } {
    const sessions = this.#changed.filter(open => !open.isGone && !this.#waits(open))
    const redirects: Redirect[] = []
    for (const redirect of this.#redirects.values()) {
      const into = heirOf(redirect.into)
      if (into.key.id !== redirect.from.id && !this.#waits(into)) redirects.push({ ...redirect, into })
    }
    return { sessions, redirects }
  }

  /** All changes are durable: nothing is dirty any more, and what is closed leaves memory. Gives how many left. */
  settle(nowMs: number): number {
    const waiting = this.#changed.filter(open => !open.isGone && this.#waits(open))
    for (const [id, { into }] of this.#redirects) if (!this.#waits(heirOf(into))) this.#redirects.delete(id)
    for (const open of this.#changed) {
      if (this.#waits(open)) continue
      open.isChanged = false
      open.session.createdAt ??= nowMs
    }
    for (const open of this.#closed) this.#remove(open)
    const forgotten = this.#closed.length
    this.#changed = waiting
    this.#closed = []
    return forgotten
  }

  /** Whether a changed session is not written yet, nor what leads to it. */
  #waits(open: OpenSession): boolean {
    return !this.#settings.writesOpen && open.isChanged && open.status === 'active'
  }

  #keyOf(session: Session): SessionKey {
    return sessionKey(session.tabId, session.start, this.#settings.gapMs)
  }

  #add(open: OpenSession): void {
    const { tabId } = open.head
    const sessions = this.#tabs.get(tabId)
    if (sessions === undefined) this.#tabs.set(tabId, [open])
    else sessions.push(open)
    this.#size++
    if (open.end > this.#latestEnd) this.#latestEnd = open.end
    this.#closing.add(open)
  }

  #remove(open: OpenSession): void {
    const sessions = this.#tabs.get(open.head.tabId)
    const at = sessions?.indexOf(open) ?? -1
    if (sessions === undefined || at === -1) return
    this.#size--
    if (sessions.length === 1) this.#tabs.delete(open.head.tabId)
    else sessions.splice(at, 1)
  }

  #replace(former: OpenSession, heir: OpenSession, position: Position): void {
    this.#remove(former)
    former.heir = heir
    if (former.key.id !== heir.key.id) this.#redirect(former.key, heir, position)
  }

  #redirect(from: SessionKey, into: OpenSession, position: Position): void {
    this.#redirects.set(from.id, { tabId: into.head.tabId, from, into, position })
  }

  /** An event changed the session: it is active again until the watermark passes it. */
  #touch(open: OpenSession): void {
    open.status = 'active'
    this.#mark(open)
  }

  #mark(open: OpenSession): void {
    if (open.isChanged) return
    open.isChanged = true
    this.#changed.push(open)
  }
}

function heirOf(open: OpenSession): OpenSession {
  let at = open
  while (at.heir !== undefined) at = at.heir
  return at
}

function meets(open: OpenSession, session: SessionHead, key: SessionKey): boolean {
  return (
    open.key.id === key.id ||
    overlaps(open, session) ||
    open.head.absorbed.some(absorbed => absorbed.id === key.id) ||
    session.absorbed.some(absorbed => absorbed.id === open.key.id)
  )
}
