// Fills a store with open sessions for the benchmarks: real ones, made by the pipeline from generated events, and
// copies of them in other tabs, since a million real ones would take longer than all that is measured.
import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { documentVersion, type SessionDocument } from '../../src/core/session-document.ts'
import { sessionKey } from '../../src/core/session-id.ts'
import { generateDefaults, generateLines } from '../../src/generate.ts'
import { openDemoLookups } from '../../src/lookups.ts'
import { processBatch } from '../../src/pipeline.ts'
import type { DocumentWrite, SessionStore } from '../../src/ports/session-store.ts'
import { partitionOf, settings } from './bench-settings.ts'

/** Sixteen minutes of a busy shop: some 30,000 visits of seven events. */
const generated = { ...generateDefaults, count: 200_000, rate: 200, tabs: 60_000 }
const chunkSize = 1000
const chunksAtOnce = 4

export type Filled = {
  readonly sessions: number
  /** Of all documents, as JSON. */
  readonly bytes: number
  /** One past the last record of each partition. */
  readonly ends: readonly number[]
  /** Epoch ms; every session is open at it. */
  readonly watermark: number
}

/** Writes `count` sessions. They have `status: active`, spread evenly over the partitions. */
export async function fillOpenSessions(
  store: SessionStore,
  count: number,
  progress: (done: number) => void,
): Promise<Filled> {
  const { originals, ends } = await realSessions()
  let bytes = 0
  let done = 0
  const write = async (from: number): Promise<void> => {
    const writes: DocumentWrite[] = []
    for (let i = from; i < Math.min(count, from + chunkSize); i++) {
      const original = originals[i % originals.length] as SessionDocument
      writes.push(copyOf(original, Math.floor(i / originals.length)))
    }
    bytes += writes.reduce((sum, { document }) => sum + Buffer.byteLength(JSON.stringify(document)), 0)
    await store.write(writes)
    done += writes.length
    progress(done)
  }
  let next = 0
  const worker = async () => {
    while (next < count) {
      const from = next
      next += chunkSize
      await write(from)
    }
  }
  await Promise.all(Array.from({ length: chunksAtOnce }, worker))
  const lastSeen = originals.map(document => Date.parse(document.lastSeen))
  return { sessions: count, bytes, ends, watermark: Math.min(...lastSeen) }
}

async function realSessions(): Promise<{ originals: SessionDocument[]; ends: number[] }> {
  const lookups = openDemoLookups()
  const records = Array.from({ length: settings.partitions }, () => [] as Buffer[])
  for (const line of generateLines(generated)) {
    const { tabId } = JSON.parse(line) as { tabId: string }
    records[partitionOf(tabId)]?.push(Buffer.from(line))
  }
  const documents: SessionDocument[] = []
  for (const [partition, values] of records.entries()) {
    const sessions = new PartitionSessions(settings, Number.NEGATIVE_INFINITY)
    const batch = {
      partition,
      firstOffset: 0,
      nextOffset: values.length,
      records: values.map((value, offset) => ({
        offset,
        timestamp: generated.startMs,
        key: null,
        value,
        headers: {},
      })),
    }
    const now = generated.startMs
    const effects = await processBatch(batch, sessions, () => null, lookups, now, settings)
    documents.push(...effects.documents.map(({ document }) => document as SessionDocument))
  }
  return { originals: shuffled(documents), ends: records.map(({ length }) => length) }
}

/** The session in another tab. The first copy is the session itself. */
function copyOf(document: SessionDocument, turn: number): DocumentWrite {
  const { metadata, source } = document
  const tabId = turn === 0 ? document.tabId : document.tabId + turn.toString(16)
  const key = sessionKey(tabId, Date.parse(metadata.time.insert), settings.gapMs)
  return {
    key,
    version: documentVersion(source, 'active'),
    document: { ...document, id: key.id, sessionTrackingToken: key.id, tabId },
  }
}

/** Partitions mixed, always in the same way: a stride that shares no factor with the length visits every place. */
function shuffled<T>(items: readonly T[]): T[] {
  const stride = 7919
  return items.map((_, i) => items[(i * stride) % items.length] as T)
}
