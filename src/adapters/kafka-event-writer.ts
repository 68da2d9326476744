import type { Message } from 'kafkajs'
import { WorkerError } from '../core/worker-error.ts'
import type { KafkaClientSettings } from './kafka-client.ts'
import { chunks, KafkaProducer } from './kafka-producer.ts'

export type KafkaEventWriterOptions = {
  readonly client: KafkaClientSettings
  readonly topic: string
  /** Requests that may be under way at once. */
  readonly concurrency?: number
  /** How long trouble is waited out, ms. */
  readonly patienceMs?: number
}

/** An event as it is written: its key is the tab id. A control without a tab names its partition. */
export type WrittenEvent = {
  readonly key: string | null
  readonly partition?: number
  readonly value: Uint8Array | string
  /** The record's timestamp, epoch ms; without it, now. */
  readonly timestamp?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Writes raw events to their topic, keyed by tab id. */
export class KafkaEventWriter {
  readonly #producer: KafkaProducer
  readonly #concurrency: number
  readonly #underWay = new Set<Promise<void>>()
  readonly #waiting: (() => void)[] = []
  #failure: { readonly error: unknown } | null = null

  constructor({ client, topic, concurrency = 4, patienceMs = 60_000 }: KafkaEventWriterOptions) {
    this.#concurrency = concurrency
    const shrink = (message: Message): never => {
      throw new WorkerError(
        'input',
        `an event of ${message.value?.length ?? 0} bytes is over the limit of topic ${topic}. Raise max.message.bytes ` +
          'of the topic, or leave the event out.',
      )
    }
    this.#producer = new KafkaProducer({ client, topic, patienceMs, shrink, interrupted: () => {} })
  }

  /**
   * Resolves when all are durable. Calls may overlap; together they have a bounded number of requests under
   * way, so events of one tab may be stored out of order, which changes no session. Rejects with the first
   * trouble that did not pass, and so do all later calls; some of the other events may have been written.
   */
  async write(events: readonly WrittenEvent[]): Promise<void> {
    const sends: Promise<void>[] = []
    for (const chunk of chunks(events.map(message))) {
      while (this.#underWay.size >= this.#concurrency) await this.#turn()
      if (this.#failure !== null) throw this.#failure.error
      const send = this.#producer.sendChunk(chunk)
      this.#track(send)
      sends.push(send)
    }
    await Promise.all(sends)
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay)
    await this.#producer.close()
  }

  #track(send: Promise<void>): void {
    this.#underWay.add(send)
    const ended = () => {
      this.#underWay.delete(send)
      this.#waiting.shift()?.()
    }
    send.then(ended, error => {
      this.#failure ??= { error }
      ended()
    })
  }

  #turn(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }
}

function message({ key, partition, value, timestamp, headers }: WrittenEvent): Message {
  return {
    key,
    value: typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    ...(partition === undefined ? {} : { partition }),
    ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
    ...(headers === undefined ? {} : { headers }),
  }
}
