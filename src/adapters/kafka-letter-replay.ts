// Letters back to the topic that they came from, each once. What was sent again is remembered in the dead-letter
// topic itself, by a mark behind each letter: it outlives every process, and expires no sooner than its letter.
import type { Format } from '../core/formats/format.ts'
import type { SourceRecord } from '../ports/event-source.ts'
import type { KafkaClientSettings } from './kafka-client.ts'
import type { KafkaLetterLog } from './kafka-letter-log.ts'
import { encodeLineage } from './kafka-lineage.ts'
import { KafkaProducer } from './kafka-producer.ts'
import { replayedMessage, tooLargeFor } from './kafka-sent-again.ts'
import { markMessage, type StoredLetter } from './kafka-stored-letter.ts'

export type LetterReplayOptions = {
  readonly client: KafkaClientSettings
  readonly log: KafkaLetterLog
  /** Where they are sent. */
  readonly topic: string
  readonly deadLetterTopic: string
  /** Only letters of records of this topic. */
  readonly origin: string
  /** Only these; null for all. */
  readonly reason: string | null
  /** Only counts. */
  readonly isDryRun: boolean
  /** What these records are written in, which tells the tab; null if it was ended while it waited to know. */
  readonly formatFor: (records: readonly SourceRecord[]) => Promise<Format | null>
  readonly signal: AbortSignal
  readonly onProgress: (totals: ReplayTotals) => void
  readonly interrupted: (reason: string) => void
}

/** What became of the letters that were looked at: exactly one of these each. */
export type ReplayTotals = {
  sent: number
  /** Sent in an earlier run. */
  before: number
  /** Another letter of a record that was sent just now. */
  repeats: number
  /** Of another reason. */
  otherReason: number
  documents: number
  cut: number
  /** Of records of other topics, by topic. */
  readonly elsewhere: Map<string, number>
}

/** So many are sent, then marked: what a crash sends twice at most. */
const chunkSize = 500
const patienceMs = 60_000

/**
 * Sends what is to be sent. A crash between sending and marking sends some again: of an event, that is a
 * duplicate that counts once; of what is broken still, both are the same letter.
 */
export async function replayLetters(options: LetterReplayOptions): Promise<ReplayTotals> {
  const { log, client, topic, deadLetterTopic, interrupted, signal, isDryRun, formatFor } = options
  const totals = { ...nothing, elsewhere: new Map<string, number>() }
  const done = { before: await log.replayed(), now: new Set<string>() }
  const producer = (topic: string) =>
    new KafkaProducer({ client, topic, patienceMs, shrink: tooLargeFor(topic), interrupted })
  const [events, marks] = [producer(topic), producer(deadLetterTopic)]
  let chunk: StoredLetter[] = []
  const send = async () => {
    const format = await formatFor(chunk.map(({ record }) => record))
    if (format === null) return
    if (!isDryRun) await events.send(chunk.map(letter => replayedMessage(letter, format)))
    if (!isDryRun) await marks.send(chunk.map(markMessage))
    totals.sent += chunk.length
    options.onProgress(totals)
    chunk = []
  }
  try {
    for await (const letters of log.letters()) {
      if (signal.aborted) break
      for (const letter of letters) {
        const fate = fateOf(letter, options, done)
        if (fate === 'elsewhere') totals.elsewhere.set(letter.origin.topic, countOf(totals, letter) + 1)
        else if (fate !== 'send') totals[fate]++
        else if (chunk.push(letter) === chunkSize) await send()
        if (signal.aborted) break
      }
    }
    if (!signal.aborted) await send()
    return totals
  } finally {
    await Promise.all([events.close(), marks.close()])
  }
}

const nothing = { sent: 0, before: 0, repeats: 0, otherReason: 0, documents: 0, cut: 0 }

type Fate = keyof typeof nothing | 'elsewhere' | 'send'

/** Notes what is to be sent, so that a second letter of the same record is not. */
function fateOf(
  { kind, reason, isCut, origin, lineage }: StoredLetter,
  wanted: Pick<LetterReplayOptions, 'origin' | 'reason'>,
  done: { readonly before: ReadonlySet<string>; readonly now: Set<string> },
): Fate {
  if (wanted.reason !== null && (kind === 'document' || reason !== wanted.reason)) return 'otherReason'
  if (origin.topic !== wanted.origin) return 'elsewhere'
  if (kind === 'document') return 'documents'
  if (isCut) return 'cut'
  const name = encodeLineage(lineage)
  if (done.before.has(name)) return 'before'
  if (done.now.has(name)) return 'repeats'
  done.now.add(name)
  return 'send'
}

function countOf({ elsewhere }: ReplayTotals, { origin }: StoredLetter): number {
  return elsewhere.get(origin.topic) ?? 0
}
