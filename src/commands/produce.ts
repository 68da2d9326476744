import { KafkaEventWriter, type WrittenEvent } from '../adapters/kafka-event-writer.ts'
import { NdjsonEventSource, openInput } from '../adapters/ndjson-event-source.ts'
import { decode } from '../core/decode.ts'
import type { TimedEvent } from '../core/event-time.ts'
import type { Format } from '../core/formats/format.ts'
import { nativeFormat } from '../core/formats/native.ts'
import { firstTimestampHeader } from '../core/record-headers.ts'
import { WorkerError } from '../core/worker-error.ts'
import type { SourceRecord } from '../ports/event-source.ts'
import { defineCommand } from './command.ts'
import { kafkaClientOf, kafkaSettings } from './connections.ts'
import { formatOf, formatSettings } from './event-format.ts'
import { counted, progressLine } from './progress.ts'
import { stopwatch } from './totals.ts'

export const produce = defineCommand({
  about:
    'Writes events (one a line, as EVENT_FORMAT says) to KAFKA_TOPIC, keyed by tab id: the way to backfill Elasticsearch. ' +
    'An event without `receivedAt` gets the one that a replay of the file would take, so that the worker decides the ' +
    'same. A line that is no valid event is written as it is, and becomes a dead letter of the worker.',
  argument: { name: 'FILE', about: 'NDJSON file of raw events, or - for standard input' },
  settings: [...kafkaSettings, 'kafkaTopic', ...formatSettings],
  options: [],
  async run({ config, argument, signal }) {
    const writer = new KafkaEventWriter({
      client: kafkaClientOf(config, 'sessionloom-produce'),
      topic: config.kafkaTopic,
    })
    const format = formatOf(config)
    const progress = progressLine(process.stderr)
    const took = stopwatch()
    const total = { records: 0, invalid: 0 }
    const source = new NdjsonEventSource(
      argument === '-' ? process.stdin : await openInput(argument as string),
    )
    signal.addEventListener('abort', () => void source.stop())
    try {
      await source.run({
        assigned: () => {},
        async process({ batch, commit }) {
          const events = batch.records.map(record => eventOf(record, format))
          await writer.write(events.map(({ event }) => event))
          total.records += events.length
          total.invalid += events.filter(({ isValid }) => !isValid).length
          progress.show(counted(total.records, 'record'))
          await commit({ offset: batch.nextOffset, metadata: { watermark: null, epoch: 0, partitions: 1 } })
        },
      })
    } finally {
      progress.end()
      await writer.close()
    }
    const { records, invalid } = total
    say(
      `${counted(records, 'record')} read in ${took()}: ${counted(records - invalid, 'event')} written to ${config.kafkaTopic}`,
    )
    if (invalid > 0)
      say(
        `${counted(invalid, 'line')} written as they are, which will be dead letters: \`sessionloom map --try FILE\` says why`,
      )
    if (!signal.aborted) return 0
    say(
      `sessionloom: stopped before the end of ${argument}: produce it again; what was sent twice counts once`,
    )
    return 1
  },
})

const say = (line: string): void => void process.stderr.write(`${line}\n`)

function eventOf(record: SourceRecord, format: Format): { event: WrittenEvent; isValid: boolean } {
  const value = record.value as Uint8Array
  // A backfill's own lateness is the worker's to judge.
  const outcome = decode(record, Number.POSITIVE_INFINITY, format)
  if (outcome.kind === 'dead-letter')
    return { event: { key: `line-${record.offset + 1}`, value }, isValid: false }
  if (outcome.kind === 'control')
    throw new WorkerError(
      'input',
      `line ${record.offset + 1} is a control record, which must reach every partition: use \`sessionloom erase\``,
    )
  return { event: { key: outcome.value.raw.tabId, ...receivedThen(value, outcome.value) }, isValid: true }
}

/** So that the worker takes the event for received when a replay of the file would. */
function receivedThen(value: Uint8Array, event: TimedEvent): Pick<WrittenEvent, 'value' | 'headers'> {
  const { raw, received, format } = event
  if (raw.receivedAt != null) return { value }
  if (format !== nativeFormat.name) return { value, headers: { [firstTimestampHeader]: String(received) } }
  return { value: withReceivedAt(value, received) }
}

/** Adds the field to the text: everything else stays byte for byte. */
function withReceivedAt(value: Uint8Array, received: number): string {
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8').trimEnd()
  return `${text.slice(0, -1)},"receivedAt":${received}}`
}
