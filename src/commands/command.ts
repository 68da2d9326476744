import type { Config } from '../config.ts'
import type { SettingName } from '../settings.ts'

/** An option that is not a setting: it belongs to one command and has no environment variable. */
export type CommandOption = { readonly flags: string; readonly about: string; readonly default?: string }

/** Values of a command's own options, by camel-case name. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>

export type Invocation<N extends SettingName> = {
  readonly config: Config<N>
  readonly argument: string | undefined
  readonly options: OptionValues
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
}

/** What `main.ts` registers: one command, its settings and its own options. */
export type CommandDefinition<N extends SettingName = SettingName> = {
  readonly about: string
  readonly argument?: { readonly name: string; readonly about: string }
  readonly settings: readonly N[]
  readonly options: readonly CommandOption[]
  /**
   * Looks at the argument and the command's own options before anything runs, so that their faults are told together with
   * those of the settings. @throws UsageError with all of them
   */
  check?(options: OptionValues, argument: string | undefined): unknown
  /** Resolves to the exit code. */
  run(invocation: Invocation<N>): Promise<number>
}

/** Keeps the settings' names for the type of `config`. */
export function defineCommand<const N extends SettingName>(
  definition: CommandDefinition<N>,
): CommandDefinition {
  return definition as unknown as CommandDefinition
}

/** Wrong usage: every fault, one a line, to which is added where help is; exit code 2. */
export class UsageError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.name = 'UsageError'
    this.faults = faults
  }
}
