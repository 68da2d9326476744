// Dead letters in topics of a test's own, and the commands that are run on them.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { KafkaDeadLetterSink } from '../../src/adapters/kafka-dead-letter-sink.ts'
import { isReplayMark } from '../../src/adapters/kafka-stored-letter.ts'
import { decode } from '../../src/core/decode.ts'
import type { DeadLetter, RecordLetter } from '../../src/ports/dead-letter-sink.ts'
import { type Finished, sessionloom } from './command.ts'
import { kafkaClient, type TestTopic, useTopic } from './kafka-fixture.ts'
import { readAll } from './kafka-source.ts'
import type { LogRecord } from './topic-log.ts'

const killSend = join(import.meta.dirname, 'kill-send.ts')

/** An event of a tab, as a collector sends it. */
export const eventText = (id: string, tabId: string, more: object = {}): string =>
  JSON.stringify({ eventId: id, tabId, type: 'page-view', ...more })

export class LetterTopics {
  readonly source: TestTopic
  readonly letters: TestTopic

  constructor(source: TestTopic, letters: TestTopic) {
    this.source = source
    this.letters = letters
  }

  /** The letter of a record that was in the source topic at this offset. */
  letter(offset: number, value: string | Uint8Array | null, over: Partial<RecordLetter> = {}): RecordLetter {
    const record = {
      offset,
      timestamp: 1_700_000_000_000 + offset,
      key: Buffer.from(`key-${offset}`),
      value: value === null ? null : Buffer.from(value),
      headers: {},
    }
    const message = 'the value is not valid JSON'
    return {
      kind: 'record',
      reason: 'invalid-json',
      message,
      topic: this.source.name,
      partition: 0,
      record,
      ...over,
    }
  }

  async send(letters: readonly DeadLetter[]): Promise<void> {
    const sink = new KafkaDeadLetterSink({
      client: kafkaClient,
      topic: this.letters.name,
      telemetry: () => {},
    })
    await sink.send(letters)
    await sink.close()
  }

  /** `sessionloom dead-letters` with these words; killed at one of its sends. */
  run(words: readonly string[], { kill }: { kill?: string } = {}): Promise<Finished> {
    return sessionloom(['dead-letters', ...words], {
      env: {
        KAFKA_BROKERS: kafkaClient.brokers.join(','),
        KAFKA_TOPIC: this.source.name,
        KAFKA_DEAD_LETTER_TOPIC: this.letters.name,
        ...killedAt(kill),
      },
    })
  }

  async succeed(words: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(words)
    assert.equal(exitCode, 0, stderr)
    return stdout
  }

  /** What a worker does with what was sent again: what is no event becomes a letter. Gives the values of events. */
  async work(from = 0): Promise<string[]> {
    const events: string[] = []
    const letters: RecordLetter[] = []
    for (const record of (await readAll(this.source)).filter(({ offset }) => offset >= from)) {
      const outcome = decode(record, Number.POSITIVE_INFINITY)
      if (outcome.kind === 'ok') events.push(String(record.value))
      else if (outcome.kind === 'dead-letter') {
        const { reason, message } = outcome
        const { partition } = record
        letters.push({ kind: 'record', reason, message, topic: this.source.name, partition, record })
      }
    }
    await this.send(letters)
    return events
  }

  /** The marks in the letters' topic. */
  async marks(): Promise<LogRecord[]> {
    return (await readAll(this.letters)).filter(isReplayMark)
  }
}

export async function useLetterTopics(t: TestContext, partitions = 1): Promise<LetterTopics> {
  const source = await useTopic(t, partitions)
  // With less room than a letter may need.
  const letters = await useTopic(t, 2, { 'max.message.bytes': '100000' })
  return new LetterTopics(source, letters)
}

/** The environment of a process that is killed at one of its sends, such as `after:2`. */
export function killedAt(send: string | undefined): Record<string, string> {
  return send === undefined ? {} : { NODE_OPTIONS: `--import=${killSend}`, KILL_SEND: send }
}
