// Two processes of one group beside one. They share the machine with the broker, so that a wall-clock ratio alone says
// little: each process is bound to a core of its own, and events are counted only while all are at work, from when
// each has its share of the partitions, and is warm, to when the first has read it.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { machineCpu } from '../support/process-cpu.ts'
import type { Server } from '../support/server.ts'
import { workload } from './bench-settings.ts'
import type { Progress } from './member-step.ts'
import { median, medianOrNull, type Row } from './rows.ts'
import { startStep } from './steps.ts'

/** Read by each of them before anything is counted: what is compiled then is not a steady state's. */
const warmUpShare = 0.1
const samplePauseMs = 100

/** What all processes together did in the window. */
type Window = {
  readonly events: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakRssMb: number
  /** Of the broker and of all that runs on the machine, in cores. */
  readonly brokerCores: number | null
  readonly busyCores: number | null
}

type Sample = { readonly at: number; readonly broker: number | null; readonly busy: number | null }

const canBind = (): boolean => spawnSync('taskset', ['--version']).status === 0

/** `apart`: in groups of their own, each of which reads everything. */
type Kind = 'one' | 'apart' | 'two'
const groupsOf: Readonly<Record<Kind, readonly string[]>> = { one: ['a'], apart: ['a', 'b'], two: ['a', 'a'] }

export async function measureTwo(kafka: Server, topic: string, records: number, rounds: number) {
  const bound = canBind() && availableParallelism() > 1
  const turns: Readonly<Record<Kind, Window>>[] = []
  const read = (kind: Kind) => readBy(groupsOf[kind], bound, kafka, topic, records)
  for (let round = 0; round < rounds; round++)
    turns.push({ one: await read('one'), apart: await read('apart'), two: await read('two') })
  const of = (pick: (turn: (typeof turns)[number]) => number) => median(turns.map(pick))
  const figures = (kind: Kind) => ({
    cpuSecondsPerMillion: of(turn => perMillion(turn[kind])),
    wallSeconds: of(turn => turn[kind].seconds),
    eventsPerSecond: of(turn => rateOf(turn[kind])),
    peakRssMb: of(turn => turn[kind].peakRssMb),
    cores: of(turn => turn[kind].cpuSeconds / turn[kind].seconds),
    brokerCores: medianOrNull(turns.map(turn => turn[kind].brokerCores)),
    busyCores: medianOrNull(turns.map(turn => turn[kind].busyCores)),
  })
  const [one, apart, two] = [figures('one'), figures('apart'), figures('two')]
  const row: Row = {
    name: 'kafka-two',
    events: of(turn => turn.two.events),
    ...two,
    baseline: { name: 'one process', ...one },
    ratio: of(turn => rateOf(turn.two) / rateOf(turn.one)),
    ratioOf: 'eventsPerSecond',
    apart: { ...apart, ratio: of(turn => rateOf(turn.apart) / rateOf(turn.one)) },
    /** What becomes of twice the events when nothing but the group is shared. */
    ratioToApart: of(turn => (2 * rateOf(turn.two)) / rateOf(turn.apart)),
    bound,
    machineCores: availableParallelism(),
  }
  const text = (name: string, { cores, brokerCores, busyCores, ...rest }: typeof one) =>
    `${name}: ${rest.eventsPerSecond.toFixed(0)} events/s, ${rest.cpuSecondsPerMillion.toFixed(2)} CPU-s per million; ` +
    `of ${row.machineCores} cores ${cores.toFixed(2)} worker, ${brokerCores?.toFixed(2) ?? '?'} broker, ` +
    `${busyCores?.toFixed(2) ?? '?'} busy in all`
  const notes = [
    `the ratio is of events per second${bound ? ', with one core for each process, and the broker on both' : ''}`,
    text('one process', one),
    text('two processes of one group', two),
    text('two processes that share nothing but the machine', apart),
    `so one group of two reads ${(row.ratioToApart as number).toFixed(2)} times what one process beside a busy core does`,
  ]
  return { row, notes }
}

