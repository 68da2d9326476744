import { NdjsonEventSource, openInput } from '../adapters/ndjson-event-source.ts'
import { writeLines } from '../adapters/ndjson-output.ts'
import { decode } from '../core/decode.ts'
import type { Format } from '../core/formats/format.ts'
import { formatInstant } from '../core/instant.ts'
import { rawEventSchema } from '../core/raw-event.ts'
import type { SourceRecord } from '../ports/event-source.ts'
import { defineCommand, type OptionValues, UsageError } from './command.ts'
import { formatOf, formatSettings } from './event-format.ts'
import { counted } from './progress.ts'

export const map = defineCommand({
  about:
    'Shows what EVENT_FORMAT or FIELD_MAP makes of sample records (one a line): the event, its time and where its tab id ' +
    'was, or why there is none. Writes nothing anywhere else. Exit code 1 if a line is no event.',
  settings: formatSettings,
  options: [{ flags: '--try <file>', about: 'the sample records, or - for standard input' }],
  check: pathOf,
  async run({ config, options, signal }) {
    const path = pathOf(options)
    const format = formatOf(config)
    const source = new NdjsonEventSource(path === '-' ? process.stdin : await openInput(path))
    signal.addEventListener('abort', () => void source.stop())
    const total = { lines: 0, events: 0 }
    await source.run({
      assigned: () => {},
      async process({ batch }) {
        const shown = batch.records.map(record => shownOf(record, format))
        total.lines += shown.length
        total.events += shown.filter(({ isEvent }) => isEvent).length
        await writeLines(
          process.stdout,
          shown.map(({ line }) => JSON.stringify(line)),
        )
      },
    })
    process.stderr.write(`${counted(total.lines, 'line')}, ${counted(total.events, 'event')}\n`)
    return signal.aborted || total.events < total.lines ? 1 : 0
  },
})

function pathOf({ try: path }: OptionValues): string {
  if (typeof path === 'string' && path !== '') return path
  throw new UsageError(['--try: is missing'])
}

function shownOf(record: SourceRecord, format: Format): { line: object; isEvent: boolean } {
  const line = record.offset + 1
  const outcome = decode(record, Number.POSITIVE_INFINITY, format)
  if (outcome.kind === 'dead-letter')
    return { line: { line, reason: outcome.reason, message: outcome.message }, isEvent: false }
  if (outcome.kind === 'control') return { line: { line, control: outcome.control }, isEvent: true }
  const { raw, time, tabIdFrom, format: name } = outcome.value
  // Without the fields that the contract does not know: what is not shown has gone nowhere, so a wrong name is seen.
  const event = rawEventSchema.parse(raw)
  return { line: { line, format: name, tabIdFrom, time: formatInstant(time), event }, isEvent: true }
}
