// What stands beside a committed offset: a group's offsets are open to every tool, so it carries a mark.
import type { CheckpointMetadata } from '../ports/event-source.ts'

/** The broker's default of `offset.metadata.max.bytes`. */
const maxBytes = 4096
const format = 1

/** As a string for the broker. */
export function encodeMetadata({ watermark, epoch, partitions }: CheckpointMetadata): string {
  const text = JSON.stringify({ sessionloom: format, watermark, epoch, partitions })
  if (text.length > maxBytes) throw new RangeError(`commit metadata of ${text.length} bytes`)
  return text
}

/** Null for what is missing, or was not written by `encodeMetadata`. */
export function decodeMetadata(text: string | null | undefined): CheckpointMetadata | null {
  if (!text) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { sessionloom, watermark, epoch, partitions } = value as Record<string, unknown>
  if (sessionloom !== format || !isWhole(epoch, 0) || !isWhole(partitions, 1)) return null
  if (watermark !== null && !(typeof watermark === 'number' && Number.isFinite(watermark))) return null
  return { watermark, epoch, partitions }
}

/** Kafka's -1 is "none"; a stray -2 ("earliest") is what kafkajs's own reset would leave in a group. */
export function decodeOffset(offset: string): number | null {
  return /^\d+$/.test(offset) ? Number(offset) : null
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least
}
