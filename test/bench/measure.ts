// One measurement in turn with its baseline, so that the machine's other load falls on both. The median counts.
import { availableParallelism } from 'node:os'
import type { Cost } from './cost.ts'
import { median, medianOrNull, printRow, type Row } from './rows.ts'

export type Measurement = { readonly name: string; readonly kind: string; readonly baseline: string }

export async function measure(
  { name, kind, baseline }: Measurement,
  run: (kind: string) => Promise<Cost>,
  { rounds, json }: { readonly rounds: number; readonly json: boolean },
): Promise<void> {
  const pairs: { readonly base: Cost; readonly own: Cost }[] = []
  for (let round = 0; round < rounds; round++) pairs.push({ base: await run(baseline), own: await run(kind) })
  const of = (pick: (pair: (typeof pairs)[number]) => number) => median(pairs.map(pick))
  const servers = serverFigures(pairs.map(({ own }) => own))
  const row: Row = {
    name,
    events: pairs[0]!.own.events,
    cpuSecondsPerMillion: of(({ own }) => perMillion(own)),
    wallSeconds: of(({ own }) => own.wallSeconds),
    eventsPerSecond: of(({ own }) => own.events / own.wallSeconds),
    peakRssMb: of(({ own }) => own.peakRssMb),
    ...(pairs[0]!.own.heapBytes !== undefined && {
      heapBytesPerSession: of(({ own }) => (own.heapBytes as number) / own.events),
    }),
    ...servers,
    baseline: {
      name: baseline,
      cpuSecondsPerMillion: of(({ base }) => perMillion(base)),
      wallSeconds: of(({ base }) => base.wallSeconds),
      peakRssMb: of(({ base }) => base.peakRssMb),
    },
    ratio: of(({ base, own }) => perMillion(own) / perMillion(base)),
    ratioOf: 'cpuSecondsPerMillion',
  }
  printRow(row, json, notesOf(row, servers))
}

const perMillion = ({ cpuSeconds, events }: Cost): number => (cpuSeconds * 1e6) / events

type Used = { readonly cpuSecondsPerMillion: number; readonly cores: number }

/** What the servers used while the worker ran, its start and end included, and what all of the machine was. */
function serverFigures(costs: readonly Cost[]) {
  const used = (pick: (cost: Cost) => number | null | undefined): Used | null => {
    const seconds = costs.map(cost => ({ cost, cpu: pick(cost) ?? null }))
    const each = medianOrNull(seconds.map(({ cost, cpu }) => cpu && (cpu * 1e6) / cost.events))
    const cores = medianOrNull(seconds.map(({ cost, cpu }) => cpu && cpu / cost.wallSeconds))
    return each === null || cores === null ? null : { cpuSecondsPerMillion: each, cores }
  }
  if (costs[0]!.brokerCpuSeconds === undefined) return {}
  return {
    workerCores: median(costs.map(({ cpuSeconds, wallSeconds }) => cpuSeconds / wallSeconds)),
    broker: used(({ brokerCpuSeconds }) => brokerCpuSeconds),
    elasticsearch: used(({ nodeCpuSeconds }) => nodeCpuSeconds),
    busyCores: medianOrNull(costs.map(({ busyCores }) => busyCores ?? null)),
    machineCores: availableParallelism(),
  }
}

function notesOf(row: Row, servers: ReturnType<typeof serverFigures>): string[] {
  const notes: string[] = []
  if (row.heapBytesPerSession !== undefined)
    notes.push(`${(row.heapBytesPerSession as number).toFixed(0)} bytes of heap per session`)
  if (servers.workerCores === undefined) return notes
  const { broker, elasticsearch, workerCores, busyCores, machineCores } = servers
  for (const [name, used] of Object.entries({ broker, Elasticsearch: elasticsearch }))
    if (used !== null)
      notes.push(
        `${name}: ${used.cpuSecondsPerMillion.toFixed(2)} CPU-s per million, ${used.cores.toFixed(2)} cores`,
      )
  const busy = busyCores === null ? '' : `, ${busyCores.toFixed(2)} busy in all`
  notes.push(`worker: ${workerCores.toFixed(2)} of ${machineCores} cores${busy}`)
  return notes
}
