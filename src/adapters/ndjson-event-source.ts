// Newline-delimited JSON, from a file or standard input, as a log of one partition. A record's offset is its
// line, counted from 0.
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { maxRecordBytes } from '../core/raw-event.ts'
import { WorkerError } from '../core/worker-error.ts'
import type {
  BatchLease,
  Committed,
  EventSource,
  SourceHandler,
  SourceRecord,
} from '../ports/event-source.ts'

const newline = 0x0a
const carriageReturn = 0x0d
const chunkBytes = 256 * 1024
const defaultBatchBytes = 4 * 1024 * 1024

export type NdjsonSourceOptions = {
  /** A document is written once a batch in which it changed, so large batches are cheap. 4 MiB if not given. */
  readonly batchBytes?: number
  /** Told how many bytes were read so far, once a batch. */
  readonly onProgress?: (bytesRead: number) => void
}

/** A file's bytes, or a clear error. */
export async function openInput(path: string): Promise<Readable> {
  const stream = createReadStream(path, { highWaterMark: chunkBytes })
  try {
    await once(stream, 'open')
  } catch (error) {
    throw new WorkerError('input', `${path}: cannot be read: ${(error as Error).message}`, { cause: error })
  }
  return stream
}

export class NdjsonEventSource implements EventSource {
  readonly #input: Readable
  readonly #options: NdjsonSourceOptions
  #isStopped = false
  #line = 0

  constructor(input: Readable, options: NdjsonSourceOptions = {}) {
    this.#input = input
    this.#options = options
  }

  async run(handler: SourceHandler): Promise<void> {
    if (this.#isStopped) return
    handler.assigned([0])
    const splitter = new LineSplitter()
    const batchBytes = this.#options.batchBytes ?? defaultBatchBytes
    let bytesRead = 0
    let deliveredAt = 0
    let lines: Buffer[] = []
    try {
      for await (const chunk of this.#input) {
        if (this.#isStopped) return
        bytesRead += (chunk as Buffer).length
        splitter.push(chunk as Buffer, lines)
        if (bytesRead - deliveredAt < batchBytes) continue
        await this.#deliver(lines, handler)
        lines = []
        deliveredAt = bytesRead
        this.#options.onProgress?.(bytesRead)
      }
    } catch (error) {
      // `stop` closes the input under its reader.
      if (this.#isStopped && (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return
      if (error instanceof Error && 'syscall' in error)
        throw new WorkerError('input', `the input cannot be read: ${error.message}`, { cause: error })
      throw error
    }
    if (this.#isStopped) return
    splitter.end(lines)
    await this.#deliver(lines, handler)
  }

  async #deliver(lines: readonly Buffer[], handler: SourceHandler): Promise<void> {
    if (lines.length === 0) return
    const firstOffset = this.#line
    const records: SourceRecord[] = []
    for (const line of lines) {
      const value = line.at(-1) === carriageReturn ? line.subarray(0, -1) : line
      // Blank lines are no records, but keep their number.
      if (value.length > 0)
        records.push({ offset: this.#line, timestamp: null, key: null, value, headers: {} })
      this.#line++
    }
    await handler.process(this.#lease(firstOffset, records))
  }

  #lease(firstOffset: number, records: SourceRecord[]): BatchLease {
    return {
      batch: { partition: 0, records, firstOffset, nextOffset: this.#line },
      isCurrent: () => true,
      // There is no group to commit to: a second run meets the stored documents, and skips what they hold.
      commit: async () => 'committed',
    }
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

  /** How long the input is shows only at its end. */
  async bounds() {
    return { start: 0, end: Number.POSITIVE_INFINITY }
  }

  async timestampAt(): Promise<null> {
    return null
  }
}

/**
 * Cuts bytes into lines, as bytes: what is not UTF-8 must reach the decoder as it came. Of a line longer than a
 * record may be it keeps just enough for the decoder to see that.
 */
class LineSplitter {
  #rest: Buffer[] = []
  #restBytes = 0

  /** Appends the lines that the chunk completes. */
  push(chunk: Buffer, lines: Buffer[]): void {
    let start = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, start)) {
      lines.push(this.#complete(chunk.subarray(start, at)))
      start = at + 1
    }
    this.#keep(chunk.subarray(start))
  }

  /** Appends the last line, if the input does not end with a newline. */
  end(lines: Buffer[]): void {
    if (this.#rest.length > 0) lines.push(this.#complete(Buffer.alloc(0)))
  }

  #complete(tail: Buffer): Buffer {
    if (this.#rest.length === 0) return tail
    this.#keep(tail)
    const line = Buffer.concat(this.#rest)
    this.#rest = []
    this.#restBytes = 0
    return line
  }

  #keep(part: Buffer): void {
    // Two more than the limit: a carriage return may be taken off.
    const room = maxRecordBytes + 2 - this.#restBytes
    if (part.length === 0 || room <= 0) return
    const kept = part.subarray(0, room)
    this.#rest.push(kept)
    this.#restBytes += kept.length
  }
}
