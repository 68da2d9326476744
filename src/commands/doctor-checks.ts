// Checks that are independent of one another, and what they found: one verdict each.
import { WorkerError } from '../core/worker-error.ts'

export type Finding = {
  readonly verdict: 'ok' | 'warn' | 'fail'
  /** What was found, and what to do next if it is not well. */
  readonly message: string
}

export type Check = {
  readonly name: string
  /** The check without which there is nothing to ask. */
  readonly needs?: string
  /** Rejects with a WorkerError for a `fail` that says what to do. */
  run(): Promise<Finding>
}

export type Verdict = Finding & { readonly check: string }

/** How long one check may take, ms. */
const patienceMs = 15_000

/** A check that found nothing to say against it. */
export const well = (message: string): Finding => ({ verdict: 'ok', message })
/** Something that works, and will not always. */
export const doubtful = (message: string): Finding => ({ verdict: 'warn', message })
/** Something that keeps a worker from running, or from being right. */
export const broken = (message: string): Finding => ({ verdict: 'fail', message })

/** `cause`: the check whose failure leaves those that need this one nothing to ask; null if there is none. */
type Outcome = { readonly finding: Finding; readonly cause: string | null }

/** Runs all of them at once, and gives the verdicts in their order. */
export async function* verdicts(checks: readonly Check[]): AsyncGenerator<Verdict> {
  const outcomes = new Map<string, Promise<Outcome>>()
  for (const check of checks) outcomes.set(check.name, outcomeOf(check, outcomes.get(check.needs ?? '')))
  for (const [check, outcome] of outcomes) yield { check, ...(await outcome).finding }
}

async function outcomeOf(check: Check, needed: Promise<Outcome> | undefined): Promise<Outcome> {
  const cause = (await needed)?.cause ?? null
  if (cause !== null)
    return { finding: doubtful(`not checked, because \`${cause}\` failed. Mend that first.`), cause }
  const finding = await find(check)
  return { finding, cause: finding.verdict === 'fail' ? check.name : null }
}

/** Never rejects: a check that goes wrong must not hide the others. */
async function find({ name, run }: Check): Promise<Finding> {
  const { promise: tooLong, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(
      new WorkerError(
        'unreachable',
        `no answer within ${patienceMs / 1000} s. Look whether what \`${name}\` asks is overloaded or hangs.`,
      ),
    )
  }, patienceMs)
  try {
    return await Promise.race([run(), tooLong])
  } catch (error) {
    if (error instanceof WorkerError) return broken(error.message)
    return broken(
      `unexpected: ${(error as Error)?.message ?? error}. This is a fault of Sessionloom: report it.`,
    )
  } finally {
    clearTimeout(timer)
  }
}
