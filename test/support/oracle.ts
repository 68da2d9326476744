// The batch over the whole log, by brute force: sort the events of a tab by time, split where the difference is
// more than the gap, and compute every field from the sorted events. It shares no session logic with `src`.
import { commonlyRedacted, redactEvent } from '../../src/core/privacy.ts'
import { oracleAttribution } from './oracle-attribution.ts'
import { type DocumentOptions, documentOf, type OracleDocument } from './oracle-document.ts'
import { type OracleEvent, type OracleRecord, readEvent } from './oracle-event.ts'

export type OracleOptions = DocumentOptions & {
  /** Infinity for no limit. */
  readonly maxLatenessMs: number
  /** Taken out of URLs by the product's own function, which has tests of its own. */
  readonly redactedParameters: ReadonlySet<string>
}

/** Every record is one of `events`, `duplicates`, `deadLetters`. */
export type OracleResult = {
  /** The documents by id, as `comparable` leaves them, all of them ended. */
  readonly sessions: ReadonlyMap<string, OracleDocument>
  readonly size: number
  readonly events: number
  readonly duplicates: number
  readonly deadLetters: number
}

export const defaultOracleOptions = {
  gapMs: 600_000,
  maxLatenessMs: 30 * 86_400_000,
  timeZone: 'UTC',
  conversionTypes: ['conversion'],
  conversionPaths: [],
  ...oracleAttribution,
  redactedParameters: new Set<string>(commonlyRedacted),
}

/** `records` in order of arrival: it decides which of two different records with one identity counts, and no more. */
export function oracle(records: Iterable<OracleRecord>, options: OracleOptions): OracleResult {
  const tabs = new Map<string, Map<string, OracleEvent>>()
  const counts = { events: 0, duplicates: 0, deadLetters: 0 }
  for (const record of records) {
    const read = readEvent(record, options.maxLatenessMs)
    const event = read && { ...read, raw: redactEvent(read.raw, { ip: 'keep', ...options }) }
    if (event === null) {
      counts.deadLetters++
      continue
    }
    const distinct = tabs.get(event.tabId) ?? new Map<string, OracleEvent>()
    tabs.set(event.tabId, distinct)
    const identity = `${event.time} ${event.id}`
    counts[distinct.has(identity) ? 'duplicates' : 'events']++
    if (!distinct.has(identity)) distinct.set(identity, event)
  }
  const documents = [...tabs.values()]
    .flatMap(distinct => split([...distinct.values()], options.gapMs))
    .map(events => documentOf(events, options))
  const sessions = new Map(documents.map(document => [document.id, document]))
  if (sessions.size < documents.length)
    throw new Error('two sessions have one id: there is nothing to compare with')
  return { sessions, size: sessions.size, ...counts }
}

/** The sessions of one tab's distinct events. */
function split(events: OracleEvent[], gapMs: number): OracleEvent[][] {
  const sessions: OracleEvent[][] = []
  let previous = -Infinity
  for (const event of events.sort(byTimeThenId)) {
    if (event.time - previous > gapMs) sessions.push([])
    sessions.at(-1)?.push(event)
    previous = event.time
  }
  return sessions
}

function byTimeThenId(a: OracleEvent, b: OracleEvent): number {
  return a.time - b.time || (a.id < b.id ? -1 : 1)
}

/** A document without the five parts that may differ between two histories of the same events (design §1.2). */
export function comparable(document: object): OracleDocument {
  const { operation, quality, source, state, metadata, ...rest } = document as Document
  const { create, update, ...time } = metadata?.time ?? {}
  return { ...(rest as OracleDocument), metadata: { ...metadata, time } }
}
type Document = {
  readonly [field: string]: unknown
  readonly metadata?: { readonly time?: Record<string, unknown> }
}

export type Diff = {
  /** Ids that are expected and are not there. */
  readonly missing: readonly string[]
  /** Ids that are there and not expected, or there a second time. */
  readonly extra: readonly string[]
  /** `undefined` stands for a field that is not there. */
  readonly different: readonly Difference[]
}
export type Difference = {
  readonly id: string
  readonly path: string
  readonly expected: unknown
  readonly actual: unknown
}
export type DiffOptions = {
  /** A live worker may not have closed every session yet. */
  readonly ignoreStatus?: boolean
}

/** Compares the oracle's documents with those of a run, in any order, whole or `comparable`. */
export function diff(
  expected: OracleResult | ReadonlyMap<string, OracleDocument>,
  actual: Iterable<object>,
  { ignoreStatus = false }: DiffOptions = {},
): Diff {
  const wanted = 'sessions' in expected ? expected.sessions : expected
  const seen = new Set<string>()
  const extra: string[] = []
  const different: Difference[] = []
  for (const document of actual) {
    const got = comparable(document)
    const want = wanted.get(got.id)
    if (want === undefined || seen.has(got.id)) extra.push(got.id)
    else
      for (const difference of fieldDifferences(got.id, '', want, got))
        if (!ignoreStatus || difference.path !== 'metadata.status') different.push(difference)
    seen.add(got.id)
  }
  return { missing: [...wanted.keys()].filter(id => !seen.has(id)), extra, different }
}

/** Neither the order of keys nor prototypes count; the order of a list does. */
function fieldDifferences(id: string, path: string, expected: unknown, actual: unknown): Difference[] {
  if (!isObject(expected) || !isObject(actual) || Array.isArray(expected) !== Array.isArray(actual))
    return isSame(expected, actual) ? [] : [{ id, path, expected, actual }]
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)])
  return [...keys].flatMap(key =>
    fieldDifferences(id, path ? `${path}.${key}` : key, ownOf(expected, key), ownOf(actual, key)),
  )
}

/** 0 and −0 are one number in JSON. */
const isSame = (a: unknown, b: unknown): boolean => a === b || Object.is(a, b)
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
const ownOf = (object: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined

/** One line for each thing that differs; none where nothing does. */
export function describeDiff({ missing, extra, different }: Diff): string[] {
  const show = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
  return [
    ...missing.map(id => `missing: ${id}`),
    ...extra.map(id => `extra: ${id}`),
    ...different.map(
      ({ id, path, expected, actual }) => `${id} ${path}: expected ${show(expected)}, got ${show(actual)}`,
    ),
  ]
}

/** For `assert.deepEqual(differences(…), [])`. */
export function differences(
  expected: OracleResult | ReadonlyMap<string, OracleDocument>,
  actual: Iterable<object>,
  ignoreStatus = false,
): string[] {
  return describeDiff(diff(expected, actual, { ignoreStatus }))
}
