// Whether the worker goes on, and why not: from what it tells and what it waits for.
import type { Telemetry } from './ports/telemetry.ts'

export type Readiness = {
  readonly telemetry: Telemetry
  /** Why the worker does not go on at the moment; empty if it does. */
  notReady(): readonly string[]
}

export function trackReadiness(waitsFor: () => string | null): Readiness {
  let outside: string | null = 'the consumer group has not been joined yet'
  let stopping: string | null = null
  return {
    telemetry(event) {
      if (event.kind === 'PartitionsAssigned') outside = null
      if (event.kind === 'MembershipEnded') outside = `joining the consumer group again: ${event.reason}`
      if (event.kind === 'WorkerStopping') stopping = 'stopping'
    },
    notReady() {
      const awaited = waitsFor()
      const reasons = [stopping, outside, awaited === null ? null : `waiting for ${awaited}`]
      return reasons.filter(reason => reason !== null)
    },
  }
}
