// npm run bench:geo: look-ups of addresses per CPU-second, beside the reader `maxmind` on the same files and addresses.
// Ours validates an address, leaves out private ones and gives the document's shape; `maxmind` gives the raw record.
import { readFileSync } from 'node:fs'
import { open } from 'maxmind'
import { openGeoDatabase } from '../../src/adapters/mmdb-geo.ts'
import { developmentCityFiles, embeddedGeoFiles } from '../../src/adapters/mmdb-packaged.ts'
import { seededRandom } from '../support/seeded-random.ts'

const rounds = 5
const random = seededRandom(7)
const below = (limit: number) => random.below(limit)
const group = () => below(65_536).toString(16)
/** As they come out of an event: a text that was put together is not one piece until it is first read. */
const parsed = (addresses: readonly string[]): string[] => JSON.parse(JSON.stringify(addresses))
const v4 = Array.from({ length: 200_000 }, () =>
  [1 + below(222), below(256), below(256), below(256)].join('.'),
)
const v6 = Array.from({ length: 100_000 }, () => `2a0${below(9)}:${group()}:${group()}::1`)
const visitors = ['access-log', 'access-log-2'].flatMap(name =>
  readFileSync(new URL(`../data/${name}.events.ndjson`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => (JSON.parse(line) as { context: { ip: string } }).context.ip),
)

/** Thousands a CPU-second. */
function rate(addresses: readonly string[], lookup: (ip: string) => unknown): number {
  const startedAt = process.cpuUsage()
  for (const ip of addresses) lookup(ip)
  const { user, system } = process.cpuUsage(startedAt)
  return (addresses.length / (user + system)) * 1000
}

async function alternative(files: readonly string[]): Promise<(ip: string) => unknown> {
  const readers = await Promise.all(files.map(path => open(path)))
  return ip => (ip.includes(':') ? readers.at(-1) : readers[0])?.get(ip)
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number

console.log('thousand look-ups a CPU-second, median of', rounds, '\n')
for (const [name, files] of [
  ['country', embeddedGeoFiles()],
  ['city', developmentCityFiles()],
] as const) {
  if (files === null) continue
  for (const [kind, addresses] of [
    ['new IPv4', v4],
    ['new IPv6', v6],
    ['visitors of two sites', visitors.flatMap(ip => Array<string>(10).fill(ip))],
  ] as const) {
    const [ours, theirs]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      // Each opens its files anew, so that no cache is warm.
      ours.push(rate(parsed(addresses), openGeoDatabase(files).lookup))
      theirs.push(rate(parsed(addresses), await alternative(files)))
    }
    console.log(
      `${`${name}, ${kind}`.padEnd(32)} ours ${median(ours).toFixed(0).padStart(6)}  maxmind ${median(theirs).toFixed(0).padStart(6)}`,
    )
  }
}
