// What was erased, and up to which record. The events of an erased session are still in the log, before its
// erasure: should they be read again, they must not bring it back.
import type { Erase } from './control.ts'
import type { OpenSession } from './open-session.ts'
import type { Position } from './position.ts'
import { isBehind } from './position.ts'
import type { SessionHead } from './restored-session.ts'
import type { PlacedEvent } from './session.ts'
import type { SessionKey } from './session-id.ts'
import { overlaps } from './session-window.ts'

/** The span of a session that was erased by the record at `position`. Epoch ms, inclusive. */
export type ErasedSpan = {
  readonly tabId: string
  readonly from: number
  readonly to: number
  readonly position: Position
}

/** A key under which nothing of the log up to `position` may be stored any more. */
export type ErasedKey = { readonly key: SessionKey; readonly position: Position }

export class Erasures {
  readonly #spans = new Map<string, ErasedSpan[]>()
  #newSpans: ErasedSpan[] = []
  #newKeys: ErasedKey[] = []

  /** Spans and keys that are not durable yet. */
  get changes(): { readonly spans: readonly ErasedSpan[]; readonly keys: readonly ErasedKey[] } {
    return { spans: this.#newSpans, keys: this.#newKeys }
  }

  /** A stored span. Gives whether it was new. */
  know(span: ErasedSpan): boolean {
    const spans = this.#spans.get(span.tabId)
    if (spans?.some(known => isSame(known, span))) return false
    if (spans === undefined) this.#spans.set(span.tabId, [span])
    else spans.push(span)
    return true
  }

  add(span: ErasedSpan, keys: Iterable<SessionKey>): void {
    this.know(span)
    this.#newSpans.push(span)
    for (const key of keys) this.#newKeys.push({ key, position: span.position })
  }

  settle(): void {
    this.#newSpans = []
    this.#newKeys = []
  }

  /** Whether an event is one of those that were erased. */
  covers({ raw, time, position }: PlacedEvent): boolean {
    if (this.#spans.size === 0) return false
    const spans = this.#spans.get(raw.tabId)
    return (
      spans?.some(span => isBehind(position, span.position) && span.from <= time && time <= span.to) ?? false
    )
  }

  /** Whether a stored session has been erased since: its document is about to be replaced. */
  coversSession({ tabId, start, end, position }: SessionHead): boolean {
    return this.#spansOver(tabId, start, end).some(span => isBehind(position, span.position))
  }

  /** Whether a session meets another one of its tab, and no erasure lies between them. */
  letMeet(open: OpenSession, other: SessionHead, otherKey: SessionKey): boolean {
    return open.meets(other, otherKey) && !this.#separates(open.head, other)
  }

  /**
   * Whether an erasure lies between two sessions of a tab: the older one was erased and the newer one began after it,
   * so that neither holds the other although they may overlap.
   */
  #separates(a: SessionHead, b: SessionHead): boolean {
    const [older, newer] = isBehind(a.position, b.position) ? [a, b] : [b, a]
    return this.#spansOver(older.tabId, older.start, older.end).some(
      ({ position }) => isBehind(older.position, position) && isBehind(position, newer.position),
    )
  }

  #spansOver(tabId: string, start: number, end: number): ErasedSpan[] {
    return this.#spans.get(tabId)?.filter(({ from, to }) => start <= to && from <= end) ?? []
  }

  /**
   * Which sessions an erasure at this place takes: those of the profile that were there before, and those that an
   * earlier attempt has taken, which may lack the profile without the events that are covered now.
   */
  choice({ profileId, tabId }: Erase, position: Position): (open: OpenSession) => boolean {
    const before = this.at(position)
    return open => {
      const { head } = open
      if (!isBehind(head.position, position)) return false
      if (
        before.some(span => span.tabId === head.tabId && overlaps(head, { start: span.from, end: span.to }))
      )
        return true
      const isOurs = tabId === null ? head.position.epoch === position.epoch : head.tabId === tabId
      return isOurs && open.isOf(profileId)
    }
  }

  /** Spans that the record at `position` has erased before: in an attempt that was not committed, or a replay. */
  at(position: Position): ErasedSpan[] {
    const spans = [...this.#spans.values()].flat()
    return spans.filter(
      ({ position: { epoch, offset } }) => epoch === position.epoch && offset === position.offset,
    )
  }
}

function isSame(a: ErasedSpan, b: ErasedSpan): boolean {
  return (
    a.from === b.from &&
    a.to === b.to &&
    a.position.epoch === b.position.epoch &&
    a.position.offset === b.position.offset
  )
}
