// The sessions of one partition: placing events, merging, closing, and what has changed since the last flush. Memory
// holds all that an event at or after the watermark can still reach, and closed ones while they are few.
import { ClosedSessions } from './closed-sessions.ts'
import { ClosingSchedule } from './closing-schedule.ts'
import type { Erase, PlacedControl, Repair } from './control.ts'
import { remembers } from './dedupe-window.ts'
import { type ErasedSpan, Erasures } from './erasures.ts'
import { OpenSession, type Redirect, sleepingSession } from './open-session.ts'
import type { Applied } from './outcome.ts'
import { isBehind, type Position } from './position.ts'
import { storedPosition } from './restored-session.ts'
import { countFlaw, extend, merge, type PlacedEvent, type Session, singleton, unionKeys } from './session.ts'
import type { SessionDocument } from './session-document.ts'
import { type SessionKey, sessionKey } from './session-id.ts'
import type { SessionSettings } from './session-settings.ts'
import { cellOf, isLate, joins } from './session-window.ts'
import { containing, SessionsByTab } from './sessions-by-tab.ts'
import { damagedGroups, type Group, united } from './tab-repair.ts'
import { type TabSpan, wholeTab } from './tab-span.ts'
import { Unwritten } from './unwritten.ts'
import { watermarkAfter } from './watermark.ts'

export type Changes = {
  readonly sessions: readonly OpenSession[]
  readonly redirects: readonly Redirect[]
  readonly erased: Erasures['changes']
}

export class PartitionSessions {
  readonly #settings: SessionSettings
  readonly #tabs = new SessionsByTab()
  readonly #closing: ClosingSchedule<OpenSession>
  #watermark: number
  /** The watermark that sessions were last closed by: memory has all that an event from then on can reach. */
  #closedBy: number
  #latestEnd = Number.NEGATIVE_INFINITY
  readonly #closed = new ClosedSessions()
  readonly #unwritten: Unwritten
  readonly #erasures = new Erasures()
  /** What was found of tabs that are about to be repaired. */
  readonly #damaged = new Map<string, readonly SessionDocument[]>()

  constructor(settings: SessionSettings, watermark: number) {
    this.#settings = settings
    this.#watermark = watermark
    this.#closedBy = watermark
    this.#closing = new ClosingSchedule(settings.gapMs)
    this.#unwritten = new Unwritten(settings.writesOpen)
  }

  get watermark(): number {
    return this.#watermark
  }

  /** How many sessions are in memory, without the closed ones that are only kept there. */
  get openCount(): number {
    return this.#tabs.size - this.#closed.kept
  }

  /** Latest event time of any session that was in memory, −Infinity while there was none. */
  get latestEnd(): number {
    return this.#latestEnd
  }

