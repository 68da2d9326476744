// Newline-delimited JSON, from a file or standard input, as a log of one partition.
import { once } from 'node:events'
import { createReadStream, type ReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type {
  BatchLease,
  Committed,
  EventSource,
  SourceHandler,
  SourceRecord,
} from '../ports/event-source.ts'
import { Arrivals } from './ndjson-arrivals.ts'
import { inputError } from './ndjson-input.ts'
import { LineReader } from './ndjson-lines.ts'

const chunkBytes = 256 * 1024

/** A session is written once for each batch that touches it, so small batches cost more. */
const batchRecords = 2000
const defaultBatchBytes = 1024 * 1024

export type NdjsonSourceOptions = {
  /** Told how many bytes were taken in so far, about once a batch. */
  readonly onProgress?: (bytesRead: number) => void
  /** A batch is full with this many bytes of records, or 2,000 of them. Default 1 MiB. */
  readonly batchBytes?: number
}

/** A file's bytes, or a clear error. */
export async function openInput(path: string): Promise<Readable> {
  try {
    if ((await stat(path)).isDirectory()) throw new Error('it is a folder')
    const stream = createReadStream(path, { highWaterMark: chunkBytes })
    await once(stream, 'open')
    return stream
  } catch (error) {
    throw inputError(path, error)
  }
}

export class NdjsonEventSource implements EventSource {
  readonly #input: Readable
  readonly #options: Required<NdjsonSourceOptions>
  readonly #lines = new LineReader()
  #records: SourceRecord[] = []
  #recordBytes = 0
  /** One past the last line that was given to the handler. */
  #delivered = 0
  #isStopped = false

  constructor(input: Readable, options: NdjsonSourceOptions = {}) {
    this.#input = input
    this.#options = { onProgress: () => {}, batchBytes: defaultBatchBytes, ...options }
  }

  async run(handler: SourceHandler): Promise<void> {
    handler.assigned([0])
    const arrivals = new Arrivals(this.#input)
    let bytesRead = 0
    try {
      for (;;) {
        const arrived = await arrivals.next().catch(error => {
          throw inputError(nameOf(this.#input), error)
        })
        if (arrived === null || this.#isStopped) break
        for (const chunk of arrived.chunks) {
          bytesRead += chunk.length
          await this.#collect(this.#lines.push(chunk), handler)
        }
        if (arrived.isSlow) await this.#deliver(this.#lines.nextOffset, handler)
        this.#options.onProgress(bytesRead)
      }
      if (this.#isStopped) return
      // What was cut off must not count as read to its end.
      if (!this.#input.readableEnded) throw inputError(nameOf(this.#input), 'it was closed before its end')
      await this.#collect(this.#lines.end(), handler)
      await this.#deliver(this.#lines.nextOffset, handler)
    } finally {
      this.#input.destroy()
    }
  }

  /** Adds records to the batch, and delivers it when it is full. */
  async #collect(records: readonly SourceRecord[], handler: SourceHandler): Promise<void> {
    for (const record of records) {
      this.#records.push(record)
      this.#recordBytes += record.value?.length ?? 0
      if (this.#records.length >= batchRecords || this.#recordBytes >= this.#options.batchBytes)
        await this.#deliver(record.offset + 1, handler)
    }
  }

  async #deliver(nextOffset: number, handler: SourceHandler): Promise<void> {
    if (this.#records.length === 0 || this.#isStopped) return
    const lease = leaseOf(this.#records, this.#delivered, nextOffset)
    this.#records = []
    this.#recordBytes = 0
    this.#delivered = nextOffset
    await handler.process(lease)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#input.destroy()
  }

  async describe() {
    return { topic: null, partitions: 1 }
  }

  async committed(): Promise<Committed> {
    return { offset: null, metadata: null }
  }

  /** How long the input is shows only at its end: no offset lies beyond it, and none is caught up with it. */
  async bounds() {
    return { start: 0, end: Number.POSITIVE_INFINITY }
  }

  async timestampAt(): Promise<null> {
    return null
  }
}

function leaseOf(records: readonly SourceRecord[], firstOffset: number, nextOffset: number): BatchLease {
  return {
    batch: { partition: 0, records, firstOffset, nextOffset },
    // Nobody else can own the file's partition; a batch in work goes on to its end.
    isCurrent: () => true,
    // A file has no broker to commit to: the stored documents are the state, and a second run meets them.
    commit: async () => 'committed',
  }
}

function nameOf(input: Readable): string {
  const { path } = input as Partial<ReadStream>
  return path === undefined ? 'the input' : String(path)
}
