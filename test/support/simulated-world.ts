// A broker and a store in memory, whose every effect waits for the scheduler: between any two of them a
// process may die, freeze, come back as a zombie, or lose its partitions.

import type { ErasedSpanDocument } from '../../src/core/erased-document.ts'
import type { Position } from '../../src/core/position.ts'
import { storedPosition } from '../../src/core/restored-session.ts'
import {
  isRedirect,
  isSession,
  placeOfVersion,
  type SessionDocument,
  type StoredDocument,
} from '../../src/core/session-document.ts'
import type { SessionKey } from '../../src/core/session-id.ts'
import type {
  BatchLease,
  Checkpoint,
  Committed,
  EventSource,
  SourceHandler,
  SourceRecord,
} from '../../src/ports/event-source.ts'
import type {
  AnyWrite,
  ErasedQuery,
  LogPlace,
  ProfileQuery,
  RecallQuery,
  RestoreQuery,
  SessionStore,
  WriteResult,
} from '../../src/ports/session-store.ts'
import type { Random } from './seeded-random.ts'

/** Where a process waits before each of its effects. */
export type Step = () => Promise<void>

export type SimulatedTopic = {
  readonly name: string
  readonly epoch: number
  readonly partitions: readonly SourceRecord[][]
  readonly committed: Map<number, Checkpoint>
  /** Which process the group has given a partition to. */
  readonly owners: Map<number, SimulatedSource>
}

export class SimulatedSource implements EventSource {
  readonly #topic: SimulatedTopic
  readonly #step: Step
  readonly #ended = Promise.withResolvers<void>()
  #handler: SourceHandler | undefined
  /** What this process believes to own, and since which assignment; a zombie's belief is out of date. */
  readonly #believed = new Map<number, { at: number | null }>()
  readonly #busy = new Set<number>()

  constructor(topic: SimulatedTopic, step: Step) {
    this.#topic = topic
    this.#step = step
  }

  get topic(): SimulatedTopic {
    return this.#topic
  }

  async run(handler: SourceHandler): Promise<void> {
    this.#handler = handler
    await this.#ended.promise
  }

  async stop(): Promise<void> {
    this.#ended.resolve()
  }

  /** The group has told this process what it owns now. Positions start over from what is committed. */
  assign(partitions: readonly number[]): void {
    this.#believed.clear()
    for (const partition of partitions) this.#believed.set(partition, { at: null })
    this.#handler?.assigned(partitions)
  }

  /** Whether a batch can be delivered: owned, as it believes, and none in work. */
  canDeliver(partition: number): boolean {
    const believed = this.#believed.get(partition)
    if (believed === undefined || this.#busy.has(partition)) return false
    return (believed.at ?? this.#committedOffset(partition)) < this.#log(partition).length
  }

  get isBusy(): boolean {
    return this.#busy.size > 0
  }

  /** Delivers one batch; ends when the handler has ended. */
  async deliver(partition: number, size: number): Promise<void> {
    const believed = this.#believed.get(partition)
    if (believed === undefined) return
    const firstOffset = believed.at ?? this.#committedOffset(partition)
    const records = this.#log(partition).slice(firstOffset, firstOffset + size)
    const nextOffset = firstOffset + records.length
    this.#busy.add(partition)
    try {
      await this.#handler?.process(this.#lease(partition, believed, firstOffset, nextOffset, records))
    } finally {
      this.#busy.delete(partition)
    }
  }

  #lease(
    partition: number,
    believed: { at: number | null },
    firstOffset: number,
    nextOffset: number,
    records: SourceRecord[],
  ): BatchLease {
    const isCurrent = () => this.#believed.get(partition) === believed
    return {
      batch: { partition, firstOffset, nextOffset, records },
      isCurrent,
      commit: async checkpoint => {
        if (!isCurrent()) return 'fenced'
        await this.#step()
        // The broker knows the generation: a member that missed a rebalance is refused.
        if (this.#topic.owners.get(partition) !== this) return 'fenced'
        this.#topic.committed.set(partition, checkpoint)
        if (isCurrent()) believed.at = nextOffset
        return 'committed'
      },
    }
  }

  #log(partition: number): SourceRecord[] {
    return this.#topic.partitions[partition] as SourceRecord[]
  }

  #committedOffset(partition: number): number {
    return this.#topic.committed.get(partition)?.offset ?? 0
  }

