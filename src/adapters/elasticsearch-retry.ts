// Retries without end of what heals. Consumption waits meanwhile, and telemetry hears of it twice: when the
// first request is in trouble, and when the last one is out of it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Telemetry } from '../ports/telemetry.ts'
import { describeFailure, type Failure, failureOf, heals, refusal } from './elasticsearch-failure.ts'

export type RetrySettings = {
  readonly telemetry: Telemetry
  /** Ends the retries: what is under way rejects with its reason. */
  readonly signal: AbortSignal
  /** Longest first pause and longest pause, ms. */
  readonly pausesMs?: { readonly first: number; readonly longest: number }
}

const defaultPausesMs = { first: 200, longest: 5_000 }

export class StoreRetry {
  readonly signal: AbortSignal
  readonly #telemetry: Telemetry
  readonly #pausesMs: { readonly first: number; readonly longest: number }
  readonly #troubled = new Set<object>()
  #since = 0
  #trouble: string | null = null

  constructor({ telemetry, signal, pausesMs }: RetrySettings) {
    this.signal = signal
    this.#telemetry = telemetry
    this.#pausesMs = pausesMs ?? defaultPausesMs
  }

  /** What the first of those who wait ran into; null while nobody waits. */
  get trouble(): string | null {
    return this.#trouble
  }

  /** Sends until it is answered. `attempt` counts from 0. Rejects with WorkerError for what does not heal. */
  async run<T>(during: string, send: (attempt: number) => Promise<T>): Promise<T> {
    const self = {}
    for (let attempt = 0; ; attempt++) {
      this.signal.throwIfAborted()
      try {
        const answer = await send(attempt)
        this.recovered(self)
        return answer
      } catch (error) {
        this.signal.throwIfAborted()
        const failure = failureOf(error)
        if (failure === undefined) {
          // Not trouble: the caller's own way out of an answer that came.
          this.recovered(self)
          throw error
        }
        if (!heals(failure)) throw refusal(failure, during)
        this.troubled(self, failure)
      }
      await this.#pause(attempt)
    }
  }

  /** From now on `who` waits for the store to heal. */
  troubled(who: object, failure: Failure): void {
    if (this.#troubled.size === 0) {
      this.#since = performance.now()
      this.#trouble = describeFailure(failure)
      this.#telemetry({ kind: 'StoreUnavailable', reason: this.#trouble })
    }
    this.#troubled.add(who)
  }

  /** `who`, if it was in trouble, is out of it. */
  recovered(who: object): void {
    if (!this.#troubled.delete(who) || this.#troubled.size > 0) return
    this.#trouble = null
    this.#telemetry({ kind: 'StoreRecovered', afterMs: Math.round(performance.now() - this.#since) })
  }

  /** Grows with the attempts up to the longest pause; half of it is chance, so that many do not come back at once. */
  pauseMs(attempt: number): number {
    const { first, longest } = this.#pausesMs
    const most = Math.min(longest, first * 2 ** attempt)
    return most / 2 + (Math.random() * most) / 2
  }

  async #pause(attempt: number): Promise<void> {
    try {
      await sleep(this.pauseMs(attempt), undefined, { signal: this.signal })
    } catch {
      this.signal.throwIfAborted()
    }
  }
}
