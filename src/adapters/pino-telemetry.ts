// What the worker tells, as log lines: one table from event to level and message.
import pino, { type Logger } from 'pino'
import { printable } from '../core/printable.ts'
import type { Telemetry, WorkerEvent } from '../ports/telemetry.ts'
import { Repeats } from './pino-repeats.ts'

type Kind = WorkerEvent['kind']
type Level = 'debug' | 'info' | 'warn' | 'error'
/** `rare`: once per interval, with how many were left out. */
type Line = readonly [level: Level, message: string, rare?: 'rare']

const lines: { readonly [K in Kind]: Line } = {
  WorkerStarted: ['info', 'worker started'],
  PartitionsAssigned: ['info', 'partitions assigned'],
  PartitionRestored: ['info', 'partition restored'],
  BatchProcessed: ['debug', 'batch processed'],
  KeysAstray: [
    'warn',
    'records have another key than their tab id. Where all records of a tab reach one partition all the same, nothing ' +
      'is wrong; where they do not, sessions are: key by tab id, and copy what is there with `sessionloom rekey`',
  ],
  BatchFenced: [
    'info',
    'batch not committed: the assignment has ended; its next owner reads it again',
    'rare',
  ],
  SessionsRecalled: ['debug', 'sessions recalled for late events'],
  SessionsErased: ['info', 'sessions of a profile erased'],
  SessionsClosed: ['debug', 'sessions of a quiet partition closed'],
  DocumentReduced: [
    'warn',
    'document stored in reduced form; the full one is among the dead letters',
    'rare',
  ],
  RecordsExpired: [
    'error',
    'records expired before they were read: their events are lost. Give the topic a longer retention',
  ],
  StoreUnavailable: [
    'warn',
    'store unavailable; waiting for it, nothing is lost. Look at Elasticsearch if it lasts',
    'rare',
  ],
  StoreRecovered: ['info', 'store available again', 'rare'],
  RegistryUnavailable: [
    'warn',
    'schema registry unavailable; waiting for it, nothing is lost. Look at it if it lasts',
    'rare',
  ],
  RegistryRecovered: ['info', 'schema registry available again', 'rare'],
  MembershipEnded: [
    'warn',
    'membership in the consumer group ended; joining again. Look at the brokers if it repeats',
    'rare',
  ],
  SourceInterrupted: ['warn', 'source interrupted; trying again. Look at the brokers if it lasts', 'rare'],
  GeoDatabaseReloaded: ['info', 'geo database reloaded'],
  GeoDatabaseRefused: ['warn', 'geo database has changed and is not sound; the one before stays in use'],
  GeoDatabaseAged: ['warn', 'geo database is old: addresses have moved since. Get a newer one'],
  StatusServed: ['info', 'serving /livez, /readyz and /metrics'],
  WorkerStopping: ['info', 'worker stopping: finishing what is in work'],
  WorkerStopped: ['info', 'worker stopped'],
  WorkerFailed: ['error', 'worker failed; nothing was committed after it'],
}

export type LogFormat = 'auto' | 'json' | 'pretty'
export type LogSettings = { readonly level: string; readonly format: LogFormat; readonly isTerminal: boolean }

const base = {
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  // One line per batch is for reading; a number per record is for the histogram.
  serializers: { recordAgesMs: (ages: readonly number[]) => (ages.length === 0 ? null : maximum(ages)) },
}

/** A logger to standard output: JSON lines, or readable ones on a terminal. */
export async function createLogger({ level, format, isTerminal }: LogSettings): Promise<Logger> {
  if (format === 'json' || (format === 'auto' && !isTerminal)) return pino({ ...base, level })
  const { default: pretty } = await import('pino-pretty')
  // In this process and at once: a thread of its own would lose the last lines of one that ends.
  const stream = pretty({ sync: true, colorize: isTerminal, translateTime: 'SYS:HH:MM:ss', ignore: 'event' })
  return pino({ ...base, level }, stream)
}

/** A line that repeats is told once per this long. */
const repeatsAfterMs = 60_000

/** One line per event. `intervalMs`: how often a line that repeats is told. */
export function pinoTelemetry(logger: Logger, intervalMs = repeatsAfterMs): Telemetry {
  const repeats = new Repeats<Kind>(intervalMs)
  const tellLeftOut = (now: number): void => {
    for (const { kind, leftOut } of repeats.due(now))
      logger[lines[kind][0]]({ event: kind, leftOut }, `${leftOut} more of these: ${lines[kind][1]}`)
  }
  setInterval(() => tellLeftOut(performance.now()), intervalMs).unref()
  return ({ kind, ...fields }) => {
    const [level, message, rare] = lines[kind]
    if (kind === 'WorkerStopped' || kind === 'WorkerFailed') tellLeftOut(Number.POSITIVE_INFINITY)
    const leftOut = rare ? repeats.admit(kind, performance.now()) : 0
    if (leftOut === null) return
    logger[level]({ event: kind, ...shown(fields), ...(leftOut > 0 && { leftOut }) }, message)
  }
}

const maximum = (ages: readonly number[]): number => ages.reduce((most, age) => Math.max(most, age), 0)

/** Reasons quote servers. */
function shown(fields: object): object {
  const parts = Object.entries(fields)
  return Object.fromEntries(
    parts.map(([name, value]) => [name, typeof value === 'string' ? printable(value) : value]),
  )
}
