import type {
  BatchLease,
  Checkpoint,
  Committed,
  EventSource,
  SourceHandler,
  SourceRecord,
} from '../../src/ports/event-source.ts'

/** A topic in memory: records by partition, and what was committed. Outlives the sources that read it. */
export class ArrayTopic {
  readonly name: string
  readonly partitions: SourceRecord[][]
  readonly committed = new Map<number, Checkpoint>()

  constructor(partitions: number, name = 'raw-events') {
    this.name = name
    this.partitions = Array.from({ length: partitions }, () => [])
  }

  append(partition: number, value: string | Uint8Array | null, timestamp: number | null): void {
    const log = this.partitions[partition] as SourceRecord[]
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    log.push({ offset: log.length, timestamp, key: null, value: bytes, headers: {} })
  }
}

/** Reads a topic in memory from the committed offsets to the end, a batch of `batchSize()` at a time. */
export class ArrayEventSource implements EventSource {
  readonly #topic: ArrayTopic
  readonly #batchSize: () => number
  #isStopped = false

  constructor(topic: ArrayTopic, batchSize: () => number) {
    this.#topic = topic
    this.#batchSize = batchSize
  }

  async run(handler: SourceHandler): Promise<void> {
    handler.assigned([...this.#topic.partitions.keys()])
    await Promise.all(this.#topic.partitions.map((_, partition) => this.#read(partition, handler)))
  }

  async #read(partition: number, handler: SourceHandler): Promise<void> {
    const log = this.#topic.partitions[partition] as SourceRecord[]
    let at = this.#topic.committed.get(partition)?.offset ?? 0
    while (at < log.length && !this.#isStopped) {
      const records = log.slice(at, at + this.#batchSize())
      const next = at + records.length
      await handler.process(this.#lease(partition, at, next, records))
      at = next
    }
  }

  #lease(partition: number, firstOffset: number, nextOffset: number, records: SourceRecord[]): BatchLease {
    return {
      batch: { partition, firstOffset, nextOffset, records },
      isCurrent: () => true,
      commit: async checkpoint => {
        this.#topic.committed.set(partition, checkpoint)
        return 'committed'
      },
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
  }

  async describe() {
    return { topic: this.#topic.name, partitions: this.#topic.partitions.length }
  }

  async committed(partition: number): Promise<Committed> {
    const checkpoint = this.#topic.committed.get(partition)
    return { offset: checkpoint?.offset ?? null, metadata: checkpoint?.metadata ?? null }
  }

  async bounds(partition: number) {
    return { start: 0, end: (this.#topic.partitions[partition] as SourceRecord[]).length }
  }

  async timestampAt(partition: number, offset: number): Promise<number | null> {
    return this.#topic.partitions[partition]?.[offset]?.timestamp ?? null
  }
}
