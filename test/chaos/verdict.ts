// What a chaos run left behind, held against a batch over the same log.
import { readLetter } from '../../src/adapters/kafka-stored-letter.ts'
import type { SessionDocument } from '../../src/core/session-document.ts'
import { openLookups } from '../../src/lookups.ts'
import { defaultOracleOptions, describeDiff, diff, oracle } from '../support/oracle.ts'
import type { OracleDocument } from '../support/oracle-document.ts'
import { readEvent } from '../support/oracle-event.ts'
import { liveDocuments, redirectTargets, survivorOf } from '../support/stored-documents.ts'
import { readTopic } from '../support/topic-log.ts'
import { gapMs, prefix, type World } from './world.ts'

export type Verdict = {
  /** Distinct events in the log, and distinct records that are none. */
  readonly events: number
  readonly deadLetters: number
  readonly sessions: number
  readonly redirects: number
  readonly reduced: number
  readonly missing: number
  readonly extra: number
  readonly different: number
  readonly accountingClosed: boolean
  /** One line for each thing that is wrong, at most a hundred of a kind. */
  readonly faults: readonly string[]
}

const most = 100

/** `closers`: tabs whose last session nothing has closed. */
export async function judge(world: World, closers: ReadonlySet<string>): Promise<Verdict> {
  const options = { ...defaultOracleOptions, gapMs, lookups: openLookups() }
  const records = [...world.log.values()].map(({ value, timestamp }) => ({ value, timestamp }))
  const expected = oracle(records, options)
  const documents = await liveDocuments(world.elasticsearch, prefix)
  const reduced = documents.filter(({ quality }) => quality.reduced !== null)
  const sessions = new Map(expected.sessions)
  for (const { id } of reduced) {
    const whole = sessions.get(id)
    if (whole !== undefined) sessions.set(id, withoutUserObjects(whole))
  }
  // They end where a checkpoint was lost: the watermark is above everything until the log catches up.
  for (const { id, tabId, metadata } of documents) {
    const whole = sessions.get(id)
    if (whole !== undefined && closers.has(tabId)) sessions.set(id, withStatus(whole, metadata.status))
  }
  const found = diff(
    sessions,
    documents.map(document => (document.quality.reduced === null ? document : withoutUserObjects(document))),
  )
  const redirects = await redirectTargets(world.elasticsearch, prefix)
  const letters = await lettersOf(world)
  const differences = describeDiff(found)
  const wrong = [
    ...redirectFaults(documents, redirects),
    ...letterFaults(world, letters.records, options.maxLatenessMs),
    ...accountingFaults(world, documents, expected),
  ]
  if (reduced.length > 0 && letters.documents === 0)
    wrong.push('documents were reduced, and no letter has a full one')
  return {
    events: expected.events,
    deadLetters: letters.records.size,
    sessions: documents.length,
    redirects: redirects.size,
    reduced: reduced.length,
    missing: found.missing.length,
    extra: found.extra.length,
    different: found.different.length,
    accountingClosed: wrong.length === 0,
    faults: [
      ...wrong.slice(0, most),
      ...differences.slice(0, most),
      ...tabsBehind(world, documents, differences),
    ],
  }
}

function withoutUserObjects<T extends object>(document: T): T {
  const { metadata, profile } = document as unknown as SessionDocument
  return {
    ...document,
    metadata: { ...metadata, aux: {} },
    profile: profile && { ...profile, metadata: null },
    properties: {},
    traits: {},
    aux: {},
  }
}

function withStatus(document: OracleDocument, status: string): OracleDocument {
  return { ...document, metadata: { ...(document.metadata as object), status } }
}

/** Of the first tabs that are wrong: what is stored, and where their records were. */
function tabsBehind(
  { log }: World,
  documents: readonly SessionDocument[],
  differences: readonly string[],
): string[] {
  const ids = new Set(
    differences.flatMap(line => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(line)?.[0] ?? []),
  )
  const tabs = new Set(documents.filter(({ id }) => ids.has(id)).map(({ tabId }) => tabId))
  return [...tabs].slice(0, 3).flatMap(tab => [
    ...documents
      .filter(({ tabId }) => tabId === tab)
      .map(({ id, metadata: { time }, lastSeen, activity, operation, source }) =>
        JSON.stringify({
          tab,
          id,
          from: time.insert,
          lastSeen,
          time,
          events: activity.events,
          ...operation,
          source,
        }),
      ),
    ...[...log]
      .filter(([, { value }]) => String(value).includes(`"${tab}"`))
      .map(([place, { value }]) => `${place} ${value}`.slice(0, 260)),
  ])
}

/** Every id that a session absorbed leads to it, however long the chain. */
function redirectFaults(
  documents: readonly SessionDocument[],
  targets: ReadonlyMap<string, string>,
): string[] {
  const live = new Set(documents.map(({ id }) => id))
  const faults: string[] = []
  for (const { id, operation } of documents)
    for (const absorbed of operation.merge) {
      const survivor = survivorOf(absorbed, targets)
      if (survivor !== id) faults.push(`redirect of ${absorbed} leads to ${survivor}, not to ${id}`)
    }
  for (const from of targets.keys())
    if (!live.has(survivorOf(from, targets))) faults.push(`redirect of ${from} leads to no session`)
  return faults
}

/** Distinct records among the letters, by origin, and how many letters hold a full document. */
async function lettersOf(world: World): Promise<{ records: ReadonlySet<string>; documents: number }> {
  const records = new Set<string>()
  let documents = 0
  for (const message of await readTopic(world.admin, world.client, world.deadLetterTopic)) {
    const letter = readLetter(message.partition, message)
    if (letter?.kind === 'document') documents++
    if (letter?.kind === 'record')
      records.add(`${letter.origin.topic}-${letter.origin.partition}-${letter.origin.offset}`)
  }
  return { records, documents }
}

function letterFaults({ log }: World, letters: ReadonlySet<string>, maxLatenessMs: number): string[] {
  const faults: string[] = []
  for (const [place, record] of log) {
    const isEvent = readEvent(record, maxLatenessMs) !== null
    if (isEvent === letters.has(place))
      faults.push(`record ${place} ${isEvent ? 'is' : 'is not'} a dead letter`)
  }
  for (const place of letters)
    if (!log.has(place)) faults.push(`a dead letter of ${place}, which is not in the log`)
  return faults
}

function accountingFaults(
  { workers: { told }, expired }: World,
  documents: readonly SessionDocument[],
  expected: { events: number },
): string[] {
  const faults: string[] = []
  if (told.unbalanced > 0) faults.push(`the counts of ${told.unbalanced} batches do not add up`)
  if (told.expired < expired) faults.push(`${expired} records expired unread, ${told.expired} were reported`)
  const events = documents.reduce((sum, { activity }) => sum + activity.events, 0)
  if (events !== expected.events)
    faults.push(`${events} events are in documents, ${expected.events} distinct ones in the log`)
  return faults
}
