// A log through the real worker with the page's eyes on it, a batch at a time.
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import { nativeFormat } from '../../src/core/formats/native.ts'
import { LiveRun } from '../../src/live/live-run.ts'
import type { Brief, LanesMessage, LiveMessage, SummaryMessage } from '../../src/live/page-messages.ts'
import type { EventSource } from '../../src/ports/event-source.ts'
import { Worker } from '../../src/worker.ts'
import { testSettings } from './in-process.ts'
import { testLookups } from './test-lookups.ts'

export type LiveLog = {
  readonly live: LiveRun
  /** Ends with the log; sessions that are open stay so. */
  readonly done: Promise<void>
  readonly lanes: () => LanesMessage
  readonly news: () => LiveMessage
  readonly summary: () => SummaryMessage
}

const encoder = new TextEncoder()

/** Each batch is an array of events, or of lines where they are texts. Between two of them `between` is called. */
export function liveLog(
  batches: readonly (readonly (object | string)[])[],
  between: (live: LiveRun, batch: number) => void = () => {},
): LiveLog {
  const live = new LiveRun({
    hello: { title: 'test', version: '0', gapMs: testSettings.gapMs, speeds: [] },
    format: nativeFormat,
    conversionTypes: ['conversion'],
    privacy: testSettings.privacy,
    allowedLatenessMs: testSettings.allowedLatenessMs,
    maxLatenessMs: testSettings.maxLatenessMs,
    pace: () => ({ at: null, speed: 1, isRunning: true }),
    // Each look is a long time after the one before, so that each has a summary.
    monotonic: () => {
      time += 10_000
      return time
    },
  })
  let time = 0
  const store = new SqliteSessionStore(':memory:', testSettings.gapMs)
  const worker = new Worker({
    source: live.watchSource(sourceOf(batches, batch => between(live, batch))),
    store: live.watchStore(store),
    deadLetters: live.watchLetters({ send: async () => {}, close: async () => {} }),
    lookups: testLookups,
    clock: { now: () => 0, monotonic: () => 0 },
    telemetry: () => {},
    settings: { ...testSettings, topic: null },
  })
  const of = <M>(kind: string, messages: readonly { readonly kind: string }[]) =>
    messages.find(message => message.kind === kind) as M
  return {
    live,
    done: worker.run().finally(() => store.close()),
    lanes: () => of('lanes', live.snapshot()),
    news: () => of('live', live.changes()),
    summary: () => of('summary', live.snapshot()),
  }
}

function sourceOf(
  batches: readonly (readonly (object | string)[])[],
  between: (batch: number) => void,
): EventSource {
  let offset = 0
  const record = (event: object | string) => ({
    offset: offset++,
    timestamp: null,
    key: null,
    value: encoder.encode(typeof event === 'string' ? event : JSON.stringify(event)),
    headers: {},
  })
  return {
    async run(handler) {
      handler.assigned([0])
      for (const [i, events] of batches.entries()) {
        const firstOffset = offset
        const records = events.map(record)
        await handler.process({
          batch: { partition: 0, records, firstOffset, nextOffset: offset },
          isCurrent: () => true,
          commit: async () => 'committed',
        })
        between(i)
      }
    },
    stop: async () => {},
    describe: async () => ({ topic: null, partitions: 1 }),
    committed: async () => ({ offset: null, metadata: null }),
    bounds: async () => ({ start: 0, end: Number.POSITIVE_INFINITY }),
    timestampAt: async () => null,
  }
}

/** `10:00–10:05 ×3`, by start; what is open with three dots. */
export const inShort = (sessions: readonly Brief[]): string[] =>
  sessions
    .toSorted((a, b) => a.start - b.start)
    .map(
      ({ start, end, events, isOpen }) => `${timeOf(start)}–${timeOf(end)} ×${events}${isOpen ? ' …' : ''}`,
    )

export const timeOf = (time: number) => new Date(time).toISOString().slice(11, 16)
