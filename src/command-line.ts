// A command as commander knows it: its argument, its own options, its settings as flags, and its help.
import { Command, Option } from 'commander'
import type { CommandDefinition } from './commands/command.ts'
import { flagOf, hasFlag } from './config.ts'
import { choicesOf } from './setting.ts'
import { settings } from './settings.ts'

const settingsHead = 'Settings (the variable in brackets does the same; a flag wins):'

/** What stands on the command line. */
export type Usage = {
  readonly argument: string | undefined
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  readonly unknown: readonly string[]
  readonly tooMany: readonly string[]
}

/** The option that ends the line without its value, of which commander would tell, and of nothing else. */
export function bareOption({ options }: Command, argv: readonly string[]): string | null {
  const [before, last] = [argv.at(-2), argv.at(-1)].map(
    word => options.find(({ long, required }) => required && long === word)?.long,
  )
  return before === undefined && last ? last : null
}

export function commandOf(
  name: string,
  definition: CommandDefinition,
  action: (usage: Usage) => Promise<void>,
): Command {
  const command = new Command(name)
    .description(definition.about)
    // Unknown options and words are collected, so that every fault is told at once.
    .allowUnknownOption()
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    // The longest flag leaves less than commander would wrap in, on a terminal of 80 columns.
    .configureHelp({ minWidthToWrap: 30 })
  const { argument } = definition
  // Not required for commander, which would tell of nothing else where it is missing.
  if (argument) command.argument(`[${argument.name}]`, argument.about).usage(`[options] <${argument.name}>`)
  for (const { flags, about, default: fallback } of definition.options)
    command.addOption(new Option(flags, about).default(fallback, fallback))
  for (const name of definition.settings.filter(hasFlag)) {
    const { about, default: fallback, env } = settings[name]
    const choices = choicesOf(settings[name]).join(', ')
    // With spaces a long list has places to break at.
    const shown = fallback.replaceAll(/,\s*/g, ', ')
    const facts = [env, choices && `one of ${choices}`, fallback && `default: ${shown}`]
    const option = new Option(`${flagOf(name)} <value>`, `${about} (${facts.filter(Boolean).join('; ')})`)
    command.addOption(option.helpGroup(settingsHead))
  }
  const secrets = definition.settings.filter(name => !hasFlag(name)).map(name => settings[name].env)
  if (secrets.length > 0)
    command.addHelpText(
      'after',
      `\nSecrets have no flag. Each is a variable, or with _FILE behind its name a file:\n  ${secrets.join('\n  ')}`,
    )
  return command.action(() => {
    const isOption = (word: string | undefined) => word !== '-' && word?.startsWith('-') === true
    const unknown = command.args.filter(isOption)
    const words = command.args.flatMap((word, i) => (isOption(word) ? [] : [{ word, i }]))
    const argument = definition.argument ? words.shift()?.word : undefined
    // What stands behind an unknown option may be its value, and goes with it.
    const tooMany = words.filter(({ i }) => !isOption(command.args[i - 1])).map(({ word }) => word)
    return action({ argument, options: command.opts(), unknown, tooMany })
  })
}
