// A run as the page shows it. It looks on from beside the ports, at what was acknowledged: the chain knows nothing of it.

import { decode } from '../core/decode.ts'
import type { Format } from '../core/formats/format.ts'
import { parseInstant } from '../core/instant.ts'
import type { Privacy } from '../core/privacy.ts'
import { isRedirect, isSession, type SessionDocument } from '../core/session-document.ts'
import { isLate } from '../core/session-window.ts'
import { watermarkAfter } from '../core/watermark.ts'
import type { DeadLetter, DeadLetterSink } from '../ports/dead-letter-sink.ts'
import type { BatchLease, EventSource, SourceRecord } from '../ports/event-source.ts'
import type { PageFeed, PageMessage } from '../ports/page-feed.ts'
import type { AnyWrite, SessionStore, WriteResult } from '../ports/session-store.ts'
import { LiveCharts } from './live-charts.ts'
import { LiveLanes, type SeenEvent, type WrittenSession } from './live-lanes.ts'
import { LiveLetters } from './live-letters.ts'
import type {
  Clock,
  Hello,
  LanesMessage,
  LiveMessage,
  SummaryMessage,
  TickSort,
  Totals,
} from './page-messages.ts'

export type LiveRunOptions = {
  readonly hello: Omit<Hello, 'kind' | 'shows'>
  readonly format: Format
  readonly conversionTypes: readonly string[]
  readonly privacy: Privacy
  readonly allowedLatenessMs: number
  readonly maxLatenessMs: number
  /** Where the input is: event time, speed, and whether it goes on. */
  readonly pace: () => Omit<Clock, 'watermark'>
  /** Of a clock that only goes forward, ms. */
  readonly monotonic: () => number
}

const summaryEveryMs = 1_000

export class LiveRun implements PageFeed {
  readonly #options: LiveRunOptions
  readonly #lanes: LiveLanes
  readonly #charts = new LiveCharts()
  readonly #letters: LiveLetters
  readonly #conversionTypes: ReadonlySet<string>
  readonly #totals = { records: 0, late: 0, merges: 0, sessions: 0 }
  /** Ids that came with the batch in work. */
  readonly #begun = new Set<string>()
  #duplicates = () => 0
  #watermark = Number.NEGATIVE_INFINITY
  #summedUpAt = Number.NEGATIVE_INFINITY

  constructor(options: LiveRunOptions) {
    this.#options = options
    this.#lanes = new LiveLanes(options.hello.gapMs, () => options.pace().at)
    this.#letters = new LiveLetters(options.privacy)
    this.#conversionTypes = new Set(options.conversionTypes)
  }

  /** The source, seen: events show when all of their batch is done. */
  watchSource(source: EventSource): EventSource {
    return {
      run: handler =>
        source.run({
          get waitsFor() {
            return handler.waitsFor ?? null
          },
          assigned: partitions => handler.assigned(partitions),
          process: async lease => {
            await handler.process(lease)
            this.#batch(lease)
          },
        }),
      stop: () => source.stop(),
      describe: () => source.describe(),
      committed: partition => source.committed(partition),
      bounds: partition => source.bounds(partition),
      timestampAt: (partition, offset) => source.timestampAt(partition, offset),
    }
  }

  /** The store, seen: what it has taken. */
  watchStore(store: SessionStore): SessionStore {
    return {
      get waitsFor() {
        return store.waitsFor ?? null
      },
      write: async writes => {
        const results = await store.write(writes)
        this.#written(writes, results)
        return results
      },
      restore: query => store.restore(query),
      recall: query => store.recall(query),
      ofProfiles: query => store.ofProfiles(query),
      erasedSpans: query => store.erasedSpans(query),
      get: keys => store.get(keys),
      summary: () => store.summary(),
      latestPosition: (partition, epoch) => store.latestPosition(partition, epoch),
      close: () => store.close(),
    }
  }

  watchLetters(sink: DeadLetterSink): DeadLetterSink {
    return {
      get waitsFor() {
        return sink.waitsFor ?? null
      },
      send: async (letters: readonly DeadLetter[]) => {
        await sink.send(letters)
        this.#letters.add(letters)
      },
      close: () => sink.close(),
    }
  }

