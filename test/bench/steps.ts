// Parts of a benchmark as processes of their own, so that one's compiled code and garbage are not another's. They end
// with this one, however it ends: a worker whose broker is gone would wait for it for ever.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { ProcessReaper } from '../support/reaper.ts'

const reaper = new ProcessReaper()

/** Room for a million open sessions, whatever the machine's default is. What kafkajs is warned of is known. */
const flags = ['--expose-gc', '--max-old-space-size=6000', '--disable-warning=TimeoutNegativeWarning']

export type Step = ChildProcessByStdio<null, Readable, null>

export type StepOptions = {
  /** The one that it is bound to, where the system can do that. */
  readonly core?: number | undefined
  /** Besides that of this process. */
  readonly env?: NodeJS.ProcessEnv
}

export function startStep(
  file: string,
  words: readonly string[],
  { core, env = {} }: StepOptions = {},
): Step {
  const path = join(import.meta.dirname, file)
  const command = [process.execPath, ...flags, path, ...words]
  const bound = core === undefined ? command : ['taskset', '--cpu-list', String(core), ...command]
  const child = spawn(bound[0] as string, bound.slice(1), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  reaper.guard(child)
  return child
}

/** What the step reports in the end, as one line of JSON. */
export async function step<T>(
  file: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<T> {
  return JSON.parse(await runStep(file, words, env)) as T
}

/** Gives what it wrote to standard output. */
export async function runStep(
  file: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const child = startStep(file, words, { env })
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  const said = await text(child.stdout)
  const [exitCode, signal] = await exited
  if (exitCode !== 0) throw new Error(`${file} ${words.join(' ')} ended with ${signal ?? exitCode}`)
  return said
}

/** A measurement that is a program of its own, and prints by itself. */
export async function runProgram(file: string, words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...words], { stdio: 'inherit' })
  reaper.guard(child)
  const [exitCode] = (await once(child, 'exit')) as [number | null]
  if (exitCode !== 0) throw new Error(`${file} ended with exit code ${exitCode}`)
}

/** What signals end ends as `process.exit` does: with what was to be done on `exit`. */
export function exitOnSignals(): void {
  const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
  for (const [signal, code] of Object.entries(codes)) process.once(signal, () => process.exit(code))
}
