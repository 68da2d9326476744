import { type DeadLetterReason, deadLetterReasons } from '../core/outcome.ts'
import { defineCommand, type OptionValues, UsageError } from './command.ts'
import { deadLetterSettings } from './dead-letter-invocation.ts'
import { listDeadLetters } from './list-dead-letters.ts'
import { replayDeadLetters } from './replay-dead-letters.ts'

/** Settings of both actions. */
const actions = { list: listDeadLetters, replay: replayDeadLetters } as const
type Action = keyof typeof actions

/** Options that only one of the actions has, by camel-case name. */
const ownOptions: Readonly<Record<Action, readonly string[]>> = {
  list: ['json', 'pending', 'limit'],
  replay: ['dryRun', 'origin'],
}

export const deadLetters = defineCommand({
  about:
    '`list` shows what KAFKA_DEAD_LETTER_TOPIC holds, and leaves no trace of itself on the broker. `replay` sends the ' +
    'original bytes back to KAFKA_TOPIC once the mistake is mended, each letter once, however often it is run. Full ' +
    'forms of reduced documents, and letters whose value was cut, are never sent.',
  argument: { name: 'ACTION', about: 'list or replay' },
  settings: deadLetterSettings,
  options: [
    { flags: '--reason <reason>', about: `only letters of this reason: ${reasons().join(', ')}` },
    { flags: '--json', about: 'list: one JSON object a line, with the whole value' },
    { flags: '--pending', about: 'list: only what `replay` would send' },
    { flags: '--limit <n>', about: 'list: show no more than these; all are counted' },
    { flags: '--dry-run', about: 'replay: only say what would be sent' },
    { flags: '--origin <topic>', about: 'replay: letters of this topic instead of KAFKA_TOPIC’s own' },
  ],
  check: wantedOf,
  async run(invocation) {
    const { action, reason } = wantedOf(invocation.options, invocation.argument)
    return actions[action]({ ...invocation, reason })
  },
})

type Wanted = { readonly action: Action; readonly reason: DeadLetterReason | null }

function wantedOf(options: OptionValues, argument?: string): Wanted {
  const faults: string[] = []
  const action = isAction(argument) ? argument : null
  if (action === null && argument !== undefined)
    faults.push(`ACTION: expected list or replay, not ${argument}`)
  const others = action === null ? [] : ownOptions[action === 'list' ? 'replay' : 'list']
  for (const name of others)
    if (options[name] !== undefined) faults.push(`--${dashed(name)}: not with ${action}`)
  const { reason, limit } = options
  if (reason !== undefined && !isReason(reason))
    faults.push(`--reason: expected one of ${reasons().join(', ')}`)
  if (limit !== undefined && !/^\d{1,15}$/.test(String(limit))) faults.push('--limit: expected a number')
  if (action === null || faults.length > 0) throw new UsageError(faults)
  return { action, reason: isReason(reason) ? reason : null }
}

function reasons(): string[] {
  return Object.keys(deadLetterReasons)
}

function isReason(value: unknown): value is DeadLetterReason {
  return typeof value === 'string' && Object.hasOwn(deadLetterReasons, value)
}

function isAction(value: string | undefined): value is Action {
  return value !== undefined && Object.hasOwn(actions, value)
}

const dashed = (name: string): string => name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
