import type { ConversionRules } from './conversions.ts'

/** What decides how the events of a partition become sessions, and how long these stay in memory. */
export type SessionSettings = {
  readonly gapMs: number
  readonly allowedLatenessMs: number
  readonly conversions: ConversionRules
  /**
   * Whether sessions are written while they are open. A log that is always read again from its start may leave
   * that out: what was not written comes back. One that is committed must not.
   */
  readonly writesOpen: boolean
  /** How many closed sessions of all partitions may stay in memory (`closed-sessions.ts`). A large one is several. */
  readonly closedKept: number
}
