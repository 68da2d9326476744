import { Readable } from 'node:stream'
import { CountingDeadLetterSink } from '../adapters/ndjson-dead-letter-sink.ts'
import { NdjsonEventSource } from '../adapters/ndjson-event-source.ts'
import { SqliteSessionStore } from '../adapters/sqlite-session-store.ts'
import { nativeFormat } from '../core/formats/native.ts'
import type { SessionDocument } from '../core/session-document.ts'
import { generateDefaults, generateLines } from '../generate.ts'
import { openDemoLookups } from '../lookups.ts'
import { runToEnd, type Totals } from './finite-run.ts'
import { counted, grouped, progressLine } from './progress.ts'
import type { SessionConfig } from './session-settings.ts'
import { recordsLine, stopwatch } from './totals.ts'

const events = 50_000
/** Beyond ALLOWED_LATENESS, so that there are late events to see. */
const maxLateMs = 30 * 60_000

/** Runs a finite number of events, and prints what a user would see of the sessions. */
export async function printSummary(config: SessionConfig, signal: AbortSignal): Promise<number> {
  const store = new SqliteSessionStore(':memory:', config.sessionGap)
  const progress = progressLine(process.stderr)
  const took = stopwatch()
  const lines = generateLines({ ...generateDefaults, count: events, rate: 5, tabs: 400, maxLateMs })
  try {
    const totals = await runToEnd({
      source: new NdjsonEventSource(Readable.from(inChunks(lines, 1000))),
      store,
      deadLetters: new CountingDeadLetterSink(),
      lookups: openDemoLookups(config),
      epoch: 0,
      format: nativeFormat,
      settings: config,
      signal,
      onBatch: ({ records }) => progress.show(`${grouped(records)} of ${counted(events, 'event')}`),
    })
    progress.end()
    process.stdout.write(report(totals, [...store.documents()], took()))
    return signal.aborted ? 1 : 0
  } finally {
    await store.close()
  }
}

/** As bytes, so many lines at once. */
export function* inChunks(lines: Iterable<string>, size: number): Generator<Buffer> {
  let chunk: string[] = []
  for (const line of lines) {
    chunk.push(line)
    if (chunk.length < size) continue
    yield Buffer.from(`${chunk.join('\n')}\n`)
    chunk = []
  }
  if (chunk.length > 0) yield Buffer.from(`${chunk.join('\n')}\n`)
}

function report(totals: Totals, sessions: readonly SessionDocument[], took: string): string {
  const people = sessions.filter(session => !session.app.bot)
  const durations = people.map(session => session.metadata.time.duration).sort((a, b) => a - b)
  const percentile = (share: number) => minutes(durations[Math.floor(share * (durations.length - 1))] ?? 0)
  const share = (count: number) => `${((100 * count) / Math.max(1, people.length)).toFixed(1)} %`
  const late = sessions.reduce((sum, session) => sum + session.quality.late_events, 0)
  const merged = sessions.filter(session => session.operation.merge.length > 0).length
  const lines = [
    recordsLine(totals, took),
    counted(sessions.length, 'session'),
    '',
    row('events behind the watermark', `${grouped(late)} (each found its session all the same)`),
    row('sessions that absorbed another', grouped(merged)),
    row('robots', grouped(sessions.length - people.length)),
    '',
    'Of the people:',
    row('median duration', percentile(0.5)),
    row('95th percentile', percentile(0.95)),
    row('bounced', share(people.filter(session => session.activity.bounced === 1).length)),
    row('converted', share(people.filter(session => session.activity.conversions > 0).length)),
    ...top('entry page', people, session => session.pages.entry.path),
    ...top('country', people, session => session.device.geo.country.name),
    ...top('device', people, session => session.device.type),
    ...top('browser', people, session => session.app.name),
    '',
    'One of them, in short:',
    JSON.stringify(brief(longest(people)), null, 2),
  ]
  return `${lines.join('\n')}\n`
}

const row = (label: string, value: string) => `  ${label.padEnd(32)}${value}`
const minutes = (seconds: number) => `${Math.floor(seconds / 60)} min ${seconds % 60} s`

function top(
  label: string,
  sessions: readonly SessionDocument[],
  pick: (session: SessionDocument) => string | null,
) {
  const counts = new Map<string, number>()
  for (const session of sessions) {
    const value = pick(session) ?? 'unknown'
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  const best = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 3)
  return [row(`top by ${label}`, best.map(([value, count]) => `${value} ${grouped(count)}`).join(', '))]
}

function longest(sessions: readonly SessionDocument[]): SessionDocument | undefined {
  return sessions.toSorted((a, b) => b.activity.events - a.activity.events)[0]
}

function brief(session: SessionDocument | undefined) {
  if (session === undefined) return null
  const { id, tabId, lastSeen, lastQuery, metadata, device, os, app, activity, pages, operation } = session
  const { insert, duration, weekday } = metadata.time
  return {
    id,
    tabId,
    start: insert,
    lastSeen,
    duration,
    weekday,
    status: metadata.status,
    device: `${device.name}, ${os.name} ${os.version}, ${app.name} ${app.version}`,
    place: [device.geo.city, device.geo.country.name].filter(Boolean).join(', '),
    entry: pages.entry.path,
    exit: pages.exit.path,
    lastQuery,
    activity,
    absorbed: operation.merge,
  }
}
