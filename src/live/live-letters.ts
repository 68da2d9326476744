// Dead letters for the page: how many of each reason, and the latest with the beginning of their record.
import { type Privacy, redactUrl } from '../core/privacy.ts'
import type { DeadLetter } from '../ports/dead-letter-sink.ts'
import type { Counted, Letter } from './page-messages.ts'

const kept = 20
const excerptBytes = 240
/** What is cut inside of a character, or was never text, shows as a replacement. */
const utf8 = new TextDecoder('utf-8')

/** What may be a URL, or hold one. */
const word = /[^\s"'<>\\]+/g

export class LiveLetters {
  readonly #privacy: Privacy
  readonly #reasons = new Map<string, number>()
  #latest: Letter[] = []
  #count = 0

  /** What documents must not show, the page shows of no other record either. */
  constructor(privacy: Privacy) {
    this.#privacy = privacy
  }

  add(letters: readonly DeadLetter[]): void {
    this.#count += letters.length
    for (const { reason } of letters) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
    this.#latest = [
      ...letters
        .slice(-kept)
        .map(letter => letterOf(letter, this.#privacy))
        .reverse(),
      ...this.#latest,
    ].slice(0, kept)
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

function letterOf(letter: DeadLetter, privacy: Privacy): Letter {
  if (letter.kind === 'document')
    return {
      reason: letter.reason,
      message: '',
      line: letter.document.source.offset,
      text: letter.document.id,
    }
  const { reason, message, record } = letter
  return { reason, message, line: record.offset + 1, text: excerptOf(record.value, privacy) }
}

function excerptOf(value: Uint8Array | null, { ip, redactedParameters }: Privacy): string {
  if (value === null) return ''
  // Where in what is no event there may be an address, nobody knows.
  if (ip !== 'keep') return '(not shown: IP_PRIVACY)'
  const text = utf8.decode(value.subarray(0, excerptBytes))
  return redactedParameters.size === 0 ? text : text.replace(word, one => redactUrl(one, redactedParameters))
}
