import type { Config } from '../config.ts'
import type { SettingName } from '../settings.ts'

/** An option that is not a setting: it belongs to one command and has no environment variable. */
export type CommandOption = { readonly flags: string; readonly about: string; readonly default?: string }

export type Invocation<N extends SettingName> = {
  readonly config: Config<N>
  readonly argument: string | undefined
  /** Values of the command's own options, by camel-case name. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
}

/** What `main.ts` registers: one command, its settings and its own options. */
export type CommandDefinition<N extends SettingName = SettingName> = {
  readonly about: string
  readonly argument?: { readonly name: string; readonly about: string }
  readonly settings: readonly N[]
  readonly options: readonly CommandOption[]
  /** Resolves to the exit code. */
  run(invocation: Invocation<N>): Promise<number>
}

/** Keeps the settings' names for the type of `config`. */
export function defineCommand<const N extends SettingName>(
  definition: CommandDefinition<N>,
): CommandDefinition {
  return definition as unknown as CommandDefinition
}

/** Wrong usage: every fault, one a line; exit code 2. */
export class UsageError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.name = 'UsageError'
    this.faults = faults
  }
}
