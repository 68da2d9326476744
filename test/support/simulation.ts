// Runs the real worker and pipeline under a seeded schedule of crashes, freezes, zombies, rebalances, lost
// and rewound commits, searches that are not atomic, and a switch of epochs; then compares with the batch.

import { conversionRules } from '../../src/core/conversions.ts'
import { attributionLookup } from '../../src/core/enrichment/attribution.ts'
import { unknownDevice } from '../../src/core/enrichment/device.ts'
import { noGeo } from '../../src/core/enrichment/geo.ts'
import { nativeFormat } from '../../src/core/formats/native.ts'
import { isRedirect } from '../../src/core/session-document.ts'
import type { SourceRecord } from '../../src/ports/event-source.ts'
import type { WorkerEvent } from '../../src/ports/telemetry.ts'
import { Worker } from '../../src/worker.ts'
import { type Random, seededRandom } from './seeded-random.ts'
import { base, batch, describe, type Event, encoded, gapMs, type Log } from './simulated-log.ts'
import { SimulatedSource, SimulatedStore, type SimulatedTopic, type Step } from './simulated-world.ts'
import { storeAll } from './store-all.ts'

export type SimulationOptions = {
  /** Whether the log repeats events. They hide double application, so there are runs without. */
  readonly duplicates: boolean
  /** Whether the log goes on in a new topic with the next epoch. */
  readonly epochs: boolean
  /** Whether profiles are erased in between. */
  readonly erasures: boolean
  /** Whether tabs are repaired in between: without damage, that changes nothing. */
  readonly repairs: boolean
}

export type SimulationResult = {
  readonly seed: number
  readonly failure: string | null
  readonly faults: number
  readonly recalls: number
  readonly merges: number
}

/** Small, as `gapMs` is. */
const allowedLatenessMs = 5

type Process = {
  readonly source: SimulatedSource
  readonly worker: Worker
  state: 'alive' | 'frozen' | 'dead'
  error: unknown
}
type Waiting = { readonly process: Process; readonly go: () => void }

export async function simulate(seed: number, options: SimulationOptions): Promise<SimulationResult> {
  return new Simulation(seed, options).run()
}

class Simulation {
  readonly #seed: number
  readonly #options: SimulationOptions
  readonly #random: Random
  readonly #store: SimulatedStore
  readonly #events: Event[] = []
  readonly #logs: Log[] = []
  #topic: SimulatedTopic
  #clock = base
  #waiting: Waiting[] = []
  readonly #processes: Process[] = []
  #faultsLeft: number
  #faults = 0
  #recalls = 0
  #failure: string | null = null

  constructor(seed: number, options: SimulationOptions) {
    this.#seed = seed
    this.#options = options
    this.#random = seededRandom(seed)
    this.#store = new SimulatedStore(this.#random)
    this.#faultsLeft = this.#random.below(7)
    this.#topic = this.#newTopic(0)
  }

