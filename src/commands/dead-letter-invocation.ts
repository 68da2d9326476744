import type { DeadLetterReason } from '../core/outcome.ts'
import type { Invocation } from './command.ts'
import { kafkaSettings } from './connections.ts'
import { writtenFormatSettings } from './written-format.ts'

export const deadLetterSettings = [
  ...kafkaSettings,
  'kafkaTopic',
  'kafkaDeadLetterTopic',
  ...writtenFormatSettings,
] as const

export type DeadLetterInvocation = Invocation<(typeof deadLetterSettings)[number]> & {
  /** Only letters of this reason; null for all. */
  readonly reason: DeadLetterReason | null
}
