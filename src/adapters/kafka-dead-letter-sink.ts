import type { DeadLetter, DeadLetterSink } from '../ports/dead-letter-sink.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { KafkaClientSettings } from './kafka-client.ts'
import { cutLetter, letterMessage } from './kafka-letter.ts'
import { KafkaProducer } from './kafka-producer.ts'

export type KafkaDeadLetterSinkOptions = {
  readonly client: KafkaClientSettings
  readonly topic: string
  readonly telemetry: Telemetry
}

/** Dead letters in a Kafka topic. Nothing is dropped: trouble is waited out, and what is too large is cut. */
export class KafkaDeadLetterSink implements DeadLetterSink {
  readonly #producer: KafkaProducer

  constructor({ client, topic, telemetry }: KafkaDeadLetterSinkOptions) {
    this.#producer = new KafkaProducer({
      client,
      topic,
      patienceMs: Number.POSITIVE_INFINITY,
      shrink: cutLetter,
      interrupted: reason => telemetry({ kind: 'SourceInterrupted', reason: `dead letters: ${reason}` }),
    })
  }

  get waitsFor(): string | null {
    return this.#producer.trouble
  }

  send(letters: readonly DeadLetter[]): Promise<void> {
    return this.#producer.send(letters.map(letterMessage))
  }

  close(): Promise<void> {
    return this.#producer.close()
  }
}