const perMillion = ({ cpuSeconds, events }: Window): number => (cpuSeconds * 1e6) / events
const rateOf = ({ events, seconds }: Window): number => events / seconds

/** A process for each of the names, in the group of that name. */
async function readBy(
  groups: readonly string[],
  bound: boolean,
  kafka: Server,
  topic: string,
  records: number,
): Promise<Window> {
  const run = randomUUID()
  const members = groups.map(group => ({ group, progress: [] as Progress[] }))
  const samples: Sample[] = []
  const allRead = Promise.withResolvers<void>()
  const steps = members.map(({ group, progress }, i) => {
    const words = [kafka.address, topic, `bench-${run}-${group}`]
    const child = startStep('member-step.ts', words, { core: bound ? i : undefined })
    child.once('exit', code => allRead.reject(new Error(`member-step.ts ended with exit code ${code}`)))
    createInterface({ input: child.stdout }).on('line', line => {
      progress.push(JSON.parse(line) as Progress)
      const ofGroup = members.filter(member => member.group === group)
      const read = ofGroup.reduce((sum, own) => sum + (own.progress.at(-1)?.records ?? 0), 0)
      if (read >= records) allRead.resolve()
    })
    return child
  })
  const timer = setInterval(() => void sample(kafka).then(taken => samples.push(taken)), samplePauseMs)
  try {
    await allRead.promise
  } finally {
    clearInterval(timer)
    for (const child of steps) child.kill('SIGKILL')
  }
  const perGroup = groups.length / new Set(groups).size
  const share = { partitions: workload.partitions / perGroup, warmUp: (records / perGroup) * warmUpShare }
  return windowOf(
    members.map(({ progress }) => progress),
    samples,
    share,
  )
}

async function sample(kafka: Server): Promise<Sample> {
  const [broker, machine] = await Promise.all([kafka.cpuSeconds(), machineCpu()])
  return { at: Date.now() / 1000, broker, busy: machine?.busySeconds ?? null }
}

function windowOf(
  members: readonly (readonly Progress[])[],
  samples: readonly Sample[],
  { partitions: share, warmUp }: { readonly partitions: number; readonly warmUp: number },
): Window {
  const ready = members.map(progress => {
    const first = progress.findLastIndex(({ partitions }) => partitions !== share) + 1
    const shared = progress.slice(first)
    return shared.find(({ records }) => records >= (shared[0] as Progress).records + warmUp)
  })
  if (ready.includes(undefined)) throw new Error('the partitions were read before each process had its share')
  const from = Math.max(...ready.map(progress => progress!.at))
  const to = Math.min(...members.map(progress => progress.at(-1)!.at))
  const grown = (pick: (progress: Progress) => number) =>
    members.reduce((sum, own) => sum + valueAt(own, to, pick) - valueAt(own, from, pick), 0)
  const seconds = to - from
  if (seconds < 1)
    throw new Error(`all were at work for ${seconds.toFixed(1)} s only: more --events are needed`)
  const cores = (pick: (sample: Sample) => number | null) =>
    samples.some(taken => pick(taken) === null)
      ? null
      : (valueAt(samples, to, pick as (sample: Sample) => number) -
          valueAt(samples, from, pick as (sample: Sample) => number)) /
        seconds
  return {
    events: Math.round(grown(({ records }) => records)),
    seconds,
    cpuSeconds: grown(({ cpuSeconds }) => cpuSeconds),
    peakRssMb: Math.max(...members.map(progress => progress.at(-1)!.peakRssMb)),
    brokerCores: cores(({ broker }) => broker),
    busyCores: cores(({ busy }) => busy),
  }
}

/** Between two reports it grows evenly. */
function valueAt<T extends { readonly at: number }>(
  series: readonly T[],
  at: number,
  pick: (entry: T) => number,
): number {
  const next = series.findIndex(entry => entry.at >= at)
  if (next === -1) return pick(series.at(-1) as T)
  const after = series[next] as T
  const before = series[next - 1] ?? after
  const span = after.at - before.at
  return span === 0 ? pick(after) : pick(before) + ((at - before.at) / span) * (pick(after) - pick(before))
}
