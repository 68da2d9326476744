import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { httpPage } from '../adapters/http-page.ts'
import { serveStatus } from '../adapters/http-status.ts'
import { CountingDeadLetterSink } from '../adapters/ndjson-dead-letter-sink.ts'
import { NdjsonEventSource, openInput } from '../adapters/ndjson-event-source.ts'
import { hashFile } from '../adapters/ndjson-input.ts'
import { beginFile, finishFile } from '../adapters/sqlite-file-register.ts'
import { SqliteSessionStore } from '../adapters/sqlite-session-store.ts'
import { buildInfo } from '../build-info.ts'
import { isRedirect } from '../core/session-document.ts'
import { demoLines, liveFrom } from '../demo-traffic.ts'
import { LiveRun } from '../live/live-run.ts'
import { PacedSource } from '../live/paced-source.ts'
import { openDemoLookups } from '../lookups.ts'
import type { SessionStore } from '../ports/session-store.ts'
import { UsageError } from './command.ts'
import { type DemoOptions, speeds, usualSpeed } from './demo-options.ts'
import { inChunks } from './demo-summary.ts'
import { formatOf } from './event-format.ts'
import { runToEnd, systemClock } from './finite-run.ts'
import { counted } from './progress.ts'
import { type SessionConfig, sessionRulesOf } from './session-settings.ts'
import { reasonLines, recordsLine, stopwatch } from './totals.ts'

/** A temporary database of SQLite's own: on disk beyond its cache, and gone with the process however that ends. */
const temporary = ''
/** One whose first minute has much to see. */
const seed = 2
/** What the page begins with, besides the week before. */
const headStartMs = 45 * 60_000

/** Serves the page until the first signal. */
export async function showPage(
  config: SessionConfig,
  options: DemoOptions,
  signal: AbortSignal,
): Promise<number> {
  await using resources = new AsyncDisposableStack()
  const format = formatOf(config)
  const { monotonic } = systemClock
  const shownSpeeds = [...new Set([...speeds, options.speed])].sort((a, b) => a - b)
  const input = await inputOf(options)
  const paced = new PacedSource(new NdjsonEventSource(input), {
    speed: options.speed,
    format,
    maxLatenessMs: config.maxLateness,
    ...(options.events === null && { from: liveFrom + headStartMs }),
    monotonic,
  })
  const store = new SqliteSessionStore(options.keep ?? temporary, config.sessionGap)
  resources.defer(() => store.close())
  const log = options.keep === null ? null : await registered(store, options)
  const live = new LiveRun({
    hello: {
      title: titleOf(options),
      version: buildInfo().version,
      gapMs: config.sessionGap,
      speeds: shownSpeeds,
    },
    format,
    conversionTypes: config.conversionTypes,
    privacy: sessionRulesOf(config).privacy,
    allowedLatenessMs: config.allowedLateness,
    maxLatenessMs: config.maxLateness,
    pace: () => paced.pace,
    monotonic,
  })
  const page = httpPage({
    feed: live,
    document: id => documentOf(store, id),
    setSpeed: speed => {
      paced.speed = speed
    },
    speeds: shownSpeeds,
    isLocal: true,
  })
  const address = { host: '127.0.0.1', port: options.port }
  const server = await serveStatus(address, null, undefined, page).catch(({ cause }) => {
    throw new UsageError([`--port: cannot be listened on: ${(cause as Error).message}`])
  })
  resources.defer(() => server.close())
  process.stdout.write(`The page is at ${server.address}/ (Ctrl-C ends it)\n`)
  if (options.opens) openInBrowser(`${server.address}/`)
  const took = stopwatch()
  const deadLetters = new CountingDeadLetterSink()
  const totals = await runToEnd({
    source: live.watchSource(paced),
    store: live.watchStore(store),
    deadLetters: live.watchLetters(deadLetters),
    lookups: openDemoLookups(config),
    epoch: 0,
    format,
    settings: config,
    writesOpen: true,
    signal,
    onBatch: ({ duplicates }) => live.countDuplicates(() => duplicates),
  })
  const read = took()
  // What is made up is never read again: it ends where it was stopped.
  if (log !== null && (options.events === null || !signal.aborted))
    finishFile(store.database, log, totals.records)
  await untilAborted(signal)
  const { sessions, merges } = live.totals
  const lines = [
    recordsLine(totals, read),
    ...reasonLines(deadLetters),
    `${counted(sessions, 'session')}, ${counted(merges, 'merge')}; ` +
      `${options.keep === null ? 'nothing is left of them' : `they are in ${options.keep}`}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return 0
}

/** A store that stays knows what it has taken in, so that `replay` can go on with other files. Gives the log's hash. */
async function registered(store: SqliteSessionStore, { events }: DemoOptions): Promise<string> {
  const isFile = events !== null && events !== '-'
  const hash = isFile ? await hashFile(events) : createHash('sha256').update(randomUUID()).digest('hex')
  beginFile(store.database, hash, events ?? 'made-up events')
  return hash
}

function titleOf({ events }: DemoOptions): string {
  if (events === null) return 'made-up events of a shop'
  return events === '-' ? 'standard input' : events
}

async function inputOf(options: DemoOptions): Promise<Readable> {
  if (options.events === null) return Readable.from(madeUp(options))
  return options.events === '-' ? process.stdin : openInput(options.events)
}

function madeUp({ rate, speed, late, history }: DemoOptions): Iterable<Buffer> {
  return inChunks(demoLines({ rate: rate / (speed || usualSpeed), late, historyDays: history, seed }), 50)
}

/** Of a session, or of the one that has absorbed it. */
async function documentOf(store: SessionStore, id: string): Promise<object | null> {
  let [document] = await store.get([{ id, cellStart: 0 }])
  for (let hops = 0; document && isRedirect(document) && hops < 100; hops++)
    [document] = await store.get([
      { id: document.merged_into, cellStart: document.state.merged_into_cell_start },
    ])
  return document ?? null
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  // Keeps the process: the server alone does not.
  const alive = setInterval(() => {}, 1 << 30)
  return new Promise(resolve => {
    signal.addEventListener('abort', () => {
      clearInterval(alive)
      resolve()
    })
  })
}

/** What does not open is no fault: the address is printed. */
function openInBrowser(url: string): void {
  const [command, ...words] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url]
  spawn(command as string, words, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
