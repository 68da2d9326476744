// Our own bulk writer: the client's helper drops items (design §3). Writes of all partitions share requests;
// each caller gets the results of its own documents, in their order.
import type { Client } from '@elastic/elasticsearch'
import { isSession, reducedDocument } from '../core/session-document.ts'
import type { AnyWrite } from '../ports/session-store.ts'
import { itemVerdict, requestVerdict } from './elasticsearch-bulk-errors.ts'
import {
  type BulkAnswer,
  BulkBody,
  type BulkItem,
  bulkItems,
  sendBulk,
} from './elasticsearch-bulk-request.ts'
import { describeFailure, type Failure, failureOf, refusal } from './elasticsearch-failure.ts'
import type { StoreRetry } from './elasticsearch-retry.ts'

export type BulkWrite = { readonly index: string; readonly write: AnyWrite }

export type BulkResult = { kind: 'written' } | { kind: 'stale' } | { kind: 'reduced'; reason: string }

export type BulkLimits = {
  /** Of one request. A document that is larger goes alone. */
  readonly bytes: number
  readonly documents: number
  /** Requests at once. */
  readonly requests: number
  /** How long a document waits for company, ms. */
  readonly lingerMs: number
}

const defaultLimits: BulkLimits = { bytes: 5 * 1024 * 1024, documents: 1000, requests: 3, lingerMs: 5 }

/** After so many refusals for overload the request itself may be what is too much. */
const attemptsBeforeSplit = 3

/** One call of `write`. */
type Call = {
  readonly results: BulkResult[]
  missing: number
  readonly resolve: (results: BulkResult[]) => void
  readonly reject: (error: unknown) => void
}

type Entry = {
  readonly call: Call
  readonly position: number
  readonly item: BulkItem
  /** Why the reduced form is written, null while the full one is. */
  reducedBecause: string | null
}

/** What goes into one request, and how often it was tried. The body is made again where entries have left it. */
type Parcel = { readonly entries: readonly Entry[]; readonly attempts: number; readonly body?: BulkBody }

type SentParcel = Required<Parcel>

export class ElasticsearchBulk {
  readonly #client: Client
  readonly #retry: StoreRetry
  readonly #limits: BulkLimits
  readonly #calls = new Set<Call>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #waiting: Entry[] = []
  #parcels: Parcel[] = []
  #linger: NodeJS.Timeout | undefined
  #underWay = 0
  #maxUnderWay: number
  #maxBytes: number

