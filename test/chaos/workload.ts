// A seeded stream of raw events into the topic of the moment: late, out of order, repeated, merging, broken.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Message } from 'kafkajs'
import type { KafkaClientSettings } from '../../src/adapters/kafka-client.ts'
import { murmur2 } from '../../src/adapters/kafka-partitioner.ts'
import { KafkaProducer } from '../../src/adapters/kafka-producer.ts'
import { generateDefaults, generateEvents } from '../../src/generate.ts'
import { type Random, seededRandom } from '../support/seeded-random.ts'

export type WorkloadOptions = {
  readonly client: KafkaClientSettings
  readonly seed: number
  /** Event time of the first event, epoch ms. */
  readonly startMs: number
  /** Events per second. */
  readonly rate: number
}

/** Events per second of event time: it passes faster than real time. */
const eventTimeRate = 4
const pulseMs = 200
/** A quarter of an hour of event time. */
const mostHeldBack = 15 * 60 * eventTimeRate

const broken = ['', '{"broken"', '[]', '{"eventId":"e","type":"click"}', '{"eventId":"e","tabId":"t"}', null]

export class Workload {
  readonly #options: WorkloadOptions
  readonly #random: Random
  readonly #events: ReturnType<typeof generateEvents>
  #producer: KafkaProducer | null = null
  #turn: Promise<void> = Promise.resolve()
  #isPaused = true
  #isOver = false
  #now: number
  #drawn = 0
  /** Events that are on their way for long: what comes without them looks like two sessions. */
  readonly #heldBack: { readonly until: number; readonly message: Message }[] = []
  /** How many records were sent. */
  sent = 0

  constructor(options: WorkloadOptions) {
    const { seed, startMs } = options
    this.#options = options
    this.#random = seededRandom(seed)
    this.#now = startMs
    this.#events = generateEvents({
      ...generateDefaults,
      seed,
      startMs,
      count: Number.MAX_SAFE_INTEGER,
      rate: eventTimeRate,
      tabs: 150 * eventTimeRate,
      late: 0.06,
      veryLate: 0.04,
      duplicates: 0.03,
    })
  }

  /** From now on to this topic. Only while paused. */
  async into(topic: string): Promise<void> {
    await this.#producer?.close()
    this.#producer = new KafkaProducer({
      client: this.#options.client,
      topic,
      patienceMs: Number.POSITIVE_INFINITY,
      shrink: message => message,
      interrupted: () => {},
    })
  }

  /** Sends at its rate until `end`. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      const pulse = sleep(pulseMs)
      if (!this.#isPaused) await this.send((this.#options.rate * pulseMs) / 1000)
      await pulse
    }
  }

  /** Resolves when nothing is under way. */
  async pause(): Promise<void> {
    this.#isPaused = true
    await this.#turn
  }

  resume(): void {
    this.#isPaused = false
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#turn
    await this.#producer?.close()
  }

  send(count: number): Promise<void> {
    const messages = Array.from({ length: count }, () => this.#next())
    this.sent += count
    const turn = this.#turn.then(() => this.#producer!.send(messages))
    this.#turn = turn
    return turn
  }

  /**
   * One event for each partition, so much later that every other session is over. Their tab ids, whose own
   * sessions stay open.
   */
  async closeAll(partitions: number): Promise<ReadonlySet<string>> {
    const time = this.#now + 2 * 3_600_000
    const tabs = Array.from({ length: partitions }, (_, partition) => keyFor(partition, partitions))
    const messages = tabs.map(tabId => {
      const event = { eventId: 'last', tabId, type: 'click', timestamp: time, receivedAt: time }
      return { key: tabId, value: JSON.stringify(event), timestamp: String(time) }
    })
    this.sent += partitions
    await this.#turn
    await this.#producer!.send(messages)
    return new Set(tabs)
  }

  #next(): Message {
    if (this.#random.chance(0.005)) {
      const value = this.#random.pick(broken)
      return { key: `broken-${this.#random.below(1000)}`, value, timestamp: String(this.#now) }
    }
    const held = this.#heldBack.findIndex(({ until }) => until <= this.#drawn)
    if (held >= 0) return this.#heldBack.splice(held, 1)[0]!.message
    const event = this.#events.next().value
    if (event === undefined) throw new Error('the generator has ended')
    this.#drawn++
    this.#now = event.receivedAt
    const message = { key: event.tabId, value: JSON.stringify(event), timestamp: String(event.receivedAt) }
    if (!this.#random.chance(0.08)) return message
    this.#heldBack.push({ until: this.#drawn + this.#random.below(mostHeldBack), message })
    return this.#next()
  }
}

/** A key whose records go to this partition. */
function keyFor(partition: number, partitions: number): string {
  for (let i = 0; ; i++) {
    const key = `closer-${i}`
    if ((murmur2(Buffer.from(key)) & 0x7fffffff) % partitions === partition) return key
  }
}
