// The open sessions of one partition: placing events, merging, closing, and what has changed since the
// last flush. Memory holds every session that an event at or after the watermark can still reach.
import { ClosingSchedule } from './closing-schedule.ts'
import type { PlacedControl } from './control.ts'
import { remembers } from './dedupe-window.ts'
import { type ErasedSpan, Erasures } from './erasures.ts'
import { OpenSession, type Redirect, sleepingSession } from './open-session.ts'
import type { Applied } from './outcome.ts'
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
import { cellOf, contains, isLate, joins } from './session-window.ts'
import { SessionsByTab } from './sessions-by-tab.ts'
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

export type Changes = {
  readonly sessions: readonly OpenSession[]
  readonly redirects: readonly Redirect[]
  readonly erased: Erasures['changes']
}

/** A tab's span of event times whose stored sessions a late event may touch. Epoch ms, inclusive. */
export type LateSpan = { readonly tabId: string; readonly from: number; readonly to: number }

export class PartitionSessions {
  readonly #settings: SessionSettings
  readonly #tabs = new SessionsByTab()
  readonly #closing: ClosingSchedule<OpenSession>
  #watermark: number
  #latestEnd = Number.NEGATIVE_INFINITY
  #changed: OpenSession[] = []
  #closed: OpenSession[] = []
  #redirects = new Map<string, Redirect>()
  readonly #erasures = new Erasures()

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
    return this.#tabs.size
  }

  /** Latest event time of any session that was in memory, −Infinity while there was none. */
  get latestEnd(): number {
    return this.#latestEnd
  }

  /** Where late events may touch sessions that have left memory; nothing for those inside a session in memory. */
  lateSpans(events: readonly PlacedEvent[]): LateSpan[] {
    const spans: LateSpan[] = []
    const { gapMs } = this.#settings
    for (const { time, raw } of events) {
      if (!isLate(time, this.#watermark)) continue
      if (this.#tabs.of(raw.tabId).some(open => contains(open, time))) continue
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
    const met = this.#tabs
      .of(session.tabId)
      .filter(open => open.meets(session, key) && !this.#erasures.separates(open.head, session))
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
    const applied = this.#erasures.covers(event) ? 'already-applied' : this.#place(event, late)
    if (event.time > this.#latestEnd) this.#latestEnd = event.time
    this.#watermark = watermarkAfter(this.#watermark, event.time, this.#settings.allowedLatenessMs)
    return applied
  }

  #place(event: PlacedEvent, late: boolean): Applied {
    const { gapMs, conversionTypes } = this.#settings
    const sessions = this.#tabs.of(event.raw.tabId)
    const inside = sessions.find(open => contains(open, event.time))
    if (inside !== undefined) {
      if (!isBehind(inside.head.position, event.position)) return 'already-applied'
      if (remembers(inside.session.window, event.identity.high, event.identity.low)) {
        inside.session.position = event.position
        inside.session.quality.duplicates++
        this.#touch(inside)
        return 'duplicate'
      }
    }
    const joined = inside ? [inside] : sessions.filter(open => joins(open, event.time, gapMs))
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

  /** A stored span of a session that was erased. */
  knowErased(span: ErasedSpan): void {
    this.#erasures.know(span)
  }

  /** Where sessions may be stored that a control concerns: in its tab, and where it has erased some before. */
  controlSpans(controls: readonly PlacedControl[]): LateSpan[] {
    return controls.flatMap(({ control: { tabId }, position }) => [
      ...this.#erasures.at(position),
      ...(tabId === null ? [] : [{ tabId, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }]),
    ])
  }

  /**
   * Forgets the sessions of a profile as they were at this place in the log; events after it begin new ones. What
   * an earlier attempt has erased goes too: without the events that are covered now it may lack the profile.
   */
  erase({ control, position }: PlacedControl): void {
    const { profileId, tabId } = control
    const before = this.#erasures.at(position)
    const wasErased = (open: OpenSession) =>
      before.some(span => span.tabId === open.head.tabId && open.start <= span.to && span.from <= open.end)
    const isOurs = ({ head }: OpenSession) =>
      tabId === null ? head.position.epoch === position.epoch : head.tabId === tabId
    for (const open of this.#tabs.all())
      if (
        isBehind(open.head.position, position) &&
        (wasErased(open) || (isOurs(open) && open.isOf(profileId)))
      )
        this.#eraseOne(open, position)
  }

  #eraseOne(open: OpenSession, position: Position): void {
    this.#tabs.remove(open)
    open.isErased = true
    const keys = [open.key, ...open.head.absorbed]
    for (const [id, { from, into }] of this.#redirects) {
      if (into.lastHeir !== open) continue
      this.#redirects.delete(id)
      keys.push(from)
    }
    const { tabId } = open.head
    this.#erasures.add({ tabId, from: open.start, to: open.end, position }, unionKeys([], keys))
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
  changes(): Changes {
    const sessions = this.#changed.filter(open => !open.isGone && !this.#waits(open))
    const redirects: Redirect[] = []
    for (const redirect of this.#redirects.values()) {
      const into = redirect.into.lastHeir
      if (into.key.id !== redirect.from.id && !this.#waits(into)) redirects.push({ ...redirect, into })
    }
    return { sessions, redirects, erased: this.#erasures.changes }
  }

  /** All changes are durable: nothing is dirty any more, and what is closed leaves memory. Gives how many left. */
  settle(nowMs: number): number {
    const waiting = this.#changed.filter(open => !open.isGone && this.#waits(open))
    for (const [id, { into }] of this.#redirects) if (!this.#waits(into.lastHeir)) this.#redirects.delete(id)
    for (const open of this.#changed) {
      if (this.#waits(open)) continue
      open.isChanged = false
      open.session.createdAt ??= nowMs
    }
    for (const open of this.#closed) this.#tabs.remove(open)
    const forgotten = this.#closed.length + this.#erasures.changes.spans.length
    this.#erasures.settle()
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
    this.#tabs.add(open)
    if (open.end > this.#latestEnd) this.#latestEnd = open.end
    this.#closing.add(open)
  }

  #replace(former: OpenSession, heir: OpenSession, position: Position): void {
    this.#tabs.remove(former)
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
