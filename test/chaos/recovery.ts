// How long after a fault the group has caught up with all that was in the log when the fault was over.
import { setTimeout as sleep } from 'node:timers/promises'
import { type LogState, readUpTo } from '../support/group-lag.ts'

type Waiting = {
  readonly kind: string
  readonly since: number
  target: { topic: string; group: string; ends: LogState['ends'] } | null
}

const pollMs = 500

export class RecoveryWatch {
  readonly #look: () => Promise<LogState>
  readonly #waiting = new Set<Waiting>()
  readonly worstSeconds = new Map<string, number>()
  #isOver = false

  constructor(look: () => Promise<LogState>) {
    this.#look = look
  }

  /** A fault of this kind is over. */
  healed(kind: string): void {
    this.#waiting.add({ kind, since: performance.now(), target: null })
  }

  async run(): Promise<void> {
    while (!this.#isOver) {
      await sleep(pollMs)
      // A broker that is down cannot tell; then nobody has recovered either.
      const state = await this.#look().catch(() => null)
      if (state !== null) for (const waiting of this.#waiting) this.#judge(waiting, state)
    }
  }

  end(): void {
    this.#isOver = true
  }

  #judge(waiting: Waiting, state: LogState): void {
    const { topic, group, ends } = state
    waiting.target ??= { topic, group, ends }
    // Another topic or group is a fault of its own.
    const isElsewhere = waiting.target.topic !== topic || waiting.target.group !== group
    const isBehind = [...waiting.target.ends].some(([partition, end]) => readUpTo(state, partition) < end)
    if (isBehind && !isElsewhere) return
    this.#waiting.delete(waiting)
    if (isElsewhere) return
    const seconds = (performance.now() - waiting.since) / 1000
    this.worstSeconds.set(waiting.kind, Math.max(seconds, this.worstSeconds.get(waiting.kind) ?? 0))
  }
}
