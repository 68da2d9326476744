// Dead letters for the page: how many of each reason, and the latest with the beginning of their record.
import type { DeadLetter } from '../ports/dead-letter-sink.ts'
import type { Counted, Letter } from './page-messages.ts'

const kept = 20
const excerptBytes = 240
/** What is cut inside of a character, or was never text, shows as a replacement. */
const utf8 = new TextDecoder('utf-8')

export class LiveLetters {
  readonly #reasons = new Map<string, number>()
  #latest: Letter[] = []
  #count = 0

  add(letters: readonly DeadLetter[]): void {
    this.#count += letters.length
    for (const { reason } of letters) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
    this.#latest = [...letters.slice(-kept).map(letterOf).reverse(), ...this.#latest].slice(0, kept)
  }

  get count(): number {
    return this.#count
  }

  get reasons(): Counted {
    return [...this.#reasons].sort((a, b) => b[1] - a[1])
  }

  /** The latest first. */
  get latest(): readonly Letter[] {
    return this.#latest
  }
}

function letterOf(letter: DeadLetter): Letter {
  if (letter.kind === 'document')
    return {
      reason: letter.reason,
      message: '',
      line: letter.document.source.offset,
      text: letter.document.id,
    }
  const { reason, message, record } = letter
  const text = record.value === null ? '' : utf8.decode(record.value.subarray(0, excerptBytes))
  return { reason, message, line: record.offset + 1, text }
}
