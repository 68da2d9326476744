// Bytes into records, one a line. As bytes: what is not UTF-8 must reach the decoder as it came.
import { maxRecordBytes } from '../core/decode.ts'
import type { RecordHeaders } from '../core/record-headers.ts'
import type { SourceRecord } from '../ports/event-source.ts'

const newline = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const tab = 0x09

/** Enough for the decoder to see that a record is too large. */
const keptBytes = maxRecordBytes + 1

/** Header of a record that is the beginning of an overlong line: how many bytes the line has. */
export const cutFromHeader = 'cut-from-bytes'

const noHeaders: RecordHeaders = {}

/** Cuts chunks into records; a record's offset is its line, counted from 0. Blank lines only count. */
export class LineReader {
  #lines = 0
  #rest: Buffer[] = []
  #restBytes = 0
  #isInLine = false
  /** Of a line that is too long: all its bytes, of which only the first are kept. */
  #cutFrom = 0

  /** The offset of the next line. */
  get nextOffset(): number {
    return this.#lines
  }

  /** The records of the lines that the chunk completes. */
  push(chunk: Buffer): SourceRecord[] {
    const records: SourceRecord[] = []
    let start = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, start)) {
      this.#take(this.#complete(chunk, start, at), records)
      start = at + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return records
  }

  /** The record of the last line, if the input does not end with a newline. */
  end(): SourceRecord[] {
    const records: SourceRecord[] = []
    if (this.#isInLine) this.#take(this.#joined(), records)
    return records
  }

  #take(line: Buffer, records: SourceRecord[]): void {
    const offset = this.#lines++
    const cutFrom = this.#cutFrom
    this.#cutFrom = 0
    if (cutFrom > 0) records.push(recordOf(offset, line, { [cutFromHeader]: String(cutFrom) }))
    else if (!isBlank(line)) records.push(recordOf(offset, withoutReturn(line), noHeaders))
  }

  #complete(chunk: Buffer, start: number, end: number): Buffer {
    if (this.#isInLine || end - start > keptBytes) {
      this.#keep(chunk.subarray(start, end))
      return this.#joined()
    }
    return chunk.subarray(start, end)
  }

  #keep(part: Buffer): void {
    this.#isInLine = true
    const room = keptBytes - Math.min(this.#restBytes, keptBytes)
    this.#restBytes += part.length
    if (room > 0) this.#rest.push(part.length > room ? part.subarray(0, room) : part)
  }

  #joined(): Buffer {
    const line = this.#rest.length === 1 ? (this.#rest[0] as Buffer) : Buffer.concat(this.#rest)
    if (this.#restBytes > keptBytes) this.#cutFrom = this.#restBytes
    this.#rest = []
    this.#restBytes = 0
    this.#isInLine = false
    return line
  }
}

function recordOf(offset: number, value: Buffer, headers: RecordHeaders): SourceRecord {
  return { offset, timestamp: null, key: null, value, headers }
}

function withoutReturn(line: Buffer): Buffer {
  return line[line.length - 1] === carriageReturn ? line.subarray(0, -1) : line
}

function isBlank(line: Buffer): boolean {
  for (let i = 0; i < line.length; i++)
    if (line[i] !== space && line[i] !== tab && line[i] !== carriageReturn) return false
  return true
}
