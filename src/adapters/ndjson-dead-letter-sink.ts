import { isUtf8 } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import type { DeadLetter, DeadLetterSink } from '../ports/dead-letter-sink.ts'
import { cutFromHeader } from './ndjson-lines.ts'
import { outputError } from './ndjson-output.ts'

class NdjsonDeadLetterSink implements DeadLetterSink {
  readonly #path: string
  #file: Promise<FileHandle> | null = null

  constructor(path: string) {
    this.#path = path
  }

  async send(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return
    try {
      this.#file ??= openAtLineStart(this.#path)
      const file = await this.#file
      await file.appendFile(letters.map(letter => `${lineOf(letter)}\n`).join(''))
      await sync(file)
    } catch (error) {
      throw outputError(this.#path, error)
    }
  }

  async close(): Promise<void> {
    const file = await this.#file?.catch(() => null)
    this.#file = null
    await file?.close()
  }
}

/**
 * Dead letters as lines that are added to a file: `kind`, `reason`, `message`, `partition`, `offset` (the
 * line, from 0), `timestamp`, and the record as `value`, or as `value_base64` where it is not UTF-8. Of an
 * overlong line only the beginning is kept, and `cut_from_bytes` tells how long it was. The file is begun with
 * the first letter.
 */
export const ndjsonDeadLetterSink = (path: string): DeadLetterSink => new NdjsonDeadLetterSink(path)

/** Counts letters, with the first message of each reason, and hands them on to another sink if there is one. */
export class CountingDeadLetterSink implements DeadLetterSink {
  readonly reasons = new Map<string, { count: number; readonly example: string }>()
  readonly #next: DeadLetterSink | null

  constructor(next: DeadLetterSink | null = null) {
    this.#next = next
  }

  async send(letters: readonly DeadLetter[]): Promise<void> {
    await this.#next?.send(letters)
    for (const letter of letters) {
      const known = this.reasons.get(letter.reason)
      if (known !== undefined) known.count++
      else this.reasons.set(letter.reason, { count: 1, example: exampleOf(letter) })
    }
  }

  async close(): Promise<void> {
    await this.#next?.close()
  }
}

function exampleOf(letter: DeadLetter): string {
  return letter.kind === 'record'
    ? `line ${letter.record.offset + 1}: ${letter.message}`
    : `document ${letter.document.id}`
}

/** A crash may have left half a line: the next letter begins on one of its own. */
async function openAtLineStart(path: string): Promise<FileHandle> {
  const file = await open(path, 'a+')
  const { size } = await file.stat()
  if (size === 0) return file
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  if (buffer[0] !== 0x0a) await file.appendFile('\n')
  return file
}

/** A pipe or a device cannot be synced, and needs not. */
async function sync(file: FileHandle): Promise<void> {
  await file.datasync().catch(error => {
    if (error.code !== 'EINVAL') throw error
  })
}

function lineOf(letter: DeadLetter): string {
  if (letter.kind === 'document') return JSON.stringify(letter)
  const { kind, reason, message, partition, record } = letter
  const { offset, timestamp, value, headers } = record
  const cut = headers[cutFromHeader]
  return JSON.stringify({
    kind,
    reason,
    message,
    partition,
    offset,
    timestamp,
    ...(cut !== undefined && { cut_from_bytes: Number(cut) }),
    ...originalOf(value),
  })
}

function originalOf(value: Uint8Array | null): { value: string | null } | { value_base64: string } {
  if (value === null) return { value: null }
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return isUtf8(bytes) ? { value: bytes.toString('utf8') } : { value_base64: bytes.toString('base64') }
}
