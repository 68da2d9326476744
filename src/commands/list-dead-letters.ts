import { KafkaLetterLog } from '../adapters/kafka-letter-log.ts'
import { encodeLineage } from '../adapters/kafka-lineage.ts'
import type { StoredLetter } from '../adapters/kafka-stored-letter.ts'
import { writeLines } from '../adapters/ndjson-output.ts'
import { kafkaClientOf } from './connections.ts'
import type { DeadLetterInvocation } from './dead-letter-invocation.ts'
import { type LetterState, letterHead, letterJson, letterRow } from './letter-lines.ts'
import { counted, grouped } from './progress.ts'

/** Prints the letters, and how many there are of each reason. Gives the exit code. */
export async function listDeadLetters({ config, options, reason, signal }: DeadLetterInvocation) {
  const topic = config.kafkaDeadLetterTopic
  const isJson = options.json === true
  const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : Number(options.limit)
  const log = new KafkaLetterLog({
    client: kafkaClientOf(config, 'sessionloom-dead-letters'),
    topic,
    interrupted: trouble => process.stderr.write(`sessionloom: waiting for Kafka: ${trouble}\n`),
  })
  const stop = () => void log.close()
  signal.addEventListener('abort', stop)
  const counts = new Map<string, number>()
  let shown = 0
  try {
    await log.open()
    const replayed = await log.replayed()
    if (!isJson) await writeLines(process.stdout, [letterHead])
    for await (const letters of log.letters()) {
      if (signal.aborted || process.stdout.destroyed) break
      const lines: string[] = []
      for (const letter of letters) {
        const state = stateOf(letter, replayed)
        const isWanted =
          (reason === null || isOf(letter, reason)) && (!options.pending || state === 'pending')
        if (!isWanted) continue
        count(counts, letter)
        if (shown === limit) continue
        shown++
        lines.push(isJson ? letterJson(letter, state) : letterRow(letter, state))
      }
      await writeLines(process.stdout, lines)
    }
  } finally {
    await log.close()
    signal.removeEventListener('abort', stop)
  }
  const closing = summary(topic, counts, shown, log.foreign)
  // Standard output holds nothing but JSON then.
  if (isJson) process.stderr.write(`${closing}\n`)
  else await writeLines(process.stdout, [closing])
  return signal.aborted ? 1 : 0
}

function stateOf(letter: StoredLetter, replayed: ReadonlySet<string>): LetterState {
  if (letter.kind === 'document' || letter.isCut) return 'never'
  return replayed.has(encodeLineage(letter.lineage)) ? 'replayed' : 'pending'
}

function isOf({ kind, reason }: StoredLetter, wanted: string): boolean {
  return kind === 'record' && reason === wanted
}

/** What is no reason of ours is not printed: a header can hold anything. */
function count(counts: Map<string, number>, { kind, reason }: StoredLetter): void {
  const name = kind === 'document' ? 'document' : /^[a-z0-9-]{1,40}$/.test(reason) ? reason : 'unknown'
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function summary(topic: string, counts: ReadonlyMap<string, number>, shown: number, foreign: number): string {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const byReason = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  const parts = byReason.map(([name, count]) => `${grouped(count)} × ${name}`)
  return [
    `${counted(total, 'dead letter')} in ${topic}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`,
    ...(shown < total ? [`${grouped(shown)} shown`] : []),
    ...(foreign > 0 ? [`${counted(foreign, 'message')} of others`] : []),
  ].join('; ')
}
