import { type RekeyPlan, type RekeyTotals, rekeyTopic } from '../adapters/kafka-rekey.ts'
import { requireTopic } from '../adapters/kafka-topics.ts'
import { defineCommand, type OptionValues, UsageError } from './command.ts'
import { kafkaClientOf, kafkaSettings } from './connections.ts'
import { counted, grouped, progressLine } from './progress.ts'
import { stopwatch } from './totals.ts'
import { writtenFormat, writtenFormatSettings } from './written-format.ts'

export const rekey = defineCommand({
  about:
    'Copies all that a topic holds now into another one, keyed by tab id: for a topic whose records of one tab can ' +
    'lie in several partitions, or that gets another number of them. Make the other topic with `setup` first. May be ' +
    'killed and run again: it goes on where it stopped, and what it sent twice counts once. It keeps its place in the ' +
    'group KAFKA_GROUP_ID.rekey.TOPIC.',
  settings: [...kafkaSettings, 'kafkaGroupId', ...writtenFormatSettings],
  options: [
    { flags: '--from <topic>', about: 'the topic to read' },
    { flags: '--to <topic>', about: 'the topic to write, which must be there' },
  ],
  check: topicsOf,
  async run({ config, options, signal }) {
    const { from, to } = topicsOf(options)
    const client = kafkaClientOf(config, 'sessionloom-rekey')
    await requireTopic(client, from)
    await requireTopic(client, to)
    const progress = progressLine(process.stderr)
    const took = stopwatch()
    const say = (line: string) => {
      progress.end()
      process.stderr.write(`${line}\n`)
    }
    const written = writtenFormat(config, trouble => say(`sessionloom: waiting for ${trouble}`))
    const stop = () => void written.close()
    signal.addEventListener('abort', stop)
    let plan: RekeyPlan | null = null
    try {
      const totals = await rekeyTopic({
        client,
        from,
        to,
        groupId: `${config.kafkaGroupId}.rekey.${to}`,
        formatFor: written.formatFor,
        signal,
        onPlan(made) {
          plan = made
          if (made.isResumed) say(`going on where an earlier run of ${from} to ${to} stopped`)
        },
        onProgress: copied =>
          progress.show(`${grouped(copied)} of at most ${counted(plan?.records ?? 0, 'record')}`),
        interrupted: trouble => say(`sessionloom: waiting for Kafka: ${trouble}`),
      })
      progress.end()
      process.stdout.write(report(totals, { from, to, took: took() }))
      if (!signal.aborted) return 0
      say('sessionloom: stopped before the end; run it again to go on')
      return 1
    } finally {
      progress.end()
      await written.close()
      signal.removeEventListener('abort', stop)
    }
  },
})

function topicsOf({ from, to }: OptionValues): { from: string; to: string } {
  const faults: string[] = []
  for (const [name, value] of Object.entries({ from, to }))
    if (typeof value !== 'string' || !/^[a-zA-Z0-9._-]{1,249}$/.test(value))
      faults.push(`--${name}: ${value === undefined ? 'is missing' : 'expected a topic name'}`)
  if (faults.length === 0 && from === to) faults.push('--to: must be another topic than --from')
  if (faults.length > 0) throw new UsageError(faults)
  return { from: from as string, to: to as string }
}

type Copied = { readonly from: string; readonly to: string; readonly took: string }

function report({ copied, keysChanged, expired }: RekeyTotals, { from, to, took }: Copied): string {
  const lines = [
    `${counted(copied, 'record')} copied from ${from} to ${to} in ${took}, ${grouped(keysChanged)} of them with another key`,
  ]
  if (expired > 0)
    lines.push(
      `${counted(expired, 'record')} expired before they could be copied: stay with the INDEX_PREFIX that holds their ` +
        'sessions; a rebuild from the copy would lack them',
    )
  return `${lines.join('\n')}\n`
}
