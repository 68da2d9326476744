// Records for the fuzzer: real lines as they are, mutated as JSON and as bytes, and made up ones at every limit.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import type { SourceRecord } from '../../src/ports/event-source.ts'
import { extremeEvent, extremeJson, extremeTime, jsonText } from './extreme-values.ts'
import { formatExamples } from './format-examples.ts'
import type { Random } from './seeded-random.ts'

type Event = Record<string, unknown>

const data = join(import.meta.dirname, '../data')
const realLines = ['access-log.events.ndjson', 'access-log-2.events.ndjson'].flatMap(name =>
  readFileSync(join(data, name), 'utf8').split('\n').filter(Boolean),
)

/** How many records one draw of fast-check's values serves: drawing is slow, combining is not. */
const poolSize = 400

export type FuzzInputs = {
  /** The record at an offset; `nowMs` is when it was written, epoch ms. */
  next(offset: number, nowMs: number): SourceRecord
}

export function fuzzInputs(random: Random): FuzzInputs {
  let pool = draw(random)
  let served = 0
  const recent: SourceRecord[] = []
  return {
    next(offset, nowMs) {
      if (served++ % (poolSize * 50) === 0) pool = draw(random)
      const again = random.chance(0.06) ? random.pick(recent) : undefined
      // The same record once more, as after a crash; or its value in another one, as from a producer's retry.
      if (again !== undefined) return random.chance(0.5) ? again : { ...again, offset }
      const value = bytesOf(random, pool, offset, nowMs)
      const record = {
        offset,
        timestamp: timestampOf(random, nowMs),
        key: keyOf(random),
        value,
        headers: headersOf(random),
      }
      recent[served % 64] = record
      return record
    },
  }
}

type Pool = { readonly events: Event[]; readonly values: unknown[]; readonly times: unknown[] }

function draw(random: Random): Pool {
  const sample = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.sample(arbitrary, { seed: random.below(2 ** 31), numRuns: poolSize })
  return { events: sample(extremeEvent), values: sample(extremeJson), times: sample(extremeTime) }
}

function bytesOf(random: Random, pool: Pool, offset: number, nowMs: number): Uint8Array | null {
  const kind = random.next()
  if (kind < 0.02) return null
  if (kind < 0.04) return noise(random)
  if (kind < 0.16) return inFormat(random, pool, offset, nowMs)
  const base = random.chance(0.5) ? (JSON.parse(random.pick(realLines)) as Event) : random.pick(pool.events)
  const event = placed(base, random, pool, offset, nowMs)
  if (kind < 0.5) return Buffer.from(jsonText(event))
  if (kind < 0.75) return Buffer.from(jsonText(withChange(event, random, pool)))
  return mutated(Buffer.from(jsonText(event)), random)
}

/** A record of another format, often in an envelope: as it is, or changed somewhere. */
function inFormat(random: Random, pool: Pool, offset: number, nowMs: number): Uint8Array {
  const { text } = random.pick(formatExamples)
  if (!text.startsWith('{')) return mutated(Buffer.from(text), random)
  const record = inTime(JSON.parse(text) as Event, offset, nowMs)
  const changed = random.chance(0.5) ? withChange(record, random, pool) : record
  const attributes = { specversion: '1.0', id: `ce${offset}`, source: '/fuzz', type: 'x', subject: 'tab-ce' }
  const kind = random.below(5)
  if (kind === 0) return Buffer.from(jsonText({ ...attributes, data: changed }))
  if (kind === 1)
    return Buffer.from(
      JSON.stringify({ ...attributes, data_base64: Buffer.from(jsonText(changed)).toString('base64') }),
    )
  const bytes = Buffer.from(jsonText(changed))
  return kind === 2 ? mutated(bytes, random) : bytes
}

/** Each format's own names of ids and times. */
function inTime(record: Event, offset: number, nowMs: number): Event {
  const at = new Date(nowMs - (offset % 60_000)).toISOString()
  for (const name of ['messageId', 'uuid', 'event_id']) if (name in record) record[name] = `e${offset}`
  const times = [
    'timestamp',
    'originalTimestamp',
    'sentAt',
    'derived_tstamp',
    'receivedAt',
    'collector_tstamp',
    'now',
    'time',
  ]
  for (const name of times) if (name in record) record[name] = at
  const { time } = (record.metadata ?? {}) as { time?: Event }
  for (const name of ['insert', 'create']) if (time?.[name] !== undefined) time[name] = at
  return record
}

