import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { groupCpuSeconds } from './process-cpu.ts'
import { waitUntil } from './ready.ts'
import { groupReaper, type Reaper } from './reaper.ts'
import type { Server } from './server.ts'

const START_TIMEOUT_MS = 180_000

export interface ServerProcessOptions {
  readonly name: string
  readonly address: string
  /** Writes what the server needs into its directory, which holds all its files and is removed in the end. */
  readonly prepare: (directory: string) => Promise<ServerCommand>
  readonly isReady: () => Promise<boolean>
}

export interface ServerCommand {
  readonly executable: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly user?: { readonly uid: number; readonly gid: number }
}

/** A server as a plain child process, in a process group of its own. Dies with this process. */
export async function startServerProcess(options: ServerProcessOptions): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), 'sessionloom-server-'))
  const reaper = groupReaper(directory)
  try {
    const command = await options.prepare(directory)
    const server = new ServerProcess(options, command, directory, reaper)
    await server.restart()
    return server
  } catch (error) {
    await reaper.end()
    throw error
  }
}

class ServerProcess implements Server {
  readonly source = 'jvm'
  readonly address: string
  readonly #options: ServerProcessOptions
  readonly #command: ServerCommand
  readonly #directory: string
  readonly #reaper: Reaper
  #child: ChildProcess | undefined

  constructor(options: ServerProcessOptions, command: ServerCommand, directory: string, reaper: Reaper) {
    this.address = options.address
    this.#options = options
    this.#command = command
    this.#directory = directory
    this.#reaper = reaper
  }

  get pid(): number | undefined {
    return this.#child === undefined || hasEnded(this.#child) ? undefined : this.#child.pid
  }

  async cpuSeconds(): Promise<number | null> {
    return this.pid === undefined ? null : groupCpuSeconds(this.pid)
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    if (child.pid !== undefined && !hasEnded(child)) {
      child.ref()
      const exited = once(child, 'exit')
      process.kill(-child.pid, 'SIGKILL')
      await exited
    }
    this.#reaper.forget()
    this.#child = undefined
  }

  async restart(): Promise<void> {
    await this.kill()
    const child = await this.#spawn()
    const ready = await waitUntil(async () => hasEnded(child) || this.#options.isReady(), START_TIMEOUT_MS)
    if (hasEnded(child)) throw await this.#failure('ended before it was ready')
    if (!ready) throw await this.#failure(`was not ready after ${START_TIMEOUT_MS / 1000} s`)
  }

  async stop(): Promise<void> {
    this.#child?.ref()
    await this.#reaper.end()
  }

  get #logFile(): string {
    return join(this.#directory, 'server.log')
  }

  async #spawn(): Promise<ChildProcess> {
    const { executable, args, environment, user } = this.#command
    const log = await open(this.#logFile, 'a')
    try {
      const child = spawn(executable, args, {
        cwd: this.#directory,
        detached: true,
        env: { ...process.env, ...environment },
        stdio: ['ignore', log.fd, log.fd],
        ...user,
      })
      this.#child = child
      await once(child, 'spawn')
      // A test that forgets to stop its server must still be able to end.
      child.unref()
      this.#reaper.guard(child.pid!)
      return child
    } finally {
      await log.close()
    }
  }

  async #failure(what: string): Promise<Error> {
    const log = await readFile(this.#logFile, 'utf8').catch(() => '')
    const tail = log.split('\n').slice(-30).join('\n')
    return new Error(`${this.#options.name} ${what}; the end of its log:\n${tail}`)
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
