// What was erased, and up to which record. The events of an erased session are still in the log, before its
// erasure: should they be read again, they must not bring it back.
import type { SessionHead } from './restored-session.ts'
import type { PlacedEvent, Position } from './session.ts'
import { isBehind } from './session.ts'
import type { SessionKey } from './session-id.ts'

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

  /** A stored span. */
  know(span: ErasedSpan): void {
    const spans = this.#spans.get(span.tabId)
    if (spans === undefined) this.#spans.set(span.tabId, [span])
    else if (!spans.some(known => isSame(known, span))) spans.push(span)
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

  /**
   * Whether an erasure lies between two sessions of a tab: the older one was erased and the newer one began after it,
   * so that neither holds the other although they may overlap.
   */
  separates(a: SessionHead, b: SessionHead): boolean {
    const [older, newer] = isBehind(a.position, b.position) ? [a, b] : [b, a]
    const spans = this.#spans.get(older.tabId)
    return (
      spans?.some(
        ({ position, from, to }) =>
          isBehind(older.position, position) &&
          isBehind(position, newer.position) &&
          older.start <= to &&
          from <= older.end,
      ) ?? false
    )
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
