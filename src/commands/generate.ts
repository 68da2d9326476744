import { KafkaEventWriter } from '../adapters/kafka-event-writer.ts'
import { writeFileOfLines, writeLines } from '../adapters/ndjson-output.ts'
import { parseInstant } from '../core/instant.ts'
import { type GenerateOptions, generateDefaults, generateEvents, generateLines } from '../generate.ts'
import { defineCommand, type OptionValues, UsageError } from './command.ts'
import { kafkaClientOf, kafkaSettings } from './connections.ts'
import { counted, progressLine } from './progress.ts'
import { stopwatch } from './totals.ts'

const defaults = generateDefaults

export const generate = defineCommand({
  about:
    'Makes raw events of a made-up shop, for trials and benchmarks: to standard output, a file (--out) or KAFKA_TOPIC ' +
    '(--kafka). The same options give the same bytes everywhere.',
  settings: [...kafkaSettings, 'kafkaTopic'],
  options: [
    { flags: '--count <n>', about: `how many events (default: ${defaults.count})` },
    { flags: '--seed <n>', about: `another seed, another log (default: ${defaults.seed})` },
    {
      flags: '--start <time>',
      about: `arrival of the first event, ISO 8601 with offset (default: ${new Date(defaults.startMs).toISOString()})`,
    },
    { flags: '--rate <n>', about: `events per second of event time (default: ${defaults.rate})` },
    { flags: '--tabs <n>', about: `how many tabs are open at a time (default: ${defaults.tabs})` },
    {
      flags: '--late <share>',
      about: `share of late events, up to four minutes (default: ${defaults.late})`,
    },
    { flags: '--duplicates <share>', about: `share of repeats (default: ${defaults.duplicates})` },
    { flags: '--out <file>', about: 'write to this file' },
    { flags: '--kafka', about: 'write to KAFKA_TOPIC' },
  ],
  check: optionsOf,
  async run({ config, options, signal }) {
    const wanted = optionsOf(options)
    if (options.kafka !== true) {
      const lines = untilAborted(generateLines(wanted), signal)
      if (typeof options.out === 'string') await writeFileOfLines(options.out, lines)
      else await writeLines(process.stdout, lines)
      return signal.aborted ? 1 : 0
    }
    const client = kafkaClientOf(config, 'sessionloom-generate')
    const writer = new KafkaEventWriter({ client, topic: config.kafkaTopic })
    const progress = progressLine(process.stderr)
    const took = stopwatch()
    let written = 0
    try {
      for (const events of batches(untilAborted(generateEvents(wanted), signal), 1000)) {
        await writer.write(events.map(event => ({ key: event.tabId, value: JSON.stringify(event) })))
        written += events.length
        progress.show(`${counted(written, 'event')}`)
      }
    } finally {
      progress.end()
      await writer.close()
    }
    process.stderr.write(`${counted(written, 'event')} written to ${config.kafkaTopic} in ${took()}\n`)
    return signal.aborted ? 1 : 0
  },
})

function* untilAborted<T>(items: Iterable<T>, signal: AbortSignal): Generator<T> {
  for (const item of items) {
    if (signal.aborted) return
    yield item
  }
}

function* batches<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = []
  for (const item of items) {
    batch.push(item)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function optionsOf(options: OptionValues): GenerateOptions {
  const faults: string[] = []
  const number = (
    name: keyof GenerateOptions & string,
    isValid: (value: number) => boolean,
    expected: string,
  ): number => {
    const text = options[name]
    if (typeof text !== 'string') return defaults[name]
    const value = Number(text)
    if (text.trim() !== '' && isValid(value)) return value
    faults.push(`--${name}: expected ${expected}`)
    return 0
  }
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1
  const isShare = (value: number) => value >= 0 && value <= 1
  const start = typeof options.start === 'string' ? parseInstant(options.start) : defaults.startMs
  if (start === null) faults.push('--start: expected ISO 8601 with offset, such as 2026-01-05T08:00:00Z')
  if (typeof options.out === 'string' && options.kafka === true)
    faults.push('--out: not together with --kafka')
  const wanted = {
    ...defaults,
    startMs: start ?? 0,
    count: number('count', isCount, 'a whole number from 1'),
    seed: number('seed', Number.isSafeInteger, 'a whole number'),
    rate: number('rate', value => value > 0 && value <= 1e6, 'a number above 0, up to 1000000'),
    tabs: number('tabs', value => isCount(value) && value <= 16_777_216, 'a whole number from 1 to 16777216'),
    late: number('late', isShare, 'a share from 0 to 1'),
    duplicates: number('duplicates', isShare, 'a share from 0 to 1'),
  }
  if (faults.length > 0) throw new UsageError(faults)
  return wanted
}
