// What one fetch outside any group returned, as a consumer would have got it.
import { createRequire } from 'node:module'
import type { SourceRecord } from '../ports/event-source.ts'
import type { FetchedRecord } from './kafka-record-batch.ts'

const require = createRequire(import.meta.url)

/** A contiguous piece of a partition's log. */
export type Fetched = {
  readonly records: readonly SourceRecord[]
  /** Where the next fetch begins: past control records, too. */
  readonly nextOffset: number
}

/** A partition in kafkajs's answer to a fetch. */
export type PartitionAnswer = { readonly partition: number; readonly messages: readonly FetchedRecord[] }

/** Without what was aborted, control records, and what lies before the offset: the broker sends whole batches. */
export function fetchedRecords(topic: string, offset: number, answer: PartitionAnswer): Fetched {
  const Batch = require('kafkajs/src/consumer/batch')
  const { messages, messagesWithinOffset } = new Batch(topic, String(offset), answer) as {
    messages: readonly FetchedRecord[]
    messagesWithinOffset: readonly FetchedRecord[]
  }
  const last = messagesWithinOffset.at(-1)
  return {
    records: messages.map(plain),
    nextOffset: last === undefined ? offset : last.offset + 1,
  }
}

/** For those who copy records, change them and keep them. */
function plain({ offset, timestamp, key, value, headers }: FetchedRecord): SourceRecord {
  return { offset, timestamp, key, value, headers }
}
