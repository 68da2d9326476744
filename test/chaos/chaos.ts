// npm run chaos -- [--minutes 5] [--seed 1] [--faults 'killed,frozen'] [--json]
import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Random, seededRandom } from '../support/seeded-random.ts'
import { UnavailableError } from '../support/server.ts'
import { type FaultKind, faultKinds } from './faults.ts'
import { judge, type Verdict } from './verdict.ts'
import { partitions, shortened, World, workerCount } from './world.ts'

const help = `Usage: npm run chaos -- [options]

Starts Kafka, Elasticsearch and ${workerCount.least} to ${workerCount.most} workers, feeds them late, repeated, broken and merging events, breaks
things at random, waits until all is read, and compares every document with a batch over the log.

  --minutes N    how long faults are injected (5)
  --seed N       of the workload and of the faults (1)
  --faults A,B   only kinds whose names contain one of these words
  --logs DIR     keeps all that the workers write
  --json         ends with one line of JSON
  --list         names the kinds of faults`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    faults: { type: 'string' },
    logs: { type: 'string' },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

/** How many faults overlap at most. */
const mostAtOnce = 3

const startedAt = performance.now()
const say = (line: string): void => {
  process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}\n`)
}

type Count = { readonly kind: string; readonly times: number; readonly worstSeconds: number | null }
type Run = { readonly verdict: Verdict; readonly counts: readonly Count[]; readonly surprises: number }

process.exitCode = await main().catch(error => {
  if (!(error instanceof UnavailableError)) throw error
  const verdict = process.env.REQUIRE_SERVICES === '1' ? 'FAILED (REQUIRE_SERVICES=1)' : 'SKIPPED'
  say(`!!! CHAOS ${verdict}: start Docker, or install Java 17 or newer and Maven (${error.message})`)
  return verdict === 'SKIPPED' ? 0 : 1
})

async function main(): Promise<number> {
  const words = values.faults?.split(',').map(word => word.trim())
  const kinds = faultKinds.filter(({ name }) => words?.some(word => name.includes(word)) ?? true)
  if (values.logs !== undefined) mkdirSync(values.logs, { recursive: true })
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  if (values.help) return print(help, 0)
  if (values.list) return print(faultKinds.map(({ name }) => name).join('\n'), 0)
  if (!(minutes > 0) || !Number.isInteger(seed) || kinds.length === 0) return print(help, 2)
  const { verdict, counts, surprises } = await run(seed, minutes, kinds)
  print(table(counts), 0)
  for (const fault of verdict.faults) print(`WRONG: ${fault}`, 0)
  const { events, missing, extra, different, accountingClosed } = verdict
  const isExact = verdict.faults.length === 0
  const worst = Math.max(0, ...counts.map(({ worstSeconds }) => worstSeconds ?? 0))
  const faults = counts.reduce((sum, { times }) => sum + times, 0)
  const { sessions, redirects, reduced, deadLetters } = verdict
  print(
    `\nseed ${seed}: ${events} events in ${sessions} sessions, ${redirects} redirects, ${reduced} reduced documents, ` +
      `${deadLetters} dead letters, ${surprises} restarts of workers that ended by themselves: ` +
      (isExact ? 'EXACT' : 'NOT EXACT'),
    0,
  )
  if (values.json)
    print(
      JSON.stringify({
        seed,
        events,
        faults,
        missing,
        extra,
        different,
        accountingClosed,
        worstRecoverySeconds: worst,
      }),
      0,
    )
  return isExact ? 0 : 1
}

function print(text: string, exitCode: number): number {
  process.stdout.write(`${text}\n`)
  return exitCode
}

function table(counts: readonly Count[]): string {
  const rows = counts.map(
    ({ kind, times, worstSeconds }) => `| ${kind} | ${times} | ${worstSeconds?.toFixed(1) ?? '–'} |`,
  )
  const settings = Object.entries(shortened).map(([name, value]) => `${name}=${value}`)
  return [
    `Shortened for the run: ${settings.join(', ')}.\n`,
    '| fault | times | worst recovery, s |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n')
}

async function run(seed: number, minutes: number, kinds: readonly FaultKind[]): Promise<Run> {
  say(`starting services; seed ${seed}, ${minutes} minutes`)
  const world = await World.start({ seed, minutes, logs: values.logs ?? null })
  const times = new Map<string, number>()
  try {
    world.startWorkers(workerCount.least + 1)
    const background = [world.workload.run(), world.recovery.run()]
    world.workload.resume()
    await sleep(5_000)
    await inject(world, seededRandom(seed), performance.now() + minutes * 60_000, kinds, times)
    say('no more faults; waiting until everything is read')
    await world.workload.pause()
    const closers = await world.workload.closeAll(partitions)
    await world.drained()
    // What the watchers still wait for is committed now; they look twice a second.
    await sleep(2_000)
    world.recovery.end()
    await world.workload.end()
    await Promise.all(background)
    await world.workers.stopAll('terminate')
    say('comparing')
    await world.capture()
    const verdict = await judge(world, closers)
    const { told, surprises } = world.workers
    for (const { worker, exit, lines } of surprises)
      say(`${worker} ended by itself (${exit.code ?? exit.signal}): ${lines.at(-1) ?? ''}`)
    say(`sent ${world.workload.sent}, lost ${world.lost}; workers told: ${JSON.stringify(told)}`)
    const counts = kinds.map(({ name }) => ({
      kind: name,
      times: times.get(name) ?? 0,
      worstSeconds: world.recovery.worstSeconds.get(name) ?? null,
    }))
    return { verdict, counts, surprises: surprises.length }
  } finally {
    await world.stop()
  }
}

/** Deals the kinds from a shuffled deck, so that all come, some at the same time. */
async function inject(
  world: World,
  random: Random,
  until: number,
  kinds: readonly FaultKind[],
  times: Map<string, number>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  let deck: FaultKind[] = []
  const start = (kind: FaultKind): Promise<void> => {
    say(kind.name)
    const fault = kind
      .inject(world, random)
      .then(met => {
        if (met === false) return say(`${kind.name}: there was nothing to break`)
        times.set(kind.name, (times.get(kind.name) ?? 0) + 1)
        world.recovery.healed(kind.name)
      })
      .catch(error => void failures.push(new Error(`${kind.name}: ${error.message}`, { cause: error })))
      .finally(() => running.delete(fault))
    running.add(fault)
    return fault
  }
  while (performance.now() < until && failures.length === 0) {
    if (deck.length === 0)
      deck = random.shuffle(kinds.flatMap(kind => Array<FaultKind>(kind.weight).fill(kind)))
    const kind = deck.pop() as FaultKind
    if (kind.isAlone) {
      await Promise.all(running)
      await start(kind)
    } else {
      if (running.size >= mostAtOnce) await Promise.race(running)
      void start(kind)
    }
    await sleep(500 + random.below(3_000))
  }
  await Promise.all(running)
  if (failures.length > 0) throw failures[0]
}
