// The order of effects, once: process → write documents → write redirects → dead letters → commit.
// A crash between any two of them is healed by what the next owner reads; nothing else is ever durable.
import { settingsFor } from './batch-schemas.ts'
import type { Lookups } from './core/enrichment/enrich-session.ts'
import type { PartitionSessions } from './core/partition-sessions.ts'
import { isSession } from './core/session-document.ts'
import type { SessionSettings } from './core/session-settings.ts'
import { idleWatermark } from './core/watermark.ts'
import { batchProcessed, sessionsClosed, writeTiming } from './effect-events.ts'
import { checkLog, type LogCheckSettings } from './log-checks.ts'
import { advance, newPartition, type Partition, resume, tellOfKeysAstray } from './owned-partition.ts'
import { recallFor } from './partition-recall.ts'
import { closeAndDocument, type PipelineSettings, processBatch, type StoreEffects } from './pipeline.ts'
import type { Clock } from './ports/clock.ts'
import type { DeadLetterSink, DocumentLetter } from './ports/dead-letter-sink.ts'
import type { BatchLease, CheckpointMetadata, EventSource, SourceHandler } from './ports/event-source.ts'
import type { SchemaRegistry } from './ports/schema-registry.ts'
import type { AnyWrite, SessionStore, WriteResult } from './ports/session-store.ts'
import type { Telemetry } from './ports/telemetry.ts'
import { refuseMixedLogs, restore } from './stored-sessions.ts'

export type WorkerSettings = PipelineSettings & SessionSettings & LogCheckSettings

export type WorkerParts = {
  readonly source: EventSource
  readonly store: SessionStore
  readonly deadLetters: DeadLetterSink
  readonly lookups: Lookups
  /** Where values say what they are written in; null where all are texts. */
  readonly registry?: SchemaRegistry | null
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly settings: WorkerSettings
}

/** A partition must have been read to its end for this long before its watermark follows the clock. */
const caughtUpMs = 5_000

/** What became of a batch's writes. */
type Written = { readonly letters: DocumentLetter[]; conflicts: number }

export class Worker implements SourceHandler {
  readonly #parts: WorkerParts
  readonly #partitions = new Map<number, Partition>()
  readonly #restoring = new Set<number>()
  /** Batches that have had no effect yet, and how to leave each of them. */
  readonly #waiting = new Map<BatchLease, () => void>()
  #inWork = 0
  #isStopping = false
  #failure: { readonly error: unknown } | null = null

  constructor(parts: WorkerParts) {
    this.#parts = parts
  }