  constructor(client: Client, retry: StoreRetry, limits: Partial<BulkLimits> = {}) {
    this.#client = client
    this.#retry = retry
    this.#limits = { ...defaultLimits, ...limits }
    this.#maxUnderWay = this.#limits.requests
    this.#maxBytes = this.#limits.bytes
    retry.signal.addEventListener('abort', () => this.#abort(), { once: true })
  }

  /** Resolves when every document is durable, or a later version of it is. Retries what heals for ever. */
  async write(writes: readonly BulkWrite[]): Promise<BulkResult[]> {
    this.#retry.signal.throwIfAborted()
    if (writes.length === 0) return []
    const { promise, resolve, reject } = Promise.withResolvers<BulkResult[]>()
    const call: Call = { results: new Array(writes.length), missing: writes.length, resolve, reject }
    this.#calls.add(call)
    for (const [position, write] of writes.entries())
      this.#waiting.push({ call, position, item: { ...write }, reducedBecause: null })
    if (this.#waiting.length >= this.#limits.documents) this.#pump()
    else this.#linger ??= setTimeout(() => this.#pump(), this.#limits.lingerMs)
    return promise
  }

  #pump(): void {
    clearTimeout(this.#linger)
    this.#linger = undefined
    while (this.#underWay < this.#maxUnderWay) {
      const parcel = this.#parcels.shift() ?? this.#collect()
      if (parcel === undefined) return
      this.#underWay++
      void this.#send(parcel)
    }
  }

  #collect(): Parcel | undefined {
    if (this.#waiting.length === 0) return undefined
    const body = new BulkBody()
    let count = 0
    for (const { item } of this.#waiting) {
      if (count === this.#limits.documents) break
      const { length } = body
      body.append(item)
      if (count > 0 && body.length > this.#maxBytes) {
        body.truncate(length)
        break
      }
      count++
    }
    return { entries: this.#waiting.splice(0, count), attempts: 0, body }
  }

  /** Never rejects. */
  async #send(parcel: Parcel): Promise<void> {
    // A call that has failed has no use for the rest of its documents.
    const entries = parcel.entries.filter(({ call }) => this.#calls.has(call))
    if (entries.length > 0) {
      const body = entries.length === parcel.entries.length ? parcel.body : undefined
      await this.#sendAll({ ...parcel, entries, body: body ?? bodyOf(entries) })
    }
    this.#underWay--
    this.#pump()
  }

  async #sendAll(parcel: SentParcel): Promise<void> {
    try {
      this.#take(parcel, await sendBulk(this.#client, parcel.body, this.#retry.signal))
    } catch (error) {
      if (!this.#retry.signal.aborted) this.#failed(parcel, error)
    }
  }

  #take(parcel: SentParcel, answer: BulkAnswer): void {
    const { entries } = parcel
    const failures = bulkItems(answer, entries.length)
    if (this.#maxUnderWay < this.#limits.requests) this.#maxUnderWay++
    const again: Entry[] = []
    const tooLarge: Entry[] = []
    let trouble: Failure | undefined
    for (const [i, entry] of entries.entries()) {
      const failure = failures[i] ?? null
      const verdict = itemVerdict(failure)
      if (verdict !== 'retry') this.#retry.recovered(entry)
      if (failure === null || verdict === 'done') this.#settle(entry, doneResult(entry))
      else if (verdict === 'stale') this.#settle(entry, { kind: 'stale' })
      else if (verdict === 'fatal') this.#reject(entry.call, failure)
      else if (verdict === 'split' && entries.length > 1) tooLarge.push(entry)
      else if (verdict === 'retry') {
        trouble = failure
        again.push(entry)
      } else this.#reduce(entry, failure)
    }
    if (trouble !== undefined) this.#later({ entries: again, attempts: parcel.attempts }, trouble)
    if (tooLarge.length > 0) this.#parcels.push(...halves(tooLarge))
  }

  #failed(parcel: SentParcel, error: unknown): void {
    const { entries } = parcel
    const failure = failureOf(error)
    const verdict = failure && requestVerdict(failure)
    if (failure === undefined) for (const { call } of entries) this.#rejectWith(call, error)
    else if (verdict === 'fatal') for (const { call } of entries) this.#reject(call, failure)
    else if (verdict === 'retry') this.#later(parcel, failure)
    else if (entries.length === 1) this.#reduce(entries[0] as Entry, failure)
    else {
      // 413: what stands between us and the node takes less than we thought, so no later request need try.
      if (failure.isTooLarge) this.#maxBytes = Math.min(this.#maxBytes, parcel.body.length / 2)
      this.#parcels.push(...halves(entries))
    }
  }

  #later(parcel: Parcel, failure: Failure): void {
    const { entries, attempts } = parcel
    // A blocked index (flood stage) also gives 429, and no smaller request passes it.
    const isOverload = failure.status === 429 && failure.type !== 'cluster_block_exception'
    if (isOverload) this.#maxUnderWay = Math.max(1, this.#maxUnderWay >> 1)
    for (const entry of entries) this.#retry.troubled(entry, failure)
    const tried = attempts + 1
    const split = isOverload && tried % attemptsBeforeSplit === 0 && entries.length > 1
    const parcels = split ? halves(entries, tried) : [{ ...parcel, attempts: tried }]
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#parcels.push(...parcels)
      this.#pump()
    }, this.#retry.pauseMs(attempts))
    this.#timers.add(timer)
  }

  /** The document is the state, so it is stored whatever the store thinks of what users put into it. */
  #reduce(entry: Entry, failure: Failure): void {
    const { item } = entry
    const { document } = item.write
    if (entry.reducedBecause !== null || !isSession(document)) {
      this.#reject(entry.call, failure)
      return
    }
    entry.reducedBecause = describeFailure({ ...failure, status: null })
    item.write = { ...item.write, document: reducedDocument(document, entry.reducedBecause) }
    this.#parcels.push({ entries: [entry], attempts: 0 })
  }

  #settle({ call, position }: Entry, result: BulkResult): void {
    call.results[position] = result
    call.missing--
    if (call.missing > 0 || !this.#calls.delete(call)) return
    call.resolve(call.results)
  }

  #reject(call: Call, failure: Failure): void {
    this.#rejectWith(call, refusal(failure, 'documents are written'))
  }

  #rejectWith(call: Call, error: unknown): void {
    if (this.#calls.delete(call)) call.reject(error)
  }

  #abort(): void {
    clearTimeout(this.#linger)
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#waiting = []
    this.#parcels = []
    for (const call of this.#calls) this.#rejectWith(call, this.#retry.signal.reason)
  }
}

function doneResult({ reducedBecause }: Entry): BulkResult {
  return reducedBecause === null ? { kind: 'written' } : { kind: 'reduced', reason: reducedBecause }
}

function halves(entries: readonly Entry[], attempts = 0): Parcel[] {
  const middle = Math.ceil(entries.length / 2)
  const parts = [entries.slice(0, middle), entries.slice(middle)]
  return parts.filter(part => part.length > 0).map(part => ({ entries: part, attempts }))
}

function bodyOf(entries: readonly Entry[]): BulkBody {
  const body = new BulkBody()
  for (const { item } of entries) body.append(item)
  return body
}
