// Commands → configuration → adapters → worker; signals; exit code.
import { Command } from 'commander'
import { buildInfo } from './build-info.ts'
import { bareOption, commandOf, type Usage } from './command-line.ts'
import { type CommandDefinition, UsageError } from './commands/command.ts'
import { flagOf, readConfig } from './config.ts'
import { printable } from './core/printable.ts'
import { WorkerError } from './core/worker-error.ts'

/** Loaded when they are asked for: the clients of Kafka and Elasticsearch take a second to load. */
const commands = [
  [
    'Without any service:',
    [
      [
        'demo',
        'made-up events, or your own, become sessions on a page of this machine',
        async () => (await import('./commands/demo.ts')).demo,
      ],
      [
        'replay',
        'raw events from a file → sessions, without any service',
        async () => (await import('./commands/replay.ts')).replay,
      ],
      [
        'map',
        'what EVENT_FORMAT or FIELD_MAP makes of sample records',
        async () => (await import('./commands/map.ts')).map,
      ],
      [
        'generate',
        'made-up raw events, the same for the same seed',
        async () => (await import('./commands/generate.ts')).generate,
      ],
    ],
  ],
  [
    'From Kafka into Elasticsearch:',
    [
      [
        'setup',
        'creates topics, templates, lifecycle policy and dashboards; safe to repeat',
        async () => (await import('./commands/setup.ts')).setup,
      ],
      ['run', 'the worker: Kafka → Elasticsearch', async () => (await import('./commands/run.ts')).run],
      [
        'doctor',
        'looks at everything that a worker depends on, and says what to mend',
        async () => (await import('./commands/doctor.ts')).doctor,
      ],
      [
        'produce',
        'raw events from a file → Kafka, keyed by tab id',
        async () => (await import('./commands/produce.ts')).produce,
      ],
      [
        'rekey',
        'a topic into another one, keyed by tab id',
        async () => (await import('./commands/rekey.ts')).rekey,
      ],
      [
        'dead-letters',
        'what could not become events: list it, or send it again',
        async () => (await import('./commands/dead-letters.ts')).deadLetters,
      ],
    ],
  ],
  [
    'What is stored:',
    [
      ['session', 'gives the session of a tab', async () => (await import('./commands/session.ts')).session],
      [
        'export',
        'the sessions that show a profile',
        async () => (await import('./commands/export.ts')).exportProfile,
      ],
      ['erase', 'erases the sessions of a profile', async () => (await import('./commands/erase.ts')).erase],
      [
        'verify',
        'looks for stored documents that contradict each other, and mends them',
        async () => (await import('./commands/verify.ts')).verify,
      ],
    ],
  ],
] as const

/** 0 done, 1 failed, 2 wrong usage or configuration. */
async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0
  const program = new Command('sessionloom')
    .description(
      'Turns a Kafka topic of raw behavioural events into exact Session documents in Elasticsearch.',
    )
    .version(buildInfo().version)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showHelpAfterError(false)
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nsessionloom <command> --help tells of its options and settings.\nBegin with: sessionloom demo',
    )
  let words = asked(argv)
  const wanted = words.find(word => !word.startsWith('-'))
  for (const [group, name, summary, load] of commands.flatMap(([group, all]) =>
    all.map(one => [group, ...one] as const),
  )) {
    if (name !== wanted) {
      program.addCommand(new Command(name).summary(summary).helpGroup(group))
      continue
    }
    const definition = await load()
    const command = commandOf(name, definition, async usage => {
      exitCode = await execute(name, definition, { ...usage, bare })
    })
    const bare = bareOption(command, words)
    if (bare !== null) words = words.slice(0, -1)
    program.addCommand(command)
  }
  try {
    await program.parseAsync(words, { from: 'user' })
    return exitCode
  } catch (error) {
    return report(error)
  }
}

/** `help run` is `run --help`, of which commander's own help would know nothing before the command is loaded. */
function asked(argv: readonly string[]): readonly string[] {
  if (argv.length === 0) return ['--help']
  return argv[0] === 'help' ? [...argv.slice(1, 2), '--help'] : argv
}

async function execute(
  name: string,
  definition: CommandDefinition,
  { argument, options, unknown, tooMany, bare }: Usage & { readonly bare: string | null },
): Promise<number> {
  const faults = [
    ...unknown.map(word => `${word}: unknown option`),
    ...tooMany.map(word => `${word}: one word too many`),
    ...(bare === null ? [] : [`${bare}: its value is missing`]),
  ]
  if (definition.argument && argument === undefined) faults.push(`${definition.argument.name}: is missing`)
  const found = usageFaults(() => definition.check?.(options, argument))
  faults.push(...found.filter(fault => !fault.startsWith(`${bare}:`)))
  const flags = Object.fromEntries(
    definition.settings.map(name => [name, options[camelCase(flagOf(name))] as string | undefined]),
  )
  const read = readConfig(definition.settings, flags)
  if (!read.ok) faults.push(...read.faults)
  if (!read.ok || faults.length > 0) throw new UsageError([...faults, `See \`sessionloom ${name} --help\`.`])
  const signal = stopSignal()
  try {
    return await definition.run({ config: read.config, argument, options, signal })
  } catch (error) {
    if (!isAbort(error, signal)) throw error
    return complain(`ended by ${signal.reason}`, exitCodeOf(signal.reason))
  }
}

/** What a look at the argument and the options finds. */
function usageFaults(look: () => unknown): readonly string[] {
  try {
    look()
    return []
  } catch (error) {
    if (error instanceof UsageError) return error.faults
    throw error
  }
}

/** Whether it is what a signal makes of a wait that it cuts short. */
const isAbort = (error: unknown, { aborted, reason }: AbortSignal): boolean =>
  aborted && (error === reason || (error as Error | undefined)?.name === 'AbortError')

const exitCodeOf = (signal: 'SIGINT' | 'SIGTERM'): number => (signal === 'SIGINT' ? 130 : 143)

const camelCase = (flag: string): string =>
  flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** Aborted by the first signal; the second one ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(exitCodeOf(signal))
      controller.abort(signal)
    })
  return controller.signal
}

/** Says what went wrong, and gives the exit code. A stack trace is shown only for what is our own mistake. */
function report(error: unknown): number {
  if (error instanceof UsageError) return complain(error.message, 2)
  if (error instanceof WorkerError) return complain(error.message, error.code === 'configuration' ? 2 : 1)
  const code = (error as { code?: unknown }).code
  if (code === 'commander.helpDisplayed' || code === 'commander.help' || code === 'commander.version')
    return 0
  if (typeof code === 'string' && code.startsWith('commander.'))
    return complain(`${(error as Error).message.replace(/^error: /, '')}\nSee \`sessionloom --help\`.`, 2)
  return complain(`unexpected: ${(error as Error)?.stack ?? error}`, 1)
}

function complain(message: string, exitCode: number): number {
  // It may name a file, or quote a server.
  process.stderr.write(`sessionloom: ${printable(message)}\n`)
  return exitCode
}

// A reader that has gone away (`| head`) wants no more, and that is no fault.
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
})
process.exitCode = await main(process.argv.slice(2))
// A batch that hangs must not keep a failed process alive, and nothing that a signal cut short the others.
setTimeout(() => process.exit(), process.exitCode === 0 ? 5_000 : 1_000).unref()
