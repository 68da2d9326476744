// Which letter a record was sent again from. A letter is known by the record that was first found broken, and
// by how often that was sent again: a copy that a crash made is the same letter, one that is broken still is another.
import { maxInstantMs } from '../core/instant.ts'
import type { RecordHeaders } from '../core/record-headers.ts'

/** Header of a record that was sent again, of the letter that it becomes if it is still broken, and of marks. */
export const lineageHeader = 'sessionloom-first'

export type Lineage = {
  /** Topic, partition, offset and timestamp of the first record. A topic made anew has other timestamps. */
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number | null
  /** How often it was sent again. */
  readonly replays: number
}

/** As the value of the header. Equal lineages give equal texts. */
export function encodeLineage({ topic, partition, offset, timestamp, replays }: Lineage): string {
  return JSON.stringify([topic, partition, offset, timestamp, replays])
}

/** Null if the header is missing, or not ours. */
export function decodeLineage(headers: RecordHeaders): Lineage | null {
  const header = headers[lineageHeader]
  if (header == null || Array.isArray(header)) return null
  const text = typeof header === 'string' ? header : Buffer.from(header as Uint8Array).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!Array.isArray(value)) return null
  const [topic, partition, offset, timestamp, replays] = value as unknown[]
  if (typeof topic !== 'string' || !isCount(partition) || !isCount(offset) || !isCount(replays)) return null
  if (timestamp !== null && !(isCount(timestamp) && timestamp <= maxInstantMs)) return null
  return { topic, partition, offset, timestamp, replays }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
