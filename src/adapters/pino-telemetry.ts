// What the worker tells, as log lines: one table from event to level and message.
import pino, { type Logger } from 'pino'
import { printable } from '../core/printable.ts'
import type { Telemetry, WorkerEvent } from '../ports/telemetry.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'
type Line = readonly [level: Level, message: string]

const lines: { readonly [K in WorkerEvent['kind']]: Line } = {
  WorkerStarted: ['info', 'worker started'],
  PartitionsAssigned: ['info', 'partitions assigned'],
  PartitionRestored: ['info', 'partition restored'],
  BatchProcessed: ['debug', 'batch processed'],
  KeysAstray: [
    'warn',
    'records have another key than their tab id. Where all records of a tab reach one partition all the same, nothing ' +
      'is wrong; where they do not, sessions are: key by tab id, and copy what is there with `sessionloom rekey`',
  ],
  BatchFenced: ['info', 'batch not committed: the assignment has ended; its next owner reads it again'],
  SessionsRecalled: ['debug', 'sessions recalled for late events'],
  SessionsErased: ['info', 'sessions of a profile erased'],
  SessionsClosed: ['debug', 'sessions of a quiet partition closed'],
  DocumentReduced: ['warn', 'document stored in reduced form; the full one is among the dead letters'],
  RecordsExpired: ['error', 'records expired before they were read: their events are lost'],
  StoreUnavailable: ['warn', 'store unavailable; waiting for it'],
  StoreRecovered: ['info', 'store available again'],
  MembershipEnded: ['warn', 'membership in the consumer group ended; joining again'],
  SourceInterrupted: ['warn', 'source interrupted; trying again'],
  StatusServed: ['info', 'serving /livez, /readyz and /metrics'],
  WorkerStopping: ['info', 'worker stopping: finishing what is in work'],
  WorkerStopped: ['info', 'worker stopped'],
}

/** A logger of JSON lines to standard output, readable ones on a terminal. */
export function createLogger(level: string, isTerminal: boolean): Logger {
  const base = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  if (!isTerminal) return pino(base)
  return pino({ ...base, transport: { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss' } } })
}

export function pinoTelemetry(logger: Logger): Telemetry {
  return ({ kind, ...fields }) => {
    const [level, message] = lines[kind]
    logger[level]({ event: kind, ...shown(fields) }, message)
  }
}

/** Reasons quote servers. */
function shown(fields: object): object {
  const parts = Object.entries(fields)
  return Object.fromEntries(
    parts.map(([name, value]) => [name, typeof value === 'string' ? printable(value) : value]),
  )
}
