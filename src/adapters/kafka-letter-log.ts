import type { KafkaClientSettings } from './kafka-client.ts'
import { KafkaLogReader } from './kafka-log-reader.ts'
import { type Span, scanAll, spansOf } from './kafka-scan.ts'
import { readLetter, type StoredLetter } from './kafka-stored-letter.ts'

export type LetterLogOptions = {
  readonly client: KafkaClientSettings
  readonly topic: string
  /** Told once for each spell of trouble with the broker. */
  readonly interrupted: (reason: string) => void
}

/** All letters that the dead-letter topic held at one moment, and which of them were sent again. */
export class KafkaLetterLog {
  readonly #reader: KafkaLogReader
  #spans: readonly Span[] = []
  /** Messages that nobody of ours wrote. */
  foreign = 0

  constructor(options: LetterLogOptions) {
    this.#reader = new KafkaLogReader(options)
  }

  /** Reads where the topic ends now. Gives how many messages that makes, at most. */
  async open(): Promise<number> {
    this.#spans = await spansOf(this.#reader)
    return this.#spans.reduce((sum, { from, end }) => sum + end - from, 0)
  }

  /** The lineages of all letters that were sent again. */
  async replayed(): Promise<Set<string>> {
    const lineages = new Set<string>()
    for await (const { partition, records } of scanAll(this.#reader, this.#spans))
      for (const record of records) {
        const letter = readLetter(partition, record)
        if (letter?.kind === 'mark') lineages.add(letter.lineage)
      }
    return lineages
  }

  /** Some letters after the other, in the order of their partitions. */
  async *letters(): AsyncGenerator<StoredLetter[]> {
    this.foreign = 0
    for await (const { partition, records } of scanAll(this.#reader, this.#spans)) {
      const letters: StoredLetter[] = []
      for (const record of records) {
        const letter = readLetter(partition, record)
        if (letter === null) this.foreign++
        else if (letter.kind !== 'mark') letters.push(letter)
      }
      yield letters
    }
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}
