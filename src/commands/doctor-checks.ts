// Checks that are independent of one another, and what they found: one verdict each.
import { WorkerError } from '../core/worker-error.ts'

export type Finding = {
  readonly verdict: 'ok' | 'warn' | 'fail'
  /** What was found, and what to do next if it is not well. */
  readonly message: string
}

export type Check = {
  readonly name: string
  /** The checks of which one must be passed, so that there is anything to ask; they stand before this one. */
  readonly needs?: readonly string[]
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

/** `causes`: the checks whose failure leaves those that need this one nothing to ask; none where it was passed. */
type Outcome = { readonly finding: Finding; readonly causes: readonly string[] }

/** Runs all of them at once, and gives the verdicts in their order. */
export async function* verdicts(checks: readonly Check[]): AsyncGenerator<Verdict> {
  const outcomes = new Map<string, Promise<Outcome>>()
  for (const check of checks) {
    const needed = (check.needs ?? []).map(name => outcomes.get(name) as Promise<Outcome>)
    outcomes.set(check.name, outcomeOf(check, needed))
  }
  for (const [check, outcome] of outcomes) yield { check, ...(await outcome).finding }
}

async function outcomeOf(check: Check, needed: readonly Promise<Outcome>[]): Promise<Outcome> {
  const causes = await causesOf(needed)
  if (causes.length > 0) {
    const failed = causes.map(name => `\`${name}\``).join(' and ')
    return { finding: doubtful(`not checked, because ${failed} failed. Mend that first.`), causes }
  }
  const finding = await find(check)
  return { finding, causes: finding.verdict === 'fail' ? [check.name] : [] }
}

/** None as soon as one of them was passed. */
async function causesOf(needed: readonly Promise<Outcome>[]): Promise<readonly string[]> {
  if (needed.length === 0) return []
  const passed = needed.map(async outcome => {
    if ((await outcome).causes.length > 0) throw new Error('failed')
  })
  return Promise.any(passed).then(
    () => [],
    async () => [...new Set((await Promise.all(needed)).flatMap(({ causes }) => causes))],
  )
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
