// The workers of a chaos run: real processes, started as a user starts them, and what they told.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { startWorker } from '../support/worker-process.ts'

const wrongClock = join(import.meta.dirname, 'wrong-clock.ts')
const refusedLetters = join(import.meta.dirname, '../support/refused-letters.ts')
const keptLines = 60
const stopTimeoutMs = 40_000

export type Told = {
  batches: number
  records: number
  unbalanced: number
  expired: number
  conflicts: number
  recalled: number
  reduced: number
}
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }
export type StartOptions = { readonly clockShiftMs?: number; readonly env?: Readonly<Record<string, string>> }

export class ChaosWorker {
  readonly name: string
  readonly child: ChildProcess
  readonly exit: Promise<Exit>
  /** Set before it is ended on purpose: any other end is a surprise. */
  isExpectedToEnd = false
  isFrozen = false
  readonly #told: Told
  readonly #lines: string[] = []
  readonly #write: (line: string) => void = () => {}
  #address: string | null = null

  constructor(
    name: string,
    env: Readonly<Record<string, string>>,
    told: Told,
    clockShiftMs: number,
    logFile: string | null,
  ) {
    this.name = name
    this.#told = told
    if (logFile !== null)
      this.#write = line => appendFileSync(logFile, `${new Date().toISOString()} ${line}\n`)
    this.#write(`${env.KAFKA_GROUP_ID} reads ${env.KAFKA_TOPIC}`)
    const preloads = clockShiftMs === 0 ? [refusedLetters] : [refusedLetters, wrongClock]
    const nodeFlags = preloads.flatMap(file => ['--import', file])
    const { child } = startWorker({ ...env, CLOCK_SHIFT_MS: String(clockShiftMs) }, { nodeFlags })
    this.child = child
    for (const stream of [child.stdout!, child.stderr!])
      createInterface({ input: stream }).on('line', line => this.#read(line))
    this.exit = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  }

  /** The last lines that it wrote, without those of single batches. */
  get lastLines(): readonly string[] {
    return this.#lines
  }

  /** What it waits for, and the last that it wrote. */
  async describe(): Promise<string> {
    const ready = await this.#ask('/readyz')
    return [`${this.name}${this.isFrozen ? ' (frozen)' : ''}: ${ready}`, ...this.#lines.slice(-12)].join(
      '\n  ',
    )
  }

  async #ask(path: string): Promise<string> {
    if (this.#address === null) return 'no HTTP address yet'
    const signal = AbortSignal.timeout(2_000)
    return fetch(this.#address + path, { signal }).then(answer => answer.text(), String)
  }

  #read(line: string): void {
    this.#write(line)
    const event = line.startsWith('{') ? JSON.parse(line) : {}
    if (event.event === 'BatchProcessed') {
      this.#told.batches++
      this.#told.records += event.records
      this.#told.conflicts += event.conflicts
      const sum = event.applied + event.duplicates + event.alreadyApplied + event.controls + event.deadLetters
      if (event.records !== sum) this.#told.unbalanced++
      return
    }
    if (event.event === 'StatusServed') this.#address = event.address
    if (event.event === 'DocumentReduced') this.#told.reduced++
    if (event.event === 'RecordsExpired') this.#told.expired += event.records
    if (event.event === 'SessionsRecalled') {
      this.#told.recalled += event.documents
      return
    }
    if (event.event === 'SessionsClosed') return
    this.#lines.push(line)
    if (this.#lines.length > keptLines) this.#lines.shift()
  }
}

/** An end that nobody caused on purpose. */
export type Surprise = { readonly worker: string; readonly exit: Exit; readonly lines: readonly string[] }

export class WorkerPool {
  readonly told: Told = {
    batches: 0,
    records: 0,
    unbalanced: 0,
    expired: 0,
    conflicts: 0,
    recalled: 0,
    reduced: 0,
  }
  readonly surprises: Surprise[] = []
  readonly #env: () => Readonly<Record<string, string>>
  readonly #workers = new Set<ChaosWorker>()
  readonly #folder = mkdtempSync(join(tmpdir(), 'chaos-'))
  readonly #refusing = join(this.#folder, 'letters-are-refused')
  readonly #logs: string | null
  readonly #awaited = new Set<StartOptions>()
  #started = 0

  /** `env`: the settings of the moment. `logs`: a folder for all that the workers write. */
  constructor(env: () => Readonly<Record<string, string>>, logs: string | null) {
    this.#env = env
    this.#logs = logs
  }

  /** Those that can be given a fault: neither frozen nor about to end. */
  get running(): ChaosWorker[] {
    return [...this.#workers].filter(worker => !worker.isFrozen && !worker.isExpectedToEnd)
  }

  get size(): number {
    return [...this.#workers].filter(worker => !worker.isExpectedToEnd).length + this.#awaited.size
  }

  /** As an orchestrator would, a worker that ends by itself is started again. */
  start(options: StartOptions = {}): ChaosWorker {
    const worker = this.#spawn(options)
    void worker.exit.then(async exit => {
      if (worker.isExpectedToEnd) return
      this.surprises.push({ worker: worker.name, exit, lines: worker.lastLines.slice(-4) })
      const again = { ...options }
      this.#awaited.add(again)
      await sleep(1_000)
      // Not if all were stopped meanwhile: it would come back with the group or topic of before.
      if (this.#awaited.delete(again)) this.start(options)
    })
    return worker
  }

  /** From now on, for all of them. */
  refuseLetters(refuses: boolean): void {
    if (refuses) writeFileSync(this.#refusing, '')
    else rmSync(this.#refusing, { force: true })
  }

  /** How many requests with dead letters were refused. */
  get refusals(): number {
    return statSync(`${this.#refusing}.met`, { throwIfNoEntry: false })?.size ?? 0
  }

  /** One that is expected to end by itself. */
  startDoomed(options: StartOptions = {}): ChaosWorker {
    const worker = this.#spawn(options)
    worker.isExpectedToEnd = true
    return worker
  }

  async kill(worker: ChaosWorker): Promise<void> {
    worker.isExpectedToEnd = true
    worker.child.kill('SIGKILL')
    await worker.exit
  }

  /** Gives how it ended; kills what does not end. */
  async terminate(worker: ChaosWorker): Promise<Exit> {
    worker.isExpectedToEnd = true
    worker.child.kill('SIGTERM')
    const killer = setTimeout(() => worker.child.kill('SIGKILL'), stopTimeoutMs)
    const exit = await worker.exit
    clearTimeout(killer)
    return exit
  }

  /** Ends all but those that are frozen. */
  async stopAll(how: 'kill' | 'terminate'): Promise<void> {
    this.#awaited.clear()
    const workers = [...this.#workers].filter(worker => !worker.isFrozen)
    await Promise.all(workers.map(worker => this[how](worker)))
  }

  /** What each of them does, for a message. */
  async describe(): Promise<string> {
    const workers = await Promise.all([...this.#workers].map(worker => worker.describe()))
    const ended = this.surprises
      .slice(-5)
      .map(({ worker, lines }) => `${worker} ended by itself: ${lines.at(-1)}`)
    return [...ended, ...workers].join('\n')
  }

  /** At the end of a run, in whatever state they are. */
  async destroy(): Promise<void> {
    this.#awaited.clear()
    await Promise.all([...this.#workers].map(worker => this.kill(worker)))
    rmSync(this.#folder, { recursive: true })
  }

  #spawn({ clockShiftMs = 0, env = {} }: StartOptions): ChaosWorker {
    const name = `worker ${++this.#started}`
    const worker = new ChaosWorker(
      name,
      { ...this.#env(), REFUSE_WHILE: this.#refusing, ...env },
      this.told,
      clockShiftMs,
      this.#logs === null ? null : join(this.#logs, `${name.replace(' ', '-')}.log`),
    )
    this.#workers.add(worker)
    void worker.exit.then(() => this.#workers.delete(worker))
    return worker
  }
}
