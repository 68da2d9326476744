// Sends made-up and broken records through decode, sessions and documents, and looks after each batch whether all
// records are accounted for, every document survives the way to the store and back, and nothing else has changed.

import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { eventFormats } from '../../src/core/formats/event-formats.ts'
import { compileFieldMap } from '../../src/core/formats/field-map.ts'
import type { Format } from '../../src/core/formats/format.ts'
import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { commonlyRedacted } from '../../src/core/privacy.ts'
import { restoredSession } from '../../src/core/restored-session.ts'
import { isRedirect, type SessionDocument, sessionDocument } from '../../src/core/session-document.ts'
import { type BatchEffects, processBatch, type Tally } from '../../src/pipeline.ts'
import type { SourceRecord } from '../../src/ports/event-source.ts'
import type { DocumentWrite } from '../../src/ports/session-store.ts'
import type { WorkerSettings } from '../../src/worker.ts'
import { fuzzInputs } from './fuzz-inputs.ts'
import { testSettings } from './in-process.ts'
import { seededRandom } from './seeded-random.ts'
import { testLookups } from './test-lookups.ts'

export type FuzzOptions = {
  readonly runs: number
  readonly seed: number
  readonly progress?: (done: number) => void
}

export type FuzzResult = Tally & {
  readonly runs: number
  /** Dead letters by reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** Documents by what their last record was written in. */
  readonly formats: Readonly<Record<string, number>>
  readonly documents: number
  readonly redirects: number
  readonly mostSessions: number
  /** Slowest batch of 200 records, ms. */
  readonly slowestBatchMs: number
  /** Heap after a collection, MiB: at a tenth of the run, the most after that, at the end. */
  readonly heapMiB: { readonly first: number; readonly most: number; readonly last: number }
  readonly ms: number
}

const batchSize = 200
const start = Date.parse('2026-11-24T10:00:00Z')
const msPerRecord = 100
/** Reads of each format what it is told of. */
const fieldMap = compileFieldMap({
  eventId: ['/eventId', '/messageId', '/uuid', '/event_id', '/id'],
  tabId: ['/tabId', '/anonymousId', '/distinct_id', '/domain_userid', '/session/id', { constant: 'none' }],
  type: { from: ['/type', '/event'], values: { page: 'page-view' } },
  timestamp: ['/timestamp', '/derived_tstamp'],
  profile: { id: '/userId', metadata: { whole: '' } },
  context: { page: { url: '/context/page/url' }, clientHints: '/context', aux: { first: '/events/0' } },
  properties: '/properties',
  traits: { all: ['/traits', '/context/traits', '/data'] },
})
assert(fieldMap.ok)
/** Every format reads what all of them write. */
const everyFormat: readonly Format[] = [...Object.values(eventFormats), fieldMap.format]
/** One of them a batch, in turn. */
const formats: readonly Format[] = everyFormat.flatMap(format => [
  eventFormats.native,
  format,
  eventFormats.auto,
])
/** How many records it takes until each format has had its turn. */
export const fuzzRound = formats.length * batchSize
const settings: WorkerSettings = {
  ...testSettings,
  format: eventFormats.auto,
  timeZone: 'Europe/Berlin',
  privacy: { ip: 'mask', redactedParameters: new Set(commonlyRedacted) },
}
const collectGarbage = collector()

