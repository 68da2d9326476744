// What a step of a benchmark cost, as it tells its parent on standard output.
export type Cost = {
  readonly events: number
  readonly cpuSeconds: number
  readonly wallSeconds: number
  readonly peakRssMb: number
  /** Of the heap, after what was measured and a collection. */
  readonly heapBytes?: number
  /** Of the servers meanwhile, as their parent saw them; null where the system does not tell. */
  readonly brokerCpuSeconds?: number | null
  readonly nodeCpuSeconds?: number | null
  /** Of the machine, whoever used them. */
  readonly busyCores?: number | null
}

/** Runs what is measured; what a process needs before it is not counted. */
export async function measured(events: number, work: () => void | Promise<void>): Promise<Cost> {
  const before = process.cpuUsage()
  const startedAt = performance.now()
  await work()
  const wallSeconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(before)
  return {
    events,
    cpuSeconds: (user + system) / 1e6,
    wallSeconds,
    peakRssMb: process.resourceUsage().maxRSS / 1024,
  }
}

export const report = (cost: Cost): void => void process.stdout.write(`${JSON.stringify(cost)}\n`)
