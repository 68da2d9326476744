import { setTimeout as sleep } from 'node:timers/promises'
import { CompressionTypes, type IHeaders, type Message, type Producer } from 'kafkajs'
import { connectWithin, createKafka, type KafkaClientSettings, unreachable } from './kafka-client.ts'
import { endOf, isTooLarge, isTopicMissing, reasonOf, topicMissing } from './kafka-errors.ts'
import { keyPartitioner } from './kafka-partitioner.ts'

export type KafkaProducerOptions = {
  readonly client: KafkaClientSettings
  readonly topic: string
  /** How long trouble is waited out, ms; Infinity waits until `close`. */
  readonly patienceMs: number
  /** A smaller form of a message that the broker found too large. Throws if there is none. */
  readonly shrink: (message: Message) => Message
  /** Told once for each spell of trouble. */
  readonly interrupted: (reason: string) => void
}

/** kafkajs groups the messages of a request in quadratic time: 130,000 of them took 85 s. */
const maxMessages = 1_000
/** Below the broker's default limit for a batch, 1 MiB, which holds for what compression leaves of it. */
const maxBytes = 1_000_000
const messageOverhead = 80

const longestPauseMs = 8_000

/** Sends messages with a key, or a partition, to one topic. What `send` resolved is on all replicas; it may be there twice. */
export class KafkaProducer {
  readonly #options: KafkaProducerOptions
  readonly #closing = new AbortController()
  #producer: Promise<Producer> | null = null
  #trouble: string | null = null

  constructor(options: KafkaProducerOptions) {
    this.#options = options
  }

  /** What keeps a request waiting; null for nothing. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** One request at a time, in order. */
  async send(messages: readonly Message[]): Promise<void> {
    for (const chunk of chunks(messages)) await this.sendChunk(chunk)
  }

  /** One request, or more if the broker finds it too large. */
  async sendChunk(messages: Message[]): Promise<void> {
    const since = performance.now()
    for (let attempt = 0; ; attempt++) {
      this.#producer ??= this.#connect()
      const connection = this.#producer
      try {
        const { topic } = this.#options
        await (await connection).send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages })
        this.#trouble = null
        return
      } catch (error) {
        if (isTooLarge(error)) return this.#sendSmaller(messages)
        void this.#discard(connection)
        this.#refuse(error, attempt, performance.now() - since)
        if (this.#trouble === null) this.#options.interrupted(reasonOf(error))
        this.#trouble = reasonOf(error)
      }
      await this.#pause(attempt)
    }
  }

  /** Ends what waits for trouble to pass. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#discard(this.#producer)
  }

  async #sendSmaller(messages: Message[]): Promise<void> {
    const [first] = messages
    if (messages.length === 1) return this.sendChunk([this.#options.shrink(first!)])
    const half = Math.ceil(messages.length / 2)
    await this.sendChunk(messages.slice(0, half))
    await this.sendChunk(messages.slice(half))
  }

  /** Throws if there is no sense in waiting. */
  #refuse(error: unknown, attempt: number, waitedMs: number): void {
    const { client, topic, patienceMs } = this.#options
    if (isTopicMissing(error)) {
      // Once more, since a topic that was created just now is not known to every broker yet.
      if (attempt > 0) throw topicMissing(topic)
      return
    }
    const end = endOf(error, { brokers: client.brokers, topic })
    if (end !== null && end.code !== 'unreachable') throw end
    if (this.#closing.signal.aborted || waitedMs >= patienceMs) throw end ?? unreachable(client, error)
  }

  async #pause(attempt: number): Promise<void> {
    const ms = Math.min(longestPauseMs, 200 * 2 ** attempt)
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => {})
  }

  async #connect(): Promise<Producer> {
    const { client } = this.#options
    const kafka = createKafka(client)
    const producer = kafka.producer({
      // All producers of a topic must agree where a key belongs.
      createPartitioner: keyPartitioner,
      allowAutoTopicCreation: false,
      // With idempotence a lost sequence breaks the producer for good: kafkajs does not begin a new epoch.
      idempotent: false,
      retry: { retries: 3, initialRetryTime: 200 },
    })
    await connectWithin(kafka, producer, client)
    return producer
  }

  async #discard(connection: Promise<Producer> | null): Promise<void> {
    if (this.#producer === connection) this.#producer = null
    // What was sent is acknowledged; how the connection ends does not matter.
    await connection?.then(producer => producer.disconnect()).catch(() => {})
  }
}

/** Cuts messages into requests. */
export function* chunks(messages: readonly Message[]): Generator<Message[]> {
  let chunk: Message[] = []
  let bytes = 0
  for (const message of messages) {
    const size = messageBytes(message)
    if (chunk.length === maxMessages || (chunk.length > 0 && bytes + size > maxBytes)) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(message)
    bytes += size
  }
  if (chunk.length > 0) yield chunk
}

function messageBytes({ key, value, headers }: Message): number {
  return messageOverhead + byteLength(key) + byteLength(value) + headerBytes(headers ?? {})
}

/** About how many bytes headers take. */
export function headerBytes(headers: IHeaders): number {
  let bytes = 0
  for (const [name, content] of Object.entries(headers))
    for (const one of Array.isArray(content) ? content : [content]) bytes += name.length + byteLength(one) + 4
  return bytes
}

function byteLength(content: Buffer | string | null | undefined): number {
  return content == null ? 0 : Buffer.byteLength(content)
}
