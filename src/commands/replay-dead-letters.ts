import { KafkaLetterLog } from '../adapters/kafka-letter-log.ts'
import { type ReplayTotals, replayLetters } from '../adapters/kafka-letter-replay.ts'
import { requireTopic } from '../adapters/kafka-topics.ts'
import { kafkaClientOf } from './connections.ts'
import type { DeadLetterInvocation } from './dead-letter-invocation.ts'
import { counted, grouped, progressLine } from './progress.ts'
import { writtenFormat } from './written-format.ts'

/** Sends letters back, each once. Gives the exit code. */
export async function replayDeadLetters({ config, options, reason, signal }: DeadLetterInvocation) {
  const { kafkaTopic: topic, kafkaDeadLetterTopic: deadLetterTopic } = config
  const client = kafkaClientOf(config, 'sessionloom-dead-letters')
  const progress = progressLine(process.stderr)
  const waiting = (trouble: string) => {
    progress.end()
    process.stderr.write(`sessionloom: waiting for ${trouble}\n`)
  }
  const interrupted = (trouble: string) => waiting(`Kafka: ${trouble}`)
  const written = writtenFormat(config, waiting)
  const isDryRun = options.dryRun === true
  await requireTopic(client, topic)
  const log = new KafkaLetterLog({ client, topic: deadLetterTopic, interrupted })
  const stop = () => void Promise.all([log.close(), written.close()])
  signal.addEventListener('abort', stop)
  try {
    const held = await log.open()
    const totals = await replayLetters({
      client,
      log,
      topic,
      deadLetterTopic,
      origin: (options.origin as string | undefined) ?? topic,
      reason,
      isDryRun,
      formatFor: written.formatFor,
      signal,
      interrupted,
      onProgress: ({ sent }) => progress.show(`${grouped(sent)} of at most ${counted(held, 'letter')}`),
    })
    progress.end()
    process.stdout.write(report(totals, topic, isDryRun))
    if (!signal.aborted) return 0
    process.stderr.write('sessionloom: stopped before the end; run it again to go on\n')
    return 1
  } finally {
    progress.end()
    await log.close()
    await written.close()
    signal.removeEventListener('abort', stop)
  }
}

function report(totals: ReplayTotals, topic: string, isDryRun: boolean): string {
  const { sent, before, repeats, otherReason, documents, cut, elsewhere } = totals
  const lines = [`${counted(sent, 'dead letter')} ${isDryRun ? 'would be ' : ''}sent to ${topic}`]
  const rest: readonly (readonly [number, string])[] = [
    [before, 'sent in an earlier run'],
    [repeats, 'a second letter of the same record'],
    [otherReason, 'of another reason'],
    [documents, 'never sent: the full form of a document that is stored in reduced form'],
    [cut, 'never sent: the end of the value is missing, since it did not fit'],
    ...[...elsewhere].map(
      ([name, count]) =>
        [
          count,
          `from topic ${JSON.stringify(name)}: name it with --origin to send them to ${topic}`,
        ] as const,
    ),
  ]
  for (const [count, what] of rest) if (count > 0) lines.push(`  ${grouped(count)} ${what}`)
  return `${lines.join('\n')}\n`
}
