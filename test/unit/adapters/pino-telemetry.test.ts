import assert from 'node:assert/strict'
import { it } from 'node:test'
import pino from 'pino'
import { Repeats } from '../../../src/adapters/pino-repeats.ts'
import { pinoTelemetry } from '../../../src/adapters/pino-telemetry.ts'
import type { WorkerEvent } from '../../../src/ports/telemetry.ts'

/** The lines that these events give, parsed. */
function logged(events: readonly WorkerEvent[], level = 'info') {
  const lines: string[] = []
  const logger = pino({ level, base: null }, { write: line => void lines.push(line) })
  const tell = pinoTelemetry(logger)
  for (const event of events) tell(event)
  return lines.map(line => JSON.parse(line))
}

const reduced = (id: string): WorkerEvent => ({ kind: 'DocumentReduced', id, reason: 'strict' })
const stopped: WorkerEvent = { kind: 'WorkerStopped', reason: 'SIGTERM' }

it('tells a warning that repeats once, and at the end how many were left out', () => {
  const lines = logged([reduced('a'), reduced('b'), reduced('c'), stopped])
  assert.deepEqual(
    lines.map(({ event, id, leftOut }) => [event, id ?? null, leftOut ?? null]),
    [
      ['DocumentReduced', 'a', null],
      ['DocumentReduced', null, 2],
      ['WorkerStopped', null, null],
    ],
  )
})

it('tells kinds apart: one that repeats hides no other', () => {
  const events: WorkerEvent[] = [reduced('a'), { kind: 'MembershipEnded', reason: 'x' }, reduced('b')]
  assert.deepEqual(
    logged(events).map(({ event }) => event),
    ['DocumentReduced', 'MembershipEnded'],
  )
})

it('says nothing of batches at the default level', () => {
  const quiet: WorkerEvent[] = [
    { kind: 'SessionsRecalled', partition: 0, spans: 1, documents: 1 },
    { kind: 'SessionsClosed', partition: 0, documents: 1, redirects: 0, conflicts: 0 },
  ]
  assert.deepEqual(logged(quiet), [])
  assert.equal(logged(quiet, 'debug').length, 2)
})

it('admits one message per interval and kind, with the number of those left out before it', () => {
  const repeats = new Repeats<'a' | 'b'>(60)
  assert.deepEqual(
    [0, 1, 59, 60, 61].map(at => repeats.admit('a', at)),
    [0, null, null, 2, null],
  )
  assert.equal(repeats.admit('b', 61), 0)
})

it('gives what was left out when its interval is over, once', () => {
  const repeats = new Repeats<'a' | 'b'>(60)
  for (const at of [0, 1, 2]) repeats.admit('a', at)
  assert.deepEqual(repeats.due(59), [])
  assert.deepEqual(repeats.due(60), [{ kind: 'a', leftOut: 2 }])
  assert.deepEqual(repeats.due(60), [])
  assert.equal(repeats.admit('a', 60), 0)
})
