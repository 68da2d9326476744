import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'

// The loop ends when the pipe from the test process is closed, which the system does even after a SIGKILL.
// SIGTERM first, for the sake of what servers leave in the system's temporary directory. A killed server can
// still finish a write, so the removal is tried until nothing is left.
const REAP_GROUP = `
PATH=$PATH:/usr/bin:/bin
group=
while read -r line; do group=$line; done
again() { tries=$((tries + 1)); [ $tries -lt 50 ] && sleep 0.2; }
if [ -n "$group" ]; then
  kill -15 "-$group"
  tries=0; while kill -0 "-$group" && again; do :; done
  kill -9 "-$group"
fi
tries=0; until rm -rf "$1" || ! again; do :; done`

const REAP_CONTAINER = `
while read -r line; do :; done
docker rm --force --volumes "$1"`

const REAP_PROCESSES = `
pids=
while read -r line; do pids=$line; done
[ -z "$pids" ] || kill -9 $pids`

/** A small shell process that waits for the end of this one, however it ends, and then cleans up after it. */
export class Reaper {
  readonly #shell: ChildProcess
  readonly #input: Socket

  constructor(script: string, argument: string) {
    // Its own process group, so that Ctrl-C on the terminal does not reach it.
    this.#shell = spawn('sh', ['-c', script, 'reaper', argument], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#input = this.#shell.stdin as Socket
    this.#shell.unref()
    this.#input.unref()
  }

  /** The process group to end, in place of the one named before. */
  guard(group: number): void {
    this.note(String(group))
  }

  /** Nothing to kill for now: a process id that has ended may be given to somebody else. */
  forget(): void {
    this.note('')
  }

  /** What the script shall know in the end; the last note counts. */
  note(line: string): void {
    this.#input.write(`${line}\n`)
  }

  /** Has it do its work now. */
  async end(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) return
    this.#shell.ref()
    const exited = once(this.#shell, 'exit')
    this.#input.end()
    await exited
  }
}

/** Ends the guarded process group and removes the directory. */
export function groupReaper(directory: string): Reaper {
  return new Reaper(REAP_GROUP, directory)
}

/** Processes of this one that must not outlive it, frozen ones included. */
export class ProcessReaper {
  readonly #reaper = new Reaper(REAP_PROCESSES, 'processes')
  readonly #pids = new Set<number>()

  guard(child: ChildProcess): void {
    const { pid } = child
    if (pid === undefined) return
    this.#pids.add(pid)
    this.#tell()
    child.once('exit', () => {
      this.#pids.delete(pid)
      this.#tell()
    })
  }

  #tell(): void {
    this.#reaper.note([...this.#pids].join(' '))
  }
}

/** Removes a container. Ryuk does the same, but it can be switched off and needs an image of its own. */
export function containerReaper(id: string): Reaper {
  return new Reaper(REAP_CONTAINER, id)
}