  /** Runs until the source ends. Rejects with what ended it; nothing is committed after that. */
  async run(): Promise<void> {
    await this.#parts.source.run(this)
    if (this.#failure !== null) throw this.#failure.error
  }

  /** Begins nothing more, and ends `run` when what has begun is committed. */
  stop(): void {
    this.#isStopping = true
    for (const leave of this.#waiting.values()) leave()
    this.#background(this.#parts.source.stop())
  }

  /** How many batches have begun to have effects. */
  get inWork(): number {
    return this.#inWork
  }

  /** Its partitions as they are now, to be looked at. */
  get partitions(): Iterable<Readonly<Partition>> {
    return this.#partitions.values()
  }

  /** The trouble outside, or the restore, that batches wait for; null while they go on. */
  get waitsFor(): string | null {
    const { store, deadLetters, registry } = this.#parts
    if (registry?.waitsFor) return `the schema registry: ${registry.waitsFor}`
    if (store.waitsFor) return `the store: ${store.waitsFor}`
    if (deadLetters.waitsFor) return `the dead letters: ${deadLetters.waitsFor}`
    if (this.#restoring.size > 0) return `the restore of partitions ${[...this.#restoring].join(', ')}`
    return null
  }

  assigned(partitions: readonly number[]): void {
    this.#parts.telemetry({ kind: 'PartitionsAssigned', partitions })
    for (const number of this.#partitions.keys())
      if (!partitions.includes(number)) this.#partitions.delete(number)
    for (const number of partitions) {
      const partition = this.#partitions.get(number) ?? newPartition(number, this.#parts.settings.epoch)
      this.#partitions.set(number, partition)
      this.#background(this.#inTurn(partition, () => this.#reassure(partition)))
    }
  }

  async process(lease: BatchLease): Promise<void> {
    const partition = this.#partitions.get(lease.batch.partition)
    if (partition === undefined) return
    const left = Promise.withResolvers<void>()
    this.#waiting.set(lease, left.resolve)
    const turn = this.#inTurn(partition, () => this.#processBatch(partition, lease))
    // A worker that stops does not wait for a restore, which has done nothing yet.
    await Promise.race([turn, left.promise]).finally(() => this.#waiting.delete(lease))
  }

  /** On partitions that are read to their end, closes what the clock has closed. Commits nothing. */
  async closeQuiet(): Promise<void> {
    const partitions = [...this.#partitions.values()]
    await Promise.all(
      partitions.map(partition => this.#inTurn(partition, () => this.#closeQuietPartition(partition))),
    )
  }

  /** Closes every session: the end of a finite input. */
  async closeAll(): Promise<void> {
    for (const partition of this.#partitions.values())
      await this.#inTurn(partition, () => this.#close(partition, Number.POSITIVE_INFINITY))
  }

  async #processBatch(partition: Partition, lease: BatchLease): Promise<void> {
    if (!lease.isCurrent()) return
    const settings = await settingsFor(lease.batch, this.#parts.settings, this.#parts.registry ?? null)
    if (this.#isStopping || !lease.isCurrent()) return
    // Kept memory is the log's only up to the offset it expects: another owner may have gone on from there.
    if (partition.sessions === null || partition.next !== lease.batch.firstOffset)
      await this.#restore(partition)
    const { sessions } = partition
    if (sessions === null || this.#isStopping || !lease.isCurrent()) return
    this.#waiting.delete(lease)
    this.#inWork++
    await this.#applyBatch(partition, sessions, lease, settings).finally(() => this.#inWork--)
  }

  async #applyBatch(
    partition: Partition,
    sessions: PartitionSessions,
    lease: BatchLease,
    settings: WorkerSettings,
  ): Promise<void> {
    const { batch } = lease
    // Until all of it is durable, memory is ahead of the store: whatever ends this early must restore.
    partition.next = null
    partition.quiet = null
    const { lookups, store, telemetry, deadLetters, clock } = this.#parts
    const now = clock.now()
    const effects = await processBatch(
      batch,
      sessions,
      recallFor(partition, store, telemetry),
      lookups,
      now,
      settings,
    )
    if (!lease.isCurrent()) return
    const since = clock.monotonic()
    const written = await this.#write(effects)
    const timing = writeTiming(batch, since, clock)
    await deadLetters.send([...effects.deadLetters, ...written.letters])
    const outcome = await lease.commit({ offset: batch.nextOffset, metadata: this.#metadata(sessions) })
    if (outcome === 'fenced') return telemetry({ kind: 'BatchFenced', partition: partition.number })
    this.#settle(partition, sessions, now)
    advance(partition, batch)
    const erased = effects.erasedSpans.flat().length
    if (erased > 0) telemetry({ kind: 'SessionsErased', partition: partition.number, sessions: erased })
    telemetry(batchProcessed(batch, effects, written.conflicts, timing))
    tellOfKeysAstray(partition, effects.tally.keysAstray, telemetry)
  }

  /** Redirects only when all documents are acknowledged: one replaces a document that its survivor must hold. */
  async #write({ erasedSpans, documents, redirects }: StoreEffects): Promise<Written> {
    const written: Written = { letters: [], conflicts: 0 }
    for (const spans of erasedSpans) await this.#writeAll(spans, written)
    await this.#writeAll(documents, written)
    await this.#writeAll(redirects, written)
    return written
  }

  async #writeAll(writes: readonly AnyWrite[], written: Written): Promise<void> {
    if (writes.length === 0) return
    const results = await this.#parts.store.write(writes)
    for (const [i, result] of results.entries()) this.#heed(writes[i] as AnyWrite, result, written)
  }

  #heed(write: AnyWrite, result: WriteResult, written: Written): void {
    switch (result.kind) {
      case 'written':
        return
      case 'stale':
        written.conflicts++
        refuseMixedLogs(write.document.source, result.stored, this.#parts.settings.epoch)
        return
      case 'reduced': {
        const { document } = write
        this.#parts.telemetry({ kind: 'DocumentReduced', id: document.id, reason: result.reason })
        if (isSession(document)) written.letters.push({ kind: 'document', reason: result.reason, document })
        return
      }
    }
  }

  /** On assignment: memory that was kept is good if nobody has committed since. */
  async #reassure(partition: Partition): Promise<void> {
    if (!this.#isOurs(partition)) return
    if (partition.sessions !== null && partition.next !== null) {
      const { offset } = await this.#parts.source.committed(partition.number)
      if (offset === partition.next) return
    }
    await this.#restore(partition)
  }

  async #restore(partition: Partition): Promise<void> {
    partition.next = null
    this.#restoring.add(partition.number)
    try {
      await this.#readState(partition)
    } finally {
      this.#restoring.delete(partition.number)
    }
  }

  async #readState(partition: Partition): Promise<void> {
    const { source, store, settings, telemetry, clock } = this.#parts
    const since = clock.monotonic()
    const log = await checkLog(source, store, partition.number, settings)
    if (log.expired > 0)
      telemetry({ kind: 'RecordsExpired', partition: partition.number, records: log.expired })
    partition.sessions = await restore(store, partition.number, log.committed, log.place, settings)
    const offset = resume(partition, log)
    telemetry({
      kind: 'PartitionRestored',
      partition: partition.number,
      offset,
      sessions: partition.sessions.openCount,
      ms: clock.monotonic() - since,
    })
  }

  async #closeQuietPartition(partition: Partition): Promise<void> {
    const { sessions, next } = partition
    if (!this.#isOurs(partition) || sessions === null || next === null || sessions.openCount === 0) return
    const { end } = await this.#parts.source.bounds(partition.number)
    if (next < end) {
      partition.quiet = null
      return
    }
    const now = this.#parts.clock.monotonic()
    partition.quiet ??= { since: now, watermark: sessions.watermark }
    const { since, watermark } = partition.quiet
    if (now - since < caughtUpMs) return
    const { gapMs } = this.#parts.settings
    await this.#close(partition, idleWatermark(watermark, now - since, sessions.latestEnd, gapMs))
  }

  async #close(partition: Partition, watermark: number): Promise<void> {
    const { sessions, next } = partition
    if (sessions === null || next === null) return
    partition.next = null
    const { lookups, settings, telemetry, clock } = this.#parts
    const now = clock.now()
    sessions.raiseWatermark(watermark)
    const effects = closeAndDocument(sessions, lookups, now, settings)
    const { letters, conflicts } = await this.#write(effects)
    await this.#parts.deadLetters.send(letters)
    this.#settle(partition, sessions, now)
    partition.next = next
    if (effects.documents.length + effects.redirects.length > 0)
      telemetry(sessionsClosed(partition.number, effects, conflicts))
  }

  #settle(partition: Partition, sessions: PartitionSessions, now: number): void {
    if (sessions.settle(now, this.#partitions.size) > 0) partition.hasForgotten = true
  }

  #metadata({ watermark }: PartitionSessions): CheckpointMetadata {
    const { epoch, partitions } = this.#parts.settings
    return { watermark: watermark === Number.NEGATIVE_INFINITY ? null : watermark, epoch, partitions }
  }

  #isOurs(partition: Partition): boolean {
    return this.#partitions.get(partition.number) === partition
  }

  #inTurn<T>(partition: Partition, work: () => Promise<T>): Promise<T> {
    const turn = partition.tail.then(() => {
      if (this.#failure !== null) throw this.#failure.error
      return work()
    })
    partition.tail = turn.catch(error => this.#fail(error))
    return turn
  }

  #background(turn: Promise<void>): void {
    turn.catch(error => this.#fail(error))
  }

  /** The first failure ends the process; everything that has not begun is not begun any more. */
  #fail(error: unknown): void {
    if (this.#failure !== null) return
    this.#failure = { error }
    this.#background(this.#parts.source.stop())
  }
}
