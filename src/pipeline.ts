// The product in one chain: decode → recall → sessionize → enrich → document.
import { isErase, isRepair, type PlacedControl } from './core/control.ts'
import { decode } from './core/decode.ts'
import { arrivalOf, identityHash } from './core/dedupe-window.ts'
import { enrichSession, type Lookups } from './core/enrichment/enrich-session.ts'
import { erasedDocument, erasedSpanDocument } from './core/erased-document.ts'
import type { ErasedSpan } from './core/erasures.ts'
import type { Format } from './core/formats/format.ts'
import type { OpenSession } from './core/open-session.ts'
import type { PartitionSessions } from './core/partition-sessions.ts'
import { type Privacy, redactEvent } from './core/privacy.ts'
import { isKey } from './core/record-key.ts'
import type { PlacedEvent } from './core/session.ts'
import {
  documentVersion,
  redirectDocument,
  type SessionDocument,
  sessionDocument,
} from './core/session-document.ts'
import type { SessionKey } from './core/session-id.ts'
import type { RecordLetter } from './ports/dead-letter-sink.ts'
import type { RecordBatch, SourceRecord } from './ports/event-source.ts'
import type { AnyWrite, DocumentWrite } from './ports/session-store.ts'

export type PipelineSettings = {
  /** The topic's name; null for a file. */
  readonly topic: string | null
  readonly epoch: number
  /** Infinity for no limit. */
  readonly maxLatenessMs: number
  /** What the records are written in. */
  readonly format: Format
  readonly timeZone: string
  readonly privacy: Privacy
  /** How many records are decoded before they are applied. */
  readonly sliceSizes?: SliceSizes
}

/**
 * `usual`: few, so that what was decoded is garbage before it is old, which saves a third of the cost of a large batch.
 * `afterRecall`: many, for a slice after one for which the store was asked: it may be asked again, and one search for
 * many late events costs little more than one for a few.
 */
export type SliceSizes = { readonly usual: number; readonly afterRecall: number }
const defaultSliceSizes: SliceSizes = { usual: 300, afterRecall: 3_000 }

/** Every record is exactly one of these. */
export type Tally = {
  applied: number
  duplicates: number
  alreadyApplied: number
  controls: number
  deadLetters: number
}

/** What must be written, in this order; dead letters follow, then the commit. */
export type BatchEffects = {
  /**
   * Before what is stored under their sessions' keys, which lets them be found. Those of one erasure after those of
   * another, in the order of the log: who knows a later one and not the earlier would skip what that one erases by.
   */
  readonly erasedSpans: readonly (readonly AnyWrite[])[]
  readonly documents: readonly DocumentWrite[]
  /** And what stays under the keys of erased sessions. */
  readonly redirects: readonly AnyWrite[]
  readonly deadLetters: readonly RecordLetter[]
  /** `keysAstray`: events, of those, whose record has another key than their tab id. */
  readonly tally: Tally & { readonly keysAstray: number }
}

/** Records of a batch that became something, in the order of the log. */
export type DecodedSlice = {
  /** Where the batch begins. */
  readonly firstOffset: number
  readonly items: readonly (PlacedEvent | PlacedControl)[]
}

/** What must be written to the store. */
export type StoreEffects = Pick<BatchEffects, 'erasedSpans' | 'documents' | 'redirects'>

/**
 * Brings the stored sessions that late events or controls may touch back into memory. Null where the store need not be
 * asked, not a promise that has resolved: awaiting it would let the batches of several partitions take turns, slice by
 * slice, which keeps the garbage of all of them alive: a sixth of the whole cost.
 */
export type Recall = (slice: DecodedSlice, sessions: PartitionSessions) => Promise<void> | null

/** Everything that one batch does to the sessions of its partition, slice by slice, short of the effects. */
export async function processBatch(
  batch: RecordBatch,
  sessions: PartitionSessions,
  recall: Recall,
  lookups: Lookups,
  nowMs: number,
  settings: PipelineSettings,
): Promise<BatchEffects> {
  const tally = { applied: 0, duplicates: 0, alreadyApplied: 0, controls: 0, deadLetters: 0, keysAstray: 0 }
  const deadLetters: RecordLetter[] = []
  const sizes = settings.sliceSizes ?? defaultSliceSizes
  let size = sizes.usual
  for (let next = 0; next < batch.records.length; ) {
    const slice = decodeSlice(batch, next, size, settings)
    next = slice.next
    const recalled = recall({ firstOffset: batch.firstOffset, items: slice.items }, sessions)
    if (recalled !== null) await recalled
    size = recalled === null ? sizes.usual : sizes.afterRecall
    sessionize(slice.items, sessions, tally)
    tally.keysAstray += slice.keysAstray
    // Not spread: behind a control, a slice may have more of them than a call has room for arguments.
    for (const letter of slice.deadLetters) deadLetters.push(letter)
  }
  tally.deadLetters = deadLetters.length
  return { ...closeAndDocument(sessions, lookups, nowMs, settings), deadLetters, tally }
}