  /** Where late events may touch sessions that have left memory; nothing for those inside a session in memory. */
  lateSpans(events: readonly PlacedEvent[]): TabSpan[] {
    const spans: TabSpan[] = []
    const { gapMs } = this.#settings
    for (const { time, raw } of events) {
      if (!isLate(time, this.#closedBy)) continue
      if (containing(this.#tabs.of(raw.tabId), time) !== undefined) continue
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
    const open = this.#restored(document)
    const { key, head } = open
    const { position } = head
    const met = this.#tabs.of(head.tabId).filter(other => this.#erasures.letMeet(other, head, key))
    const ahead = met.find(other => !isBehind(other.head.position, position))
    if (ahead !== undefined) {
      if (ahead.key.id !== key.id) this.#unwritten.redirectStored(key, position, ahead)
      return
    }
    for (const other of met) this.#replace(other, open, position)
    if (mayLackRedirects) for (const from of head.absorbed) this.#unwritten.redirect(from, open, position)
    this.#add(open)
  }

  #restored(document: SessionDocument): OpenSession {
    const session = sleepingSession(document)
    const { gapMs } = this.#settings
    const key = { id: document.id, cellStart: cellOf(session.start, gapMs) * gapMs }
    return new OpenSession(session, key, document.metadata.status === 'ended' ? 'ended' : 'active')
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
    const { conversions } = this.#settings
    const sessions = this.#tabs.of(event.raw.tabId)
    const inside = containing(sessions, event.time)
    if (inside !== undefined) {
      if (!isBehind(inside.head.position, event.position)) return 'already-applied'
      if (remembers(inside.session.window, event.identity)) {
        inside.session.position = event.position
        countFlaw(inside.session, 'duplicates')
        this.#touch(inside)
        return 'duplicate'
      }
    }
    const open = inside ?? this.#unite(sessions, event)
    if (open === undefined) return this.#begin(event, late)
    extend(open.session, event, conversions)
    if (late) countFlaw(open.session, 'lateEvents')
    this.#rename(open, event.position)
    this.#touch(open)
    return 'applied'
  }

  #begin(event: PlacedEvent, late: boolean): Applied {
    const session = singleton(event, this.#settings.conversions)
    if (late) countFlaw(session, 'lateEvents')
    const open = new OpenSession(session, this.#keyOf(session), 'active')
    this.#add(open)
    this.#touch(open)
    return 'applied'
  }

  /** Of the sessions that an event joins, the earliest takes the others in. */
  #unite(sessions: readonly OpenSession[], event: PlacedEvent): OpenSession | undefined {
    const { gapMs } = this.#settings
    let survivor: OpenSession | undefined
    let others: OpenSession[] | undefined
    for (const open of sessions) {
      if (!joins(open, event.time, gapMs)) continue
      if (survivor === undefined) survivor = open
      else {
        others ??= []
        others.push(open.start < survivor.start ? survivor : open)
        if (open.start < survivor.start) survivor = open
      }
    }
    if (survivor === undefined || others === undefined) return survivor
    for (const other of others) {
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
    this.#unwritten.redirect(former, open, position)
  }

  /** A stored span of a session that was erased. Gives whether it was new. */
  knowErased(span: ErasedSpan): boolean {
    return this.#erasures.know(span)
  }

  /** Where sessions may be stored that an erasure concerns: in its tab, and where it has erased some before. */
  erasureSpans(erasures: readonly PlacedControl<Erase>[]): TabSpan[] {
    return erasures.flatMap(({ control: { tabId }, position }) => [
      ...this.#erasures.at(position),
      ...(tabId === null ? [] : [wholeTab(tabId)]),
    ])
  }

  /**
   * Forgets the sessions of a profile as they were at this place in the log; events after it begin new ones. What
   * an earlier attempt has erased goes too: without the events that are covered now it may lack the profile.
   */
  erase({ control, position }: PlacedControl<Erase>): void {
    const isErased = this.#erasures.choice(control, position)
    for (const open of this.#tabs.all()) if (isErased(open)) this.#eraseOne(open, position)
  }

  #eraseOne(open: OpenSession, position: Position): void {
    this.#remove(open)
    open.isErased = true
    const keys = [open.key, ...open.head.absorbed, ...this.#unwritten.takeRedirectsTo(open)]
    const { tabId } = open.head
    this.#erasures.add({ tabId, from: open.start, to: open.end, position }, unionKeys([], keys))
  }

  /** What is stored of a tab, for its repair. Not admitted: what is damaged would hold what it must not. */
  showDamaged(tabId: string, documents: readonly SessionDocument[]): void {
    this.#damaged.set(tabId, documents)
  }

  /**
   * Puts the sessions of a tab in order as they were at this place in the log: those that are one become one, and all
   * of them are written again, and what leads to them. What later records have changed was in order already.
   */
  repair({ control: { tabId }, position }: PlacedControl<Repair>): void {
    const found = this.#damaged.get(tabId) ?? []
    this.#damaged.delete(tabId)
    for (const document of found)
      if (!isBehind(storedPosition(document), position)) this.admit(document, true)
    const stored = found.map(document => this.#restored(document))
    const left = stored.filter(({ head }) => !this.#erasures.coversSession(head))
    const { gapMs } = this.#settings
    const groups = damagedGroups(this.#tabs.of(tabId), left, position, gapMs, this.#erasures)
    for (const { group, holder } of groups) {
      if (holder === undefined) this.#writeAgain(group, position)
      else for (const open of group) this.#replace(open, holder, holder.head.position)
    }
  }

  #writeAgain([survivor, ...others]: Group, position: Position): void {
    for (const other of others) {
      survivor.session = united(survivor.session, other.session)
      survivor.session.absorbed = unionKeys(survivor.session.absorbed, [other.key])
      this.#replace(other, survivor, position)
    }
    const { session, key } = survivor
    session.position = position
    session.absorbed = session.absorbed.filter(({ id }) => id !== key.id)
    for (const from of session.absorbed) this.#unwritten.redirect(from, survivor, position)
    if (!this.#tabs.of(session.tabId).includes(survivor)) this.#add(survivor)
    this.#touch(survivor)
  }

  /** Marks the sessions that the watermark has passed as ended; `settle` may forget them. */
  close(): void {
    this.#closedBy = this.#watermark
    for (const open of this.#closing.takeClosed(this.#watermark)) {
      this.#closed.add(open)
      if (open.status === 'ended' && !open.isChanged) continue
      open.status = 'ended'
      this.#unwritten.mark(open)
    }
  }

  raiseWatermark(watermark: number): void {
    this.#watermark = Math.max(this.#watermark, watermark)
  }

  /** What must be written: the changed sessions, and then what leads to them. */
  changes(): Changes {
    const { sessions, redirects } = this.#unwritten
    return { sessions, redirects, erased: this.#erasures.changes }
  }

  /**
   * All changes are durable: nothing is dirty any more, and closed sessions leave memory if there are more than one of
   * so many `partitions` may keep. Gives how many it has forgotten, with those that were erased.
   */
  settle(nowMs: number, partitions = 1): number {
    this.#unwritten.settle(nowMs)
    const leaving = this.#closed.settle(Math.floor(this.#settings.closedKept / partitions))
    for (const open of leaving) this.#tabs.remove(open)
    const forgotten = leaving.length + this.#erasures.changes.spans.length
    this.#erasures.settle()
    return forgotten
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
    this.#remove(former)
    former.heir = heir
    if (former.key.id !== heir.key.id) this.#unwritten.redirect(former.key, heir, position)
  }

  #remove(open: OpenSession): void {
    this.#closed.delete(open)
    this.#tabs.remove(open)
  }

  /** An event changed the session: it is active again until the watermark passes it. */
  #touch(open: OpenSession): void {
    if (open.status === 'ended' && this.#closed.delete(open)) this.#closing.add(open)
    open.status = 'active'
    this.#unwritten.mark(open)
  }
}