/** Ids and times: a hundred tabs that come and go, now and then a time from anywhere. */
function placed(event: Event, random: Random, pool: Pool, offset: number, nowMs: number): Event {
  const cohort = Math.floor(offset / 4000)
  const at = nowMs - random.below(random.chance(0.1) ? 3_600_000 : 60_000)
  const placedEvent: Event = {
    ...event,
    eventId: `e${offset}`,
    tabId: `tab-${cohort}-${random.below(100)}`,
    timestamp: at,
    receivedAt: nowMs,
  }
  if (random.chance(0.03))
    placedEvent[random.pick(['timestamp', 'receivedAt', 'sentAt'])] = random.pick(pool.times)
  if (random.chance(0.02)) placedEvent[random.pick(['eventId', 'tabId'])] = random.pick(pool.values)
  return placedEvent
}

/** One member, anywhere inside, is replaced, removed, renamed or doubled. */
function withChange(event: Event, random: Random, pool: Pool): Event {
  const copy = structuredClone(event)
  let target: Event = copy
  for (;;) {
    const name = random.pick(Object.keys(target))
    const inner = target[name]
    if (typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0 && random.chance(0.7)) {
      target = inner as Event
      continue
    }
    const change = random.below(4)
    if (change === 0) delete target[name]
    else if (change === 1) target[name] = random.pick(pool.values)
    // Of a list, some would be places of a billion items before it.
    else if (change === 2 && !Array.isArray(target))
      target[String(random.pick(pool.values)).slice(0, 300)] = inner
    else target[name] = [inner, inner]
    return copy
  }
}

/** A few bytes are changed, removed, doubled, or all from some point on is cut off. */
function mutated(bytes: Buffer, random: Random): Uint8Array {
  let result = bytes
  for (let i = random.below(4); i >= 0 && result.length > 0; i--) {
    const at = random.below(result.length)
    const change = random.below(5)
    if (change === 0) result[at] = random.below(256)
    else if (change === 1) result[at] = result[at]! ^ (1 << random.below(8))
    else if (change === 2)
      result = Buffer.concat([result.subarray(0, at), result.subarray(at + 1 + random.below(8))])
    else if (change === 3)
      result = Buffer.concat([result.subarray(0, at + 1), result.subarray(random.below(at + 1))])
    else result = random.chance(0.2) ? result.subarray(0, at) : result
  }
  return result
}

function noise(random: Random): Uint8Array {
  switch (random.below(6)) {
    case 0:
      return Buffer.from(Array.from({ length: random.below(64) }, () => random.below(256)))
    case 1:
      return Buffer.from(random.pick(['', 'null', '[]', '"', '{}', '{', '\ufeff{}', 'NaN', '0', '[{}]']))
    case 2:
      return Buffer.from('{"a":'.repeat(random.pick([19, 20, 21, 5_000])))
    case 3:
      return Buffer.from(`{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`)
    case 4:
      // Rare: a megabyte each.
      return random.chance(0.02)
        ? Buffer.alloc(1024 * 1024 + random.below(2), 32)
        : Buffer.from([0xff, 0xfe, 0x7b])
    default:
      return Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])
  }
}

/** A broker's clock, which now and then is a producer's that counts in nanoseconds, or stands at zero. */
function timestampOf(random: Random, nowMs: number): number {
  return random.chance(0.002) ? random.pick([0, 1, nowMs * 1e6, 8.64e15 + 1, 2 ** 63]) : nowMs
}

/** Now and then those of an envelope, or of a record that was written again. */
function headersOf(random: Random): SourceRecord['headers'] {
  const kind = random.below(40)
  const [text, bytes] = [random.pick(['1.0', '', 'x', '1'.repeat(300)]), Buffer.from([0xff, 0x31])]
  if (kind === 0) return { ce_specversion: text, ce_id: bytes, ce_source: [], ce_type: [bytes, text] }
  if (kind === 1)
    return { ce_specversion: '1.0', ce_id: 'id', ce_source: 's', ce_type: 't', ce_subject: text }
  return kind === 2 ? { 'sessionloom-first-timestamp': random.pick([text, '0', '9'.repeat(15)]) } : {}
}

function keyOf(random: Random): Uint8Array | null {
  return random.pick([null, Buffer.alloc(0), Buffer.from('tab'), Buffer.from([0, 0xff])])
}
