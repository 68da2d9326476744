// What a measurement says in the end: a line of JSON, or a row of a table.
export type Row = {
  readonly name: string
  readonly events: number
  /** Of the measured processes alone; null where it cannot be told from the load's. */
  readonly cpuSecondsPerMillion: number | null
  readonly wallSeconds: number
  readonly eventsPerSecond: number
  readonly peakRssMb: number
  readonly baseline: {
    readonly name: string
    readonly cpuSecondsPerMillion: number | null
    readonly [figure: string]: unknown
  }
  /** To the baseline, in `ratioOf`. */
  readonly ratio: number
  readonly ratioOf: 'cpuSecondsPerMillion' | 'eventsPerSecond' | 'p50Ms'
  readonly [figure: string]: unknown
}

const heading =
  'measurement            CPU-s per million   events per s    peak MB   baseline, CPU-s per million    ratio'

let isFirst = true

/** `notes` stand below the row, and only there: in JSON they are fields. */
export function printRow(row: Row, json: boolean, notes: readonly string[] = []): void {
  const above = isFirst ? [heading] : []
  isFirst = false
  const lines = json ? [JSON.stringify(row)] : [...above, tableRow(row), ...notes.map(note => `    ${note}`)]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function tableRow({ name, baseline, ratio, ...row }: Row): string {
  return [
    name.padEnd(21),
    fixed(row.cpuSecondsPerMillion, 2).padStart(18),
    row.eventsPerSecond.toFixed(0).padStart(14),
    row.peakRssMb.toFixed(0).padStart(10),
    `${baseline.name} ${fixed(baseline.cpuSecondsPerMillion, 2)}`.padStart(30),
    ratio.toFixed(2).padStart(8),
  ].join(' ')
}

const fixed = (figure: number | null, digits: number): string => figure?.toFixed(digits) ?? '-'

/** Of an even count, the lower of the two. */
export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[(numbers.length - 1) >> 1] as number

/** Of what is null in some round, null. */
export function medianOrNull(numbers: readonly (number | null)[]): number | null {
  const told = numbers.filter(number => number !== null)
  return told.length === numbers.length && told.length > 0 ? median(told) : null
}
