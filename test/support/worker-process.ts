// `sessionloom run` as real processes, and when they have read everything.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { lagOf } from './group-lag.ts'
import { ProcessReaper } from './reaper.ts'

const reaper = new ProcessReaper()
const main = join(import.meta.dirname, '../../src/main.ts')

export type WorkerProcess = {
  readonly child: ChildProcess
  /** Everything that it wrote, so far. */
  output(): string
  /** Resolves to the exit code, null after a signal. */
  readonly exit: Promise<number | null>
}

export type WorkerOptions = {
  /** Flags of node itself, such as `--import`. */
  readonly nodeFlags?: readonly string[]
}

export function startWorker(
  env: Readonly<Record<string, string>>,
  { nodeFlags = [] }: WorkerOptions = {},
): WorkerProcess {
  const child = spawn(process.execPath, [...nodeFlags, main, 'run'], { env: { ...process.env, ...env } })
  reaper.guard(child)
  const output: string[] = []
  child.stdout.on('data', chunk => output.push(String(chunk)))
  child.stderr.on('data', chunk => output.push(String(chunk)))
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  return { child, output: () => output.join(''), exit }
}

/** Settings of a worker on this topic, with a group of the same name. */
export function workerEnv(brokers: readonly string[], topic: string, node: string) {
  return {
    KAFKA_BROKERS: brokers.join(','),
    KAFKA_TOPIC: topic,
    KAFKA_DEAD_LETTER_TOPIC: `${topic}.dead-letters`,
    KAFKA_GROUP_ID: topic,
    // A killed member holds its partitions for as long.
    KAFKA_SESSION_TIMEOUT: '6s',
    // What a long run forgets, a short one forgets at once.
    CLOSED_SESSIONS_KEPT: '0',
    ELASTICSEARCH_NODE: node,
  }
}

/** Resolves when the group has committed every record of the topic. */
export async function untilCaughtUp(
  admin: Admin,
  groupId: string,
  topic: string,
  timeoutMs = 120_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const lag = await lagOf(admin, groupId, topic).catch(error => {
      // A coordinator that has just begun is still loading.
      if (error.retriable === true) return Number.NaN
      throw error
    })
    if (lag === 0) return
    if (performance.now() > deadline)
      throw new Error(`${lag} records of ${topic} are not committed after ${timeoutMs} ms`)
    await sleep(250)
  }
}