  /** Where the duplicates are counted. */
  countDuplicates(read: () => number): void {
    this.#duplicates = read
  }

  get totals(): Totals {
    return {
      ...this.#totals,
      open: this.#charts.open,
      duplicates: this.#duplicates(),
      deadLetters: this.#letters.count,
    }
  }

  snapshot(): PageMessage[] {
    const hello: Hello = { kind: 'hello', shows: 'sessions', ...this.#options.hello }
    const lanes: LanesMessage = { kind: 'lanes', clock: this.#clock(), ...this.#lanes.snapshot() }
    return [hello, lanes, this.#summary()]
  }

  changes(): PageMessage[] {
    const live: LiveMessage = { kind: 'live', clock: this.#clock(), ...this.#lanes.changes() }
    const now = this.#options.monotonic()
    if (now - this.#summedUpAt < summaryEveryMs) return [live]
    this.#summedUpAt = now
    return [live, this.#summary()]
  }

  #clock(): Clock {
    const watermark = Number.isFinite(this.#watermark) ? this.#watermark : null
    return { ...this.#options.pace(), watermark }
  }

  #summary(): SummaryMessage {
    const { reasons, latest } = this.#letters
    return { kind: 'summary', totals: this.totals, ...this.#charts.charts(), reasons, letters: latest }
  }

  #batch({ batch }: BatchLease): void {
    this.#totals.records += batch.records.length
    const events = batch.records.flatMap(record => this.#seen(record) ?? [])
    this.#lanes.endBatch(events)
    this.#begun.clear()
  }

  /** What the chain has made of a record, once more and for the eye alone. */
  #seen(record: SourceRecord): SeenEvent | null {
    const { allowedLatenessMs, maxLatenessMs, format } = this.#options
    const outcome = decode(record, maxLatenessMs, format)
    if (outcome.kind !== 'ok') return null
    const { raw, time } = outcome.value
    const late = isLate(time, this.#watermark)
    if (late) this.#totals.late++
    const lateMs = late ? this.#watermark + allowedLatenessMs - time : 0
    this.#watermark = watermarkAfter(this.#watermark, time, allowedLatenessMs)
    return { tab: raw.tabId, time, sort: this.#sortOf(raw), lateMs }
  }

  #sortOf({ type, query }: { readonly type: string; readonly query?: string | null | undefined }): TickSort {
    if (this.#conversionTypes.has(type)) return 'conversion'
    if (type === 'search' || query) return 'search'
    return type === 'page-view' ? 'view' : 'other'
  }

  #written(writes: readonly AnyWrite[], results: readonly WriteResult[]): void {
    for (const [i, { document }] of writes.entries()) {
      if (results[i]?.kind === 'stale') continue
      if (isSession(document)) this.#session(document as SessionDocument)
      else this.#ended(document)
    }
  }

  /** An id that is no session any more. */
  #ended(document: AnyWrite['document']): void {
    const { id } = document
    const wasShown = this.#charts.remove(id)
    if (wasShown) this.#totals.sessions--
    if (!isRedirect(document)) {
      this.#lanes.erase(id)
      return
    }
    const { merged_into: into } = document
    this.#lanes.redirect(id, into)
    // One that begins with this batch is the same session under another id: an earlier event has moved its start.
    if (wasShown && !this.#begun.delete(into)) this.#totals.merges++
  }

  #session(document: SessionDocument): void {
    if (document.operation.new) {
      this.#totals.sessions++
      this.#begun.add(document.id)
    }
    this.#charts.write(document)
    this.#lanes.write(briefOf(document))
  }
}

function briefOf(document: SessionDocument): WrittenSession {
  const { id, tabId, lastSeen, metadata, device, app, activity, pages, quality } = document
  const { city, country } = device.geo
  return {
    id,
    tab: tabId,
    start: parseInstant(metadata.time.insert) as number,
    end: parseInstant(lastSeen) as number,
    isOpen: metadata.status === 'active',
    isBot: app.bot,
    events: activity.events,
    conversions: activity.conversions,
    late: quality.late_events,
    place: [city, country.name].filter(Boolean).join(', ').slice(0, 80),
    device: [device.type, app.name].filter(Boolean).join(', ').slice(0, 80),
    entry: (pages.entry.path ?? '').slice(0, 120),
  }
}