export async function fuzz({ runs, seed, progress }: FuzzOptions): Promise<FuzzResult> {
  const inputs = fuzzInputs(seededRandom(seed))
  const sessions = new PartitionSessions(settings, Number.NEGATIVE_INFINITY)
  const total: Tally = { applied: 0, duplicates: 0, alreadyApplied: 0, controls: 0, deadLetters: 0 }
  const result = { documents: 0, redirects: 0, mostSessions: 0, slowestBatchMs: 0 }
  const reasons: Record<string, number> = {}
  const byFormat: Record<string, number> = {}
  const heap: number[] = []
  const untouched = prototypes()
  const since = performance.now()
  for (let from = 0, batches = 0; from < runs; from += batchSize, batches++) {
    const nowMs = start + from * msPerRecord
    const count = Math.min(batchSize, runs - from)
    const records = Array.from({ length: count }, (_, i) => inputs.next(from + i, nowMs))
    const began = performance.now()
    const format = formats[batches % formats.length] as Format
    const effects = await processBatch(batchOf(records), sessions, noRecall, testLookups, nowMs, {
      ...settings,
      format,
    })
    for (const { document } of [...effects.documents, ...effects.redirects]) JSON.stringify(document)
    sessions.settle(nowMs)
    result.slowestBatchMs = Math.max(result.slowestBatchMs, performance.now() - began)
    addUp(effects, count, total, reasons)
    for (const { document } of effects.documents) {
      const name = String(document.source.format)
      byFormat[name] = (byFormat[name] ?? 0) + 1
    }
    if (batches % 20 === 0) for (const write of effects.documents) checkWayBack(write, nowMs)
    assert.deepEqual(prototypes(), untouched, `a prototype has changed, records ${from} to ${from + count}`)
    result.documents += effects.documents.length
    result.redirects += effects.redirects.length
    result.mostSessions = Math.max(result.mostSessions, sessions.openCount)
    if (isTenth(from, runs)) heap.push(heapAfterCollection())
    progress?.(from + count)
  }
  heap.push(heapAfterCollection())
  return {
    runs,
    ...total,
    reasons,
    formats: byFormat,
    ...result,
    heapMiB: heapOf(heap),
    ms: Math.round(performance.now() - since),
  }
}

/** Every record is exactly one of the four. */
function addUp(effects: BatchEffects, count: number, total: Tally, reasons: Record<string, number>): void {
  const { tally, deadLetters } = effects
  const sum = tally.applied + tally.duplicates + tally.alreadyApplied + tally.deadLetters
  assert.equal(sum, count, JSON.stringify(tally))
  assert.equal(deadLetters.length, tally.deadLetters)
  for (const part of Object.keys(total) as (keyof Tally)[]) total[part] += tally[part]
  for (const { reason } of deadLetters) reasons[reason] = (reasons[reason] ?? 0) + 1
}

/** A document read back gives the same document again, whatever users put into it. */
function checkWayBack({ key, document }: DocumentWrite, nowMs: number): void {
  if (isRedirect(document)) return
  const stored = JSON.parse(JSON.stringify(document)) as SessionDocument
  const status = stored.metadata.status as 'active' | 'ended'
  const again = JSON.parse(
    JSON.stringify(sessionDocument(restoredSession(stored), key, status, nowMs, settings)),
  )
  // A restored session counts as written, and may list one event's stamp twice in its state.
  const parts = { operation: null, state: null }
  assert.deepEqual({ ...again, ...parts }, { ...stored, ...parts })
}

const noRecall = () => null

function batchOf(records: readonly SourceRecord[]) {
  const firstOffset = records[0]!.offset
  return { partition: 0, records, firstOffset, nextOffset: firstOffset + records.length }
}

/** What a polluted prototype would have more of, or other. */
function prototypes(): unknown[] {
  return [Object.prototype, Array.prototype, String.prototype, Map.prototype].map(prototype => [
    Reflect.ownKeys(prototype).length,
    Object.getPrototypeOf(prototype) === null || Object.getPrototypeOf(prototype) === Object.prototype,
    Object.keys(prototype),
  ])
}

function isTenth(from: number, runs: number): boolean {
  const tenth = Math.ceil(runs / 10 / batchSize) * batchSize
  return from > 0 && from % tenth === 0
}

/** Full collections on demand, without a flag on the command line. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

function heapAfterCollection(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}

function heapOf(samples: readonly number[]) {
  const rounded = samples.map(sample => Math.round(sample * 10) / 10)
  return { first: rounded[0]!, most: Math.max(...rounded), last: rounded.at(-1)! }
}