/** The documents of all that changed, once the sessions that the watermark has passed are closed. */
export function closeAndDocument(
  sessions: PartitionSessions,
  lookups: Lookups,
  nowMs: number,
  settings: PipelineSettings,
): StoreEffects {
  sessions.close()
  const changes = sessions.changes()
  for (const { session } of changes.sessions) enrichSession(session, lookups)
  return {
    documents: changes.sessions.map(open => new SessionWrite(open, nowMs, settings)),
    redirects: [
      ...changes.redirects.map(({ tabId, from, into, position }) => ({
        key: from,
        version: documentVersion(position, 'merged'),
        document: redirectDocument(tabId, from, into.key, position),
      })),
      ...changes.erased.keys.map(erased => ({
        key: erased.key,
        version: documentVersion(erased.position, 'erased'),
        document: erasedDocument(erased),
      })),
    ],
    erasedSpans: erasedSpanWrites(changes.erased.spans),
  }
}

/**
 * Makes the document when the store asks for it. All those of a large batch at once would outlive the collector's
 * young generation, which costs more than to make them.
 */
class SessionWrite implements DocumentWrite<SessionDocument> {
  readonly key: SessionKey
  readonly version: number
  readonly #open: OpenSession
  readonly #nowMs: number
  readonly #settings: PipelineSettings

  constructor(open: OpenSession, nowMs: number, settings: PipelineSettings) {
    this.key = open.key
    this.version = documentVersion(open.session.position, open.status)
    this.#open = open
    this.#nowMs = nowMs
    this.#settings = settings
  }

  get document(): SessionDocument {
    const { session, status } = this.#open
    return sessionDocument(session, this.key, status, this.#nowMs, this.#settings)
  }
}

function erasedSpanWrites(spans: readonly ErasedSpan[]): AnyWrite[][] {
  const writes = spans.map(span => ({
    ...erasedSpanDocument(span),
    version: documentVersion(span.position, 'erased'),
  }))
  return [...Map.groupBy(writes, ({ version }) => version).values()]
}

/** From a control on, the rest of the batch is one slice: what it changes is not in the store yet for a recall. */
function decodeSlice(batch: RecordBatch, from: number, size: number, settings: PipelineSettings) {
  const items: (PlacedEvent | PlacedControl)[] = []
  const deadLetters: RecordLetter[] = []
  const { partition, records } = batch
  const { topic, epoch } = settings
  let keysAstray = 0
  let end = Math.min(from + size, records.length)
  let next = from
  for (; next < end; next++) {
    const record = records[next] as SourceRecord
    const outcome = decode(record, settings.maxLatenessMs, settings.format)
    if (outcome.kind === 'dead-letter') {
      const { reason, message } = outcome
      deadLetters.push({ kind: 'record', reason, message, topic, partition, record })
      continue
    }
    const { timestamp } = record
    const offset = record.offset + 1
    if (outcome.kind === 'control') {
      const position = { topic, epoch, partition, offset, timestamp }
      items.push({ control: outcome.control, position })
      end = records.length
      continue
    }
    const { raw, time, received, clockSkewMs, format, tabIdFrom } = outcome.value
    // A file has no keys.
    if (topic !== null && !isKey(record.key, raw.tabId)) keysAstray++
    items.push({
      raw: redactEvent(raw, settings.privacy),
      time,
      received,
      clockSkewMs,
      position: { topic, epoch, partition, offset, timestamp, format, tabIdFrom },
      identity: identityHash(raw.eventId, time),
      arrival: arrivalOf(epoch, record.offset),
    })
  }
  return { items, deadLetters, keysAstray, next }
}

function sessionize(items: DecodedSlice['items'], sessions: PartitionSessions, tally: Tally): void {
  for (const item of items) {
    if ('control' in item) {
      if (isErase(item)) sessions.erase(item)
      else if (isRepair(item)) sessions.repair(item)
      tally.controls++
      continue
    }
    switch (sessions.apply(item)) {
      case 'applied':
        tally.applied++
        break
      case 'duplicate':
        tally.duplicates++
        break
      case 'already-applied':
        tally.alreadyApplied++
        break
    }
  }
}