  async describe() {
    return { topic: this.#topic.name, partitions: this.#topic.partitions.length }
  }

  async committed(partition: number): Promise<Committed> {
    await this.#step()
    const checkpoint = this.#topic.committed.get(partition)
    return { offset: checkpoint?.offset ?? null, metadata: checkpoint?.metadata ?? null }
  }

  async bounds(partition: number) {
    await this.#step()
    return { start: 0, end: this.#log(partition).length }
  }

  async timestampAt(partition: number, offset: number): Promise<number | null> {
    await this.#step()
    return this.#log(partition)[offset]?.timestamp ?? null
  }
}

type Held = { readonly version: number; readonly document: AnyWrite['document'] }

/** What all processes share: documents, and which of them a search can see. */
export class SimulatedStore {
  readonly documents = new Map<string, Held>()
  #visible = new Map<string, Held>()
  readonly #random: Random
  /** Writes that carried one version and another content: versions must tell contents apart. */
  readonly ambiguousVersions: string[] = []

  constructor(random: Random) {
    this.#random = random
  }

  refresh(): void {
    this.#visible = new Map(this.documents)
  }

  #refreshShard(shard: number): void {
    for (const [id, held] of this.documents) if (shardOf(id) === shard) this.#visible.set(id, held)
  }

  live(): SessionDocument[] {
    return [...this.documents.values()].map(({ document }) => document).filter(isSession)
  }

  put({ key, version, document }: AnyWrite): WriteResult {
    const held = this.documents.get(key.id)
    if (held !== undefined && held.version > version)
      return { kind: 'stale', stored: positionOf(held, document.source.partition) }
    if (held?.version === version && contentOf(held.document) !== contentOf(document))
      this.ambiguousVersions.push(`${contentOf(held.document)} ≠ ${contentOf(document)}`)
    this.documents.set(key.id, { version, document: JSON.parse(JSON.stringify(document)) })
    return { kind: 'written' }
  }

  /** What a process sees of the store. */
  access(step: Step): SessionStore {
    const store = this
    return {
      async write(writes) {
        const results: WriteResult[] = []
        for (const i of store.#random.shuffle([...writes.keys()])) {
          await step()
          results[i] = store.put(writes[i] as AnyWrite)
        }
        return results
      },
      async *restore(query: RestoreQuery) {
        await step()
        store.refresh()
        for await (const page of store.#scan(document => matchesRestore(document, query), step)) yield page
      },
      async recall(query: RecallQuery) {
        await step()
        if (query.fresh) store.refresh()
        const found: StoredDocument[] = []
        for await (const page of store.#scan(document => matchesRecall(document, query), step))
          found.push(...page)
        return found
      },
      async ofProfiles(query: ProfileQuery) {
        await step()
        store.refresh()
        const found: StoredDocument[] = []
        for await (const page of store.#scan(document => matchesProfile(document, query), step))
          found.push(...page)
        return found
      },
      async erasedSpans({ partition, after }: ErasedQuery) {
        await step()
        store.refresh()
        const isWanted = (document: Held['document']) =>
          isErased(document) && 'tabId' in document && document.source.partition === partition
        const all = [...store.#visible.values()].map(({ document }) => document).filter(isWanted)
        return copy(all.filter(document => isAfter(document, after))) as ErasedSpanDocument[]
      },
      async get(keys: readonly SessionKey[]) {
        await step()
        return keys.map(({ id }) => {
          const document = store.documents.get(id)?.document
          return document !== undefined && isStored(document) ? copy(document) : null
        })
      },
      async summary() {
        await step()
        const live = store.live()
        const all = [...store.documents.values()]
        return {
          latestLastSeen:
            live.length === 0 ? null : Math.max(...live.map(({ lastSeen }) => Date.parse(lastSeen))),
          latestEpoch:
            all.length === 0 ? null : Math.max(...all.map(({ version }) => placeOfVersion(version).epoch)),
        }
      },
      async latestPosition(partition, epoch) {
        await step()
        const positions = [...store.documents.values()]
          .map(held => positionOf(held, -1))
          .filter(position => position.partition === partition && position.epoch === epoch)
        return positions.reduce<(typeof positions)[number] | null>(
          (max, position) => (max === null || position.offset > max.offset ? position : max),
          null,
        )
      },
      async close() {},
    }
  }

  /** One search: shard after shard, not atomic, and each may have been refreshed by itself meanwhile. */
  async *#scan(matches: (document: StoredDocument) => boolean, step: Step) {
    for (const shard of this.#random.shuffle([0, 1, 2])) {
      const page: StoredDocument[] = []
      if (this.#random.chance(0.3)) this.#refreshShard(shard)
      for (const [id, { document }] of this.#visible)
        if (shardOf(id) === shard && isStored(document) && matches(document)) page.push(copy(document))
      yield page
      await step()
    }
  }
}

const shardOf = (id: string): number => id.charCodeAt(0) % 3
const isErased = ({ metadata }: Held['document']): boolean => metadata.status === 'erased'
const isStored = (document: Held['document']): document is StoredDocument => !isErased(document)

/** An erased document keeps its version alone; its partition is that of the writer who meets it. */
function positionOf({ document, version }: Held, partition: number): Position {
  if (document.source !== undefined) return storedPosition(document)
  return { topic: null, partition, timestamp: null, ...placeOfVersion(version) }
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value))

function matchesRestore(document: StoredDocument, query: RestoreQuery): boolean {
  if (document.source.partition !== query.partition) return false
  if (isRedirect(document)) return query.redirectsAfter !== null && isAfter(document, query.redirectsAfter)
  return document.metadata.status === 'active' || Date.parse(document.lastSeen) >= query.lastSeenFrom
}

function matchesRecall(document: StoredDocument, query: RecallQuery): boolean {
  if (isRedirect(document))
    return (
      query.ranges.some(range => range.tabId === document.tabId) && isAfter(document, query.redirectsAfter)
    )
  const start = Date.parse(document.metadata.time.insert)
  const end = Date.parse(document.lastSeen)
  return query.ranges.some(range => range.tabId === document.tabId && start <= range.to && end >= range.from)
}

function matchesProfile(document: StoredDocument, query: ProfileQuery): boolean {
  if (document.source.partition !== query.partition) return false
  if (isRedirect(document)) return isAfter(document, query.redirectsAfter)
  if (document.source.epoch !== query.epoch) return false
  return document.profile !== null && query.profileIds.includes(document.profile.id)
}

function isAfter({ source }: Pick<StoredDocument, 'source'>, place: LogPlace): boolean {
  return source.epoch > place.epoch || (source.epoch === place.epoch && source.offset > place.offset)
}

/** A document's content without what tells when and how it was written. */
function contentOf(document: Held['document']): string {
  if (!isSession(document)) return ''
  const { id, activity, lastSeen, metadata, operation } = document
  return JSON.stringify([
    id,
    activity.events,
    metadata.time.insert,
    lastSeen,
    metadata.status,
    operation.merge,
  ])
}
