import { isUtf8 } from 'node:buffer'
import type { DeadLetter, DeadLetterSink } from '../ports/dead-letter-sink.ts'
import { appendLines } from './ndjson-output.ts'

/** Dead letters as lines of a file; values as text where they are UTF-8, else as base64. */
export function ndjsonDeadLetterSink(path: string): DeadLetterSink {
  return {
    async send(letters) {
      if (letters.length > 0) await appendLines(path, letters.map(line))
    },
    close: async () => {},
  }
}

/** Keeps no letter, only the first message of each reason and how many there were. */
export class CountingDeadLetterSink implements DeadLetterSink {
  readonly reasons = new Map<string, { count: number; readonly example: string }>()

  async send(letters: readonly DeadLetter[]): Promise<void> {
    for (const letter of letters) {
      const known = this.reasons.get(letter.reason)
      if (known !== undefined) known.count++
      else this.reasons.set(letter.reason, { count: 1, example: exampleOf(letter) })
    }
  }

  async close(): Promise<void> {}
}

function exampleOf(letter: DeadLetter): string {
  return letter.kind === 'record'
    ? `line ${letter.record.offset + 1}: ${letter.message}`
    : `document ${letter.document.id}`
}

function line(letter: DeadLetter): string {
  if (letter.kind === 'document') return JSON.stringify(letter)
  const { kind, reason, message, partition, record } = letter
  const { offset, timestamp, value } = record
  return JSON.stringify({ kind, reason, message, partition, offset, timestamp, ...originalOf(value) })
}

function originalOf(value: Uint8Array | null): { value: string | null } | { value_base64: string } {
  if (value === null) return { value: null }
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return isUtf8(bytes) ? { value: bytes.toString('utf8') } : { value_base64: bytes.toString('base64') }
}
