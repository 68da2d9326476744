import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { CountingDeadLetterSink, ndjsonDeadLetterSink } from '../adapters/ndjson-dead-letter-sink.ts'
import { NdjsonEventSource, openInput } from '../adapters/ndjson-event-source.ts'
import { hashFile, spoolInput } from '../adapters/ndjson-input.ts'
import { documentLine, writeFileOfLines, writeLines } from '../adapters/ndjson-output.ts'
import { nullSessionStore } from '../adapters/null-session-store.ts'
import { beginFile, finishFile } from '../adapters/sqlite-file-register.ts'
import { SqliteSessionStore } from '../adapters/sqlite-session-store.ts'
import { openLookups } from '../lookups.ts'
import type { DeadLetterSink } from '../ports/dead-letter-sink.ts'
import { defineCommand, type OptionValues, UsageError } from './command.ts'
import { formatOf } from './event-format.ts'
import { runToEnd, type Totals } from './finite-run.ts'
import { counted, progressLine } from './progress.ts'
import { type SessionConfig, sessionSettings } from './session-settings.ts'
import { reasonLines, recordsLine, stopwatch } from './totals.ts'

export const replay = defineCommand({
  about:
    'Reads raw events (one JSON object a line, in order of arrival) and gives the sessions that a batch over them ' +
    'would compute. The final documents, one a line, go to --out or to standard output, unless --store keeps them. ' +
    'A file that is replayed again into the same store changes nothing; another file continues the sessions.',
  argument: { name: 'FILE', about: 'NDJSON file of raw events, or - for standard input' },
  settings: sessionSettings,
  options: [
    { flags: '--out <file>', about: 'write the final documents there, as a whole, at the end' },
    {
      flags: '--store <store>',
      about:
        'sqlite:FILE keeps the sessions there; null drops them, for measuring or for the dead letters alone',
    },
    { flags: '--dead-letters <file>', about: 'append records that cannot become events to this file' },
  ],
  check: planOf,
  async run({ config, argument, options, signal }) {
    const plan = planOf(options, argument)
    const input = plan.input === '-' && plan.sqlite !== null ? await spoolInput(process.stdin) : null
    try {
      const path = input?.path ?? plan.input
      // Only a store that is kept needs to know the input by its content.
      const sha256 = plan.sqlite === null ? null : (input?.sha256 ?? (await hashFile(path)))
      return await replayInto({ ...plan, path, sha256 }, config, signal)
    } finally {
      await input?.remove()
    }
  },
})

type Plan = {
  readonly input: string
  readonly out: string | null
  /** Path of the file that keeps the sessions. */
  readonly sqlite: string | null
  readonly isNull: boolean
  readonly deadLetters: string | null
}

/** With where the input is read from, and its hash if the store keeps it. */
type KnownPlan = Plan & { readonly path: string; readonly sha256: string | null }

function planOf(options: OptionValues, input = ''): Plan {
  const store = options.store as string | undefined
  const out = (options.out as string | undefined) ?? null
  const faults: string[] = []
  const sqlite = store?.startsWith('sqlite:') ? store.slice('sqlite:'.length) : null
  if (store !== undefined && store !== 'null' && !sqlite)
    faults.push('--store: expected `sqlite:FILE` or `null`')
  if (store === 'null' && out !== null) faults.push('--out: a null store has no documents to write')
  if (out === '' || out === '-') faults.push('--out: expected a file; standard output is the default')
  if (faults.length > 0) throw new UsageError(faults)
  return {
    input,
    out,
    sqlite,
    isNull: store === 'null',
    deadLetters: (options.deadLetters as string | undefined) ?? null,
  }
}

async function replayInto(plan: KnownPlan, config: SessionConfig, signal: AbortSignal) {
  const { sha256 } = plan
  const sqlite = plan.isNull ? null : new SqliteSessionStore(plan.sqlite ?? ':memory:', config.sessionGap)
  const deadLetters = new CountingDeadLetterSink(
    plan.deadLetters === null ? null : ndjsonDeadLetterSink(plan.deadLetters),
  )
  const took = stopwatch()
  const lines: string[] = []
  try {
    const file =
      sha256 === null || sqlite === null
        ? { epoch: 0, records: null }
        : beginFile(sqlite.database, sha256, plan.input)
    if (file.records !== null) {
      lines.push(
        `${plan.input} was replayed into this store before (${counted(file.records, 'record')}): nothing to do`,
      )
    } else {
      const totals = await read(plan, config, signal, { sqlite, deadLetters, epoch: file.epoch })
      if (signal.aborted) return complainStopped(plan)
      if (sha256 !== null && sqlite !== null) finishFile(sqlite.database, sha256, totals.records)
      lines.push(recordsLine(totals, took()), ...reasonLines(deadLetters))
      if (totals.deadLetters > 0) lines.push(whereLettersAre(plan))
    }
    if (sqlite !== null) await writeDocuments(plan, sqlite)
    process.stderr.write(`${[...lines, whereSessionsAre(plan, sqlite)].join('\n')}\n`)
    return 0
  } finally {
    await deadLetters.close()
    await sqlite?.close()
  }
}

type Targets = {
  readonly sqlite: SqliteSessionStore | null
  readonly deadLetters: DeadLetterSink
  readonly epoch: number
}

async function read(
  plan: KnownPlan,
  config: SessionConfig,
  signal: AbortSignal,
  { sqlite, deadLetters, epoch }: Targets,
): Promise<Totals> {
  const input: Readable = plan.path === '-' ? process.stdin : await openInput(plan.path)
  const size = plan.path === '-' ? null : (await stat(plan.path)).size
  const progress = progressLine(process.stderr)
  let bytes = 0
  const source = new NdjsonEventSource(input, {
    onProgress: bytesRead => {
      bytes = bytesRead
    },
  })
  const totals = await runToEnd({
    source,
    store: sqlite ?? nullSessionStore,
    deadLetters,
    lookups: openLookups(config),
    epoch,
    format: formatOf(config),
    settings: config,
    signal,
    onBatch: ({ records }) =>
      progress.show(
        size === null
          ? counted(records, 'record')
          : `${counted(records, 'record')}, ${Math.floor((100 * bytes) / size)} %`,
      ),
  })
  progress.end()
  return totals
}

async function writeDocuments({ out, sqlite: kept }: Plan, store: SqliteSessionStore): Promise<void> {
  if (out !== null) await writeFileOfLines(out, documentLines(store))
  else if (kept === null) await writeLines(process.stdout, documentLines(store))
}

function* documentLines(store: SqliteSessionStore): Generator<string> {
  for (const document of store.documents()) yield documentLine(document)
}

/** Without a file there is no trace of them; a store that has the file already would not read it again. */
function whereLettersAre({ deadLetters }: Plan): string {
  if (deadLetters !== null) return `the dead letters are in ${deadLetters}, each with its reason`
  return 'the dead letters are kept nowhere: `--store null --dead-letters FILE` reads the input again, and keeps them alone'
}

function whereSessionsAre({ out, sqlite: kept }: Plan, store: SqliteSessionStore | null): string {
  if (store === null) return 'the sessions were dropped (--store null)'
  const places = [kept, out].filter(place => place !== null)
  const sessions = counted(store.count(), 'session')
  return places.length === 0
    ? `${sessions} written to standard output`
    : `${sessions} in ${places.join(' and ')}`
}

function complainStopped({ input, sqlite }: Plan): number {
  const next =
    sqlite === null ? 'nothing was written' : 'replay it again to go on; what is applied is not applied twice'
  process.stderr.write(`sessionloom: stopped before the end of ${input}: ${next}\n`)
  return 1
}
