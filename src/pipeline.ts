// The product in one chain: decode → recall → sessionize → enrich → document.
import { arrivalOf, identityHash } from './core/dedupe-window.ts'
import { enrichSession, type Lookups } from './core/enrichment/enrich-session.ts'
import type { LateSpan, PartitionSessions } from './core/partition-sessions.ts'
import { type Privacy, redactEvent } from './core/privacy.ts'
import { decode } from './core/raw-event.ts'
import type { PlacedEvent } from './core/session.ts'
import { documentVersion, redirectDocument, sessionDocument } from './core/session-document.ts'
import type { RecordLetter } from './ports/dead-letter-sink.ts'
import type { RecordBatch } from './ports/event-source.ts'
import type { DocumentWrite } from './ports/session-store.ts'

export type PipelineSettings = {
  /** The topic's name; null for a file. */
  readonly topic: string | null
  readonly epoch: number
  /** Infinity for no limit. */
  readonly maxLatenessMs: number
  readonly timeZone: string
  readonly privacy: Privacy
}

/** Every record is exactly one of these. */
export type Tally = { applied: number; duplicates: number; alreadyApplied: number; deadLetters: number }

/** What must be written, in this order; dead letters follow, then the commit. */
export type BatchEffects = {
  readonly documents: readonly DocumentWrite[]
  readonly redirects: readonly DocumentWrite[]
  readonly deadLetters: readonly RecordLetter[]
  readonly tally: Tally
}

/** Brings the stored sessions that late events may touch back into memory. */
export type Recall = (spans: readonly LateSpan[], sessions: PartitionSessions) => Promise<void>

/** Everything that one batch does to the sessions of its partition, short of the effects. */
export async function processBatch(
  batch: RecordBatch,
  sessions: PartitionSessions,
  recall: Recall,
  lookups: Lookups,
  nowMs: number,
  settings: PipelineSettings,
): Promise<BatchEffects> {
  const { events, deadLetters } = decodeBatch(batch, settings)
  await recall(sessions.lateSpans(events), sessions)
  const tally = sessionize(events, sessions)
  tally.deadLetters = deadLetters.length
  return { ...closeAndDocument(sessions, lookups, nowMs, settings), deadLetters, tally }
}

/** The documents of all that changed, once the sessions that the watermark has passed are closed. */
export function closeAndDocument(
  sessions: PartitionSessions,
  lookups: Lookups,
  nowMs: number,
  settings: PipelineSettings,
): Pick<BatchEffects, 'documents' | 'redirects'> {
  sessions.close()
  const changes = sessions.changes()
  for (const { session } of changes.sessions) enrichSession(session, lookups)
  return {
    documents: changes.sessions.map(({ session, key, status }) => ({
      key,
      version: documentVersion(session.position, status),
      document: sessionDocument(session, key, status, nowMs, settings),
    })),
    redirects: changes.redirects.map(({ tabId, from, into, position }) => ({
      key: from,
      version: documentVersion(position, 'merged'),
      document: redirectDocument(tabId, from, into.key, position),
    })),
  }
}

function decodeBatch(batch: RecordBatch, settings: PipelineSettings) {
  const events: PlacedEvent[] = []
  const deadLetters: RecordLetter[] = []
  const { partition } = batch
  const { topic, epoch } = settings
  for (const record of batch.records) {
    const outcome = decode(record, settings.maxLatenessMs)
    if (outcome.kind === 'dead-letter') {
      const { reason, message } = outcome
      deadLetters.push({ kind: 'record', reason, message, topic, partition, record })
      continue
    }
    const { raw, time, received, clockSkewMs } = outcome.value
    const position = { topic, epoch, partition, offset: record.offset + 1, timestamp: record.timestamp }
    const identity = identityHash(raw.eventId, time)
    events.push({
      raw: redactEvent(raw, settings.privacy),
      time,
      received,
      clockSkewMs,
      position,
      identity,
      arrival: arrivalOf(epoch, record.offset),
    })
  }
  return { events, deadLetters }
}

function sessionize(events: readonly PlacedEvent[], sessions: PartitionSessions): Tally {
  const tally: Tally = { applied: 0, duplicates: 0, alreadyApplied: 0, deadLetters: 0 }
  for (const event of events) {
    switch (sessions.apply(event)) {
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
  return tally
}
