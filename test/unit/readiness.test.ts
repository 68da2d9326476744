import assert from 'node:assert/strict'
import { it } from 'node:test'
import { trackReadiness } from '../../src/readiness.ts'

it('a worker is ready from its first assignment on, save while something is waited for', () => {
  let waitsFor: string | null = null
  const { telemetry, notReady } = trackReadiness(() => waitsFor)
  assert.match(notReady()[0] as string, /not been joined/)
  telemetry({ kind: 'PartitionsAssigned', partitions: [] })
  assert.deepEqual(notReady(), [])
  waitsFor = 'the store: 503'
  assert.deepEqual(notReady(), ['waiting for the store: 503'])
  waitsFor = null
  telemetry({ kind: 'MembershipEnded', reason: 'no broker' })
  assert.match(notReady()[0] as string, /no broker/)
  telemetry({ kind: 'PartitionsAssigned', partitions: [0] })
  telemetry({ kind: 'WorkerStopping', signal: 'SIGTERM' })
  assert.deepEqual(notReady(), ['stopping'])
})
