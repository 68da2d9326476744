// A topic into another one, keyed by tab. How far it came is committed for a group that nobody joins, and only
// for what is durable: a run that was killed is gone on with, and what it had sent already is sent twice.
import type { Message } from 'kafkajs'
import type { Format } from '../core/formats/format.ts'
import type { SourceRecord } from '../ports/event-source.ts'
import type { KafkaClientSettings } from './kafka-client.ts'
import { KafkaLogReader } from './kafka-log-reader.ts'
import { mergeByTime, type Run } from './kafka-merge.ts'
import { KafkaProducer } from './kafka-producer.ts'
import { type Span, spansOf } from './kafka-scan.ts'
import { rekeyedMessages, tooLargeFor } from './kafka-sent-again.ts'

export type RekeyOptions = {
  readonly client: KafkaClientSettings
  readonly from: string
  readonly to: string
  readonly groupId: string
  /** What these records are written in, which tells the tab; null if it was ended while it waited to know. */
  readonly formatFor: (records: readonly SourceRecord[]) => Promise<Format | null>
  readonly signal: AbortSignal
  /** Told before the first record is sent. */
  readonly onPlan: (plan: RekeyPlan) => void
  readonly onProgress: (copied: number) => void
  readonly interrupted: (reason: string) => void
}

export type RekeyPlan = {
  /** How many records there are to copy, at most. */
  readonly records: number
  /** Whether an earlier run has copied some of the topic. */
  readonly isResumed: boolean
}

export type RekeyTotals = {
  copied: number
  /** Of them, those that have another key now. */
  keysChanged: number
  /** Records that went, unread, before they could be copied. */
  expired: number
}

const chunkRecords = 1_000
const chunkBytes = 1_000_000
const patienceMs = 60_000

/** Copies what the topic holds now, save what an earlier run has copied. */
export async function rekeyTopic(options: RekeyOptions): Promise<RekeyTotals> {
  const { client, from, to, groupId, formatFor, signal, interrupted } = options
  const reader = new KafkaLogReader({ client, topic: from, groupId, interrupted })
  const target = new KafkaLogReader({ client, topic: to, interrupted })
  const producer = new KafkaProducer({ client, topic: to, patienceMs, shrink: tooLargeFor(to), interrupted })
  const endAll = () => Promise.all([reader.close(), target.close(), producer.close()])
  try {
    const { spans, expired, partitions, ...plan } = await planOf(reader, target)
    options.onPlan(plan)
    const totals: RekeyTotals = { copied: 0, keysChanged: 0, expired }
    for await (const chunk of chunksOf(mergeByTime(reader, spans))) {
      if (signal.aborted) break
      const format = await formatFor(chunk.flatMap(({ records }) => records))
      if (format === null) break
      const messages = messagesOf(chunk, partitions, format, totals)
      await copy(chunk, messages, reader, producer)
      totals.copied += chunk.reduce((sum, { records }) => sum + records.length, 0)
      options.onProgress(totals.copied)
    }
    return totals
  } finally {
    await endAll()
  }
}

/** Where each partition is gone on with. */
async function planOf(reader: KafkaLogReader, target: KafkaLogReader) {
  const [held, copies] = await Promise.all([spansOf(reader), spansOf(target)])
  // A target that was made anew holds nothing of what an earlier run has sent.
  const isNew = copies.every(({ end }) => end === 0)
  const plan = { records: 0, isResumed: false, expired: 0, spans: [] as Span[], partitions: copies.length }
  for (const { partition, from: start, end } of held) {
    const { offset } = isNew ? { offset: null } : await reader.committed(partition)
    // Beyond the end: that was another log under this name.
    const done = offset === null || offset > end ? null : offset
    const from = Math.max(start, done ?? start)
    plan.records += end - from
    plan.isResumed ||= done !== null
    plan.expired += done === null ? 0 : from - done
    plan.spans.push({ partition, from, end })
  }
  return plan
}

async function* chunksOf(runs: AsyncGenerator<Run>): AsyncGenerator<Run[]> {
  let chunk: Run[] = []
  let [records, bytes] = [0, 0]
  for await (const run of runs) {
    chunk.push(run)
    records += run.records.length
    bytes += run.records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
    if (records < chunkRecords && bytes < chunkBytes) continue
    yield chunk
    chunk = []
    records = 0
    bytes = 0
  }
  if (chunk.length > 0) yield chunk
}

function messagesOf(
  chunk: readonly Run[],
  partitions: number,
  format: Format,
  totals: RekeyTotals,
): Message[] {
  const messages: Message[] = []
  for (const { partition, records, expired } of chunk) {
    for (const record of records) {
      const made = rekeyedMessages(partition, record, partitions, format)
      if (String(made[0]?.key) !== String(record.key)) totals.keysChanged++
      messages.push(...made)
    }
    totals.expired += expired
  }
  return messages
}

/** One request after the other, so that a tab's records stay in their order; then the commit. */
async function copy(
  chunk: readonly Run[],
  messages: Message[],
  reader: KafkaLogReader,
  producer: KafkaProducer,
): Promise<void> {
  await producer.send(messages)
  await reader.commit(new Map(chunk.map(({ partition, nextOffset }) => [partition, nextOffset])))
}