  async run(): Promise<SimulationResult> {
    this.#start(this.#everyPartition())
    await this.#live()
    if (this.#options.epochs && this.#failure === null) {
      this.#switchEpoch()
      await this.#live()
    }
    await this.#finishZombies()
    for (const process of this.#processes) process.state = 'dead'
    this.#start(this.#everyPartition())
    this.#faultsLeft = 0
    await this.#live()
    this.#failure ??= this.#compare()
    const merges = this.#store.live().filter(document => document.operation.merge.length > 0).length
    return { seed: this.#seed, failure: this.#failure, faults: this.#faults, recalls: this.#recalls, merges }
  }

  /** A log of few tabs and close times, a third of it late; tabs keep their partition. */
  #newTopic(epoch: number): SimulatedTopic {
    const random = this.#random
    const tabs = 1 + random.below(3)
    const partitions = 1 + random.below(2)
    const logs = Array.from({ length: partitions }, (): Log => ({ epoch, entries: [] }))
    const length = 4 + random.below(this.#options.epochs ? 14 : 30)
    for (let i = 0; i < length; i++) {
      const event = this.#nextEvent(tabs)
      const { entries } = logs[(event.tab.charCodeAt(1) + epoch) % partitions] as Log
      entries.push(event)
      if (this.#options.erasures && random.chance(0.12))
        entries.push({ profile: `p${random.below(2)}`, tab: random.chance(0.3) ? event.tab : null })
      if (this.#options.repairs && random.chance(0.12)) entries.push({ repaired: event.tab })
    }
    this.#logs.push(...logs)
    return {
      name: `topic-${epoch}`,
      epoch,
      partitions: logs.map(recordsOf),
      committed: new Map(),
      owners: new Map(),
    }
  }

  #nextEvent(tabs: number): Event {
    const random = this.#random
    if (this.#options.duplicates && this.#events.length > 0 && random.chance(0.12))
      return random.pick(this.#events)
    this.#clock += random.below(8)
    const time = Math.max(base, this.#clock - (random.chance(0.35) ? random.below(60) : 0))
    const tab = `t${random.below(tabs)}`
    const profile = this.#options.erasures && random.chance(0.4) ? `p${random.below(2)}` : null
    const event = { id: `e${this.#events.length}`, tab, time, profile }
    this.#events.push(event)
    return event
  }

  /** Effects, deliveries and faults in random order, until the log is read and committed and nothing waits. */
  async #live(): Promise<void> {
    for (let turn = 0; this.#failure === null; turn++) {
      if (turn > 20_000) this.#failure = 'stuck'
      await new Promise(setImmediate)
      this.#refuseErrors()
      const moves = this.#moves()
      if (moves.length === 0) {
        if (!this.#isCommitted()) this.#restartUncommitted()
        else if (this.#faultsLeft > 0 && this.#random.chance(0.5)) this.#fault()
        else return
        continue
      }
      if (this.#faultsLeft > 0 && this.#random.chance(0.06)) this.#fault()
      else this.#random.pick(moves)()
    }
  }

  /** Everything that could happen next, save faults. */
  #moves(): (() => void)[] {
    const moves: (() => void)[] = []
    for (const waiting of this.#waiting) {
      const { state } = waiting.process
      if (state === 'alive' || (state === 'frozen' && this.#random.chance(0.3)))
        moves.push(() => this.#release(waiting))
    }
    for (const process of this.#processes) {
      if (process.state === 'dead' || (process.state === 'frozen' && !this.#random.chance(0.1))) continue
      for (const partition of process.source.topic.partitions.keys())
        if (process.source.canDeliver(partition))
          moves.push(() => void process.source.deliver(partition, 1 + this.#random.below(6)).catch(() => {}))
    }
    const alive = this.#processes.filter(({ state }) => state === 'alive')
    if (moves.length > 0 && alive.length > 0 && this.#random.chance(0.05)) {
      // The clock goes on in leaps: a quiet partition's watermark then passes what it may.
      this.#elapsed += 5_001
      moves.push(
        () =>
          void this.#random
            .pick(alive)
            .worker.closeQuiet()
            .catch(() => {}),
      )
    }
    return moves
  }
  #elapsed = 0

  #release(waiting: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
    waiting.go()
  }

  #start(partitions: readonly number[]): Process {
    const process = { state: 'alive' } as { -readonly [K in keyof Process]: Process[K] }
    const step: Step = () =>
      new Promise(go => process.state === 'dead' || this.#waiting.push({ process, go }))
    process.source = new SimulatedSource(this.#topic, step)
    process.worker = new Worker({
      source: process.source,
      store: this.#store.access(step),
      deadLetters: {
        send: async letters => (letters.length > 0 ? step() : undefined),
        close: async () => {},
      },
      lookups: { geo: () => noGeo, device: () => unknownDevice, attribution: attributionLookup() },
      clock: { now: () => 0, monotonic: () => this.#elapsed },
      telemetry: event => this.#hear(event),
      settings: {
        topic: this.#topic.name,
        epoch: this.#topic.epoch,
        partitions: this.#topic.partitions.length,
        gapMs,
        allowedLatenessMs,
        maxLatenessMs: Number.POSITIVE_INFINITY,
        format: nativeFormat,
        timeZone: 'UTC',
        privacy: storeAll,
        conversions: conversionRules(['conversion']),
        onDataLoss: 'stop',
        writesOpen: true,
        // None stays, a few, or all.
        closedKept: [0, 3, 1_000][this.#seed % 3] as number,
        sliceSizes: { usual: 1 + (this.#seed % 4), afterRecall: 1 + (this.#seed % 5) },
      },
    })
    process.worker.run().catch(error => {
      process.error = error
    })
    this.#processes.push(process)
    this.#give(process, partitions)
    return process
  }

  /** The group gives these partitions to the process, and takes them from whoever had them. */
  #give(process: Process, partitions: readonly number[]): void {
    const { owners } = this.#topic
    const losers = new Set(partitions.map(partition => owners.get(partition)))
    for (const partition of partitions) owners.set(partition, process.source)
    const ownedBy = (source: SimulatedSource) =>
      [...owners].filter(([, owner]) => owner === source).map(([partition]) => partition)
    for (const other of this.#processes)
      if (other !== process && other.state === 'alive' && losers.has(other.source))
        other.source.assign(ownedBy(other.source))
    process.source.assign(ownedBy(process.source))
  }

  #fault(): void {
    this.#faultsLeft--
    this.#faults++
    const random = this.#random
    const victim = random.pick(
      this.#processes.filter(({ state, source }) => state === 'alive' && source.topic === this.#topic),
    )
    const partitions = [...this.#topic.owners]
      .filter(([, owner]) => owner === victim.source)
      .map(([partition]) => partition)
    const kind = random.below(10)
    if (kind < 4) this.#kill(victim)
    else if (kind < 8) victim.state = 'frozen'
    if (random.chance(0.15)) this.#topic.committed.delete(random.pick(this.#everyPartition()))
    else if (random.chance(0.2)) this.#rewind(random.pick(this.#everyPartition()))
    this.#reassign(victim, partitions)
  }

  /** To a new process, or to one that is there: perhaps one that had them before, with what it remembers. */
  #reassign(victim: Process, partitions: readonly number[]): void {
    const others = this.#processes.filter(
      process =>
        process !== victim &&
        process.state !== 'dead' &&
        process.source.topic === this.#topic &&
        !process.error,
    )
    const heir = others.length > 0 && this.#random.chance(0.5) ? this.#random.pick(others) : null
    if (heir === null) {
      this.#start(partitions)
      return
    }
    heir.state = 'alive'
    this.#give(heir, partitions)
  }

  #kill(process: Process): void {
    process.state = 'dead'
    this.#waiting = this.#waiting.filter(waiting => waiting.process !== process)
  }

  #rewind(partition: number): void {
    const checkpoint = this.#topic.committed.get(partition)
    if (checkpoint === undefined) return
    const offset = this.#random.below(checkpoint.offset + 1)
    // An operator's reset writes no metadata of ours.
    const metadata = { ...checkpoint.metadata, epoch: -1 }
    this.#topic.committed.set(partition, { offset, metadata })
  }

  /** A partition that is read but not committed: its last batch was fenced or died. Its next owner reads it again. */
  #restartUncommitted(): void {
    for (const partition of this.#everyPartition()) {
      const end = (this.#topic.partitions[partition] as unknown[]).length
      if ((this.#topic.committed.get(partition)?.offset ?? 0) < end) this.#start([partition])
    }
  }

  #isCommitted(): boolean {
    return this.#everyPartition().every(
      partition =>
        (this.#topic.committed.get(partition)?.offset ?? 0) >=
        (this.#topic.partitions[partition] as unknown[]).length,
    )
  }

  #switchEpoch(): void {
    for (const process of this.#processes) {
      if (process.state !== 'alive') continue
      if (this.#random.chance(0.5)) process.state = 'frozen'
      else this.#kill(process)
    }
    this.#topic = this.#newTopic(this.#topic.epoch + 1)
    this.#faultsLeft = this.#random.below(5)
    this.#start(this.#everyPartition())
  }

  async #finishZombies(): Promise<void> {
    for (let turn = 0; turn < 5_000; turn++) {
      await new Promise(setImmediate)
      const waiting = this.#waiting.filter(({ process }) => process.state !== 'dead')
      if (waiting.length === 0) return
      this.#release(this.#random.pick(waiting))
    }
    this.#failure ??= 'zombies do not end'
  }

  #everyPartition(): number[] {
    return [...this.#topic.partitions.keys()]
  }

  #hear(event: WorkerEvent): void {
    if (event.kind === 'SessionsRecalled') this.#recalls++
  }

  /** Only a process left behind by an epoch's switch may end with an error. */
  #refuseErrors(): void {
    for (const process of this.#processes) {
      if (process.error === undefined || process.state === 'dead') continue
      if (process.source.topic === this.#topic)
        this.#failure ??= `a worker ended: ${String((process.error as Error).stack)}`
      this.#kill(process)
    }
  }

  #compare(): string | null {
    const want = batch(this.#logs).sort()
    const got = this.#store.live().map(describe).sort()
    if (this.#store.ambiguousVersions.length > 0)
      return `two contents under one version: ${this.#store.ambiguousVersions[0]}`
    if (want.join('\n') !== got.join('\n')) return `want\n${want.join('\n')}\ngot\n${got.join('\n')}`
    return this.#compareRedirects()
  }

  /** Every id that was absorbed leads to the live document that names it. */
  #compareRedirects(): string | null {
    const { documents } = this.#store
    for (const live of this.#store.live())
      for (const id of live.operation.merge) {
        let at = documents.get(id)?.document
        while (at !== undefined && isRedirect(at)) at = documents.get(at.merged_into)?.document
        if (at !== live && at?.id !== live.id)
          return `${id} was absorbed by ${live.id}, but leads to ${at?.id}`
      }
    const duplicates = this.#store.live().reduce((sum, { quality }) => sum + quality.duplicates, 0)
    if (!this.#options.duplicates && duplicates > 0) return `${duplicates} records were applied twice`
    return null
  }
}

function recordsOf({ epoch, entries }: Log): SourceRecord[] {
  return entries.map((entry, offset) => ({
    offset,
    timestamp: base + 1_000_000 + epoch * 1_000 + offset,
    key: null,
    value: encoded(entry),
    headers: {},
  }))
}
