// What the live page is told, one type a message. The page's own modules read these types too.

import type { PartitionFigures } from '../ports/telemetry.ts'

/** An event on the timeline: which lane, event time (epoch ms), what it was, and how late it came (ms, 0 if it did not). */
export type Tick = readonly [lane: number, time: number, sort: TickSort, lateMs: number]
export type TickSort = 'view' | 'search' | 'conversion' | 'other'

/** A session in short; times are epoch ms. */
export type Brief = {
  readonly id: string
  readonly lane: number
  readonly start: number
  readonly end: number
  readonly isOpen: boolean
  readonly isBot: boolean
  readonly events: number
  readonly conversions: number
  readonly late: number
  /** Silences that late events have filled: what was two sessions on either side is one. */
  readonly seams: readonly (readonly [from: number, to: number])[]
  readonly place: string
  readonly device: string
  readonly entry: string
}

/** Two sessions that became one. */
export type Merge = {
  readonly lane: number
  readonly tab: string
  readonly id: string
  readonly absorbed: string
  readonly seam: readonly [from: number, to: number]
  /** Of the event that proved it, where it is known. */
  readonly time: number | null
  readonly lateMs: number | null
}

/** Where the input is: event time, and how many times faster than the clock it passes. */
export type Clock = {
  readonly at: number | null
  readonly watermark: number | null
  readonly speed: number
  readonly isRunning: boolean
}

export type Hello = {
  readonly kind: 'hello'
  readonly shows: 'sessions' | 'worker'
  /** What is read or who works, in words. */
  readonly title: string
  readonly version: string
  readonly gapMs: number
  /** How fast event time may pass here; empty where it cannot be set. */
  readonly speeds: readonly number[]
}

export type LanesMessage = {
  readonly kind: 'lanes'
  readonly clock: Clock
  readonly lanes: readonly (readonly [lane: number, tab: string])[]
  readonly sessions: readonly Brief[]
  readonly ticks: readonly Tick[]
  /** The latest that were seen. */
  readonly merges: readonly Merge[]
}

export type LiveMessage = {
  readonly kind: 'live'
  readonly clock: Clock
  readonly lanes: readonly (readonly [lane: number, tab: string])[]
  readonly emptied: readonly number[]
  readonly sessions: readonly Brief[]
  /** Ids that are no sessions any more. */
  readonly gone: readonly string[]
  readonly merges: readonly Merge[]
  readonly ticks: readonly Tick[]
}

export type Counted = readonly (readonly [name: string, count: number])[]

export type Letter = {
  readonly reason: string
  readonly message: string
  /** Where the record lies: line of the input, from 1. */
  readonly line: number
  /** The record's beginning. */
  readonly text: string
}

export type Totals = {
  readonly records: number
  readonly sessions: number
  readonly open: number
  readonly late: number
  readonly merges: number
  readonly duplicates: number
  readonly deadLetters: number
}

export type SummaryMessage = {
  readonly kind: 'summary'
  readonly totals: Totals
  /** Of how many sessions the charts are: the latest ones, up to a limit. */
  readonly charted: number
  readonly overTime: { readonly from: number; readonly stepMs: number; readonly counts: readonly number[] }
  /** Sessions by weekday (0 = Sunday) and hour. */
  readonly week: readonly (readonly number[])[]
  readonly countries: Counted
  readonly devices: Counted
  readonly channels: Counted
  readonly entries: Counted
  /** Duration in seconds at these shares of the sessions of people. */
  readonly durations: readonly (readonly [percentile: number, seconds: number])[]
  readonly bouncedShare: number | null
  readonly convertedShare: number | null
  readonly reasons: Counted
  readonly letters: readonly Letter[]
}

/** How a worker does. Figures alone: nothing that an event said. */
export type WorkerMessage = {
  readonly kind: 'worker'
  /** Why it does not go on at the moment; empty if it does. */
  readonly notReady: readonly string[]
  readonly partitions: readonly PartitionFigures[]
  readonly totals: WorkerTotals
  readonly reasons: Counted
  /** Since the last message; in a snapshot all that is kept. */
  readonly samples: readonly Sample[]
}

export type WorkerTotals = {
  readonly records: number
  readonly documents: number
  readonly redirects: number
  readonly duplicates: number
  readonly alreadyApplied: number
  readonly deadLetters: number
  readonly recalls: number
  readonly rebalances: number
  /** Of the latest batch, when it was acknowledged: age of its oldest record, and how long the write took; null before. */
  readonly freshnessMs: number | null
  readonly writeMs: number | null
}

/** At a moment: epoch ms, records in a second, lag (null: not known), and open sessions. */
export type Sample = readonly [at: number, recordsPerSecond: number, lag: number | null, open: number]
