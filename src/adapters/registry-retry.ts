// Asks without end while trouble lasts that can heal. Telemetry hears of it twice: when it begins, and when it is over.
import { setTimeout as sleep } from 'node:timers/promises'
import { WorkerError } from '../core/worker-error.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { isNotFound } from './registry-answers.ts'
import { type Answer, RegistryHttp, type RegistrySettings, registryName } from './registry-http.ts'

export type RetryPauses = { readonly first: number; readonly longest: number }

const defaultPausesMs: RetryPauses = { first: 200, longest: 5_000 }

export class RegistryRetry {
  readonly #url: string
  readonly #http: RegistryHttp
  readonly #telemetry: Telemetry
  readonly #pausesMs: RetryPauses
  readonly #signal: AbortSignal
  #waiting = 0
  #since = 0
  #trouble: string | null = null

  constructor(
    options: RegistrySettings & { readonly telemetry: Telemetry; readonly pausesMs?: RetryPauses },
    signal: AbortSignal,
  ) {
    this.#url = options.url
    this.#http = new RegistryHttp(options)
    this.#telemetry = options.telemetry
    this.#pausesMs = options.pausesMs ?? defaultPausesMs
    this.#signal = signal
  }

  /** What the first of those who wait ran into; null while nobody waits. */
  get trouble(): string | null {
    return this.#trouble
  }

  /**
   * What is there; null if the registry has nothing there. Rejects with WorkerError for what does not heal: also where
   * nothing like this path is known, unless it is optional.
   */
  async get(path: string, { isOptional = false } = {}): Promise<unknown> {
    let isTroubled = false
    try {
      for (let attempt = 0; ; attempt++) {
        const answer = await this.#http.get(path, this.#signal)
        const trouble = troubleOf(answer)
        if (trouble === null) {
          const answered = answer as Extract<Answer, { kind: 'answer' }>
          return isOptional && answered.status === 404 ? null : judged(answered, this.#url)
        }
        if (!isTroubled) this.#begin(trouble)
        isTroubled = true
        await sleep(this.#pauseMs(attempt), undefined, { signal: this.#signal })
      }
    } finally {
      if (isTroubled) this.#end()
    }
  }

  close(): void {
    this.#http.close()
  }

  #begin(reason: string): void {
    if (this.#waiting++ > 0) return
    this.#since = performance.now()
    this.#trouble = reason
    this.#telemetry({ kind: 'RegistryUnavailable', reason })
  }

  #end(): void {
    if (--this.#waiting > 0) return
    this.#trouble = null
    // What was told to end has not healed.
    if (this.#signal.aborted) return
    this.#telemetry({ kind: 'RegistryRecovered', afterMs: Math.round(performance.now() - this.#since) })
  }

  /** Grows with the attempts; half of it is chance, so that many workers do not come back at once. */
  #pauseMs(attempt: number): number {
    const { first, longest } = this.#pausesMs
    const most = Math.min(longest, first * 2 ** attempt)
    return most / 2 + (Math.random() * most) / 2
  }
}

/** Null where there is none that could heal. */
function troubleOf(answer: Answer): string | null {
  if (answer.kind === 'none') return answer.reason
  const { status } = answer
  return status >= 500 || status === 429 || status === 408 ? `it answers with ${status}` : null
}

function judged({ status, body }: Extract<Answer, { kind: 'answer' }>, url: string): unknown {
  if (status === 200 && body !== undefined) return body
  if (isNotFound(status, body)) return null
  const where = `The schema registry at ${registryName(url)}`
  if (status === 401 || status === 403)
    throw new WorkerError(
      'unauthorized',
      `${where} refuses these credentials (${status}). Set SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD of one who ` +
        'may read the schemas of the topic.',
    )
  throw new WorkerError(
    'configuration',
    `What answers at ${registryName(url)} is no schema registry, or not under this path (${status}). Set SCHEMA_REGISTRY_URL to ` +
      'what stands before `/schemas/ids`.',
  )
}

/** Asks once, for those who only look. Rejects with WorkerError if it does not answer as a registry does. */
export async function inspectRegistry(settings: RegistrySettings, signal: AbortSignal): Promise<string> {
  const http = new RegistryHttp(settings)
  try {
    const answer = await http.get('/schemas/types', signal)
    const trouble = troubleOf(answer)
    if (trouble === null) return String(judged(answer as Extract<Answer, { kind: 'answer' }>, settings.url))
    throw new WorkerError(
      'unreachable',
      `The schema registry at ${registryName(settings.url)} does not answer (${trouble}). Start it, or set SCHEMA_REGISTRY_URL to ` +
        'where it is.',
    )
  } finally {
    http.close()
  }
}
