// npm run accuracy [-- --device-detector CHECKOUT]
// What share of the labels of each corpus every library agrees with, in percent, then how many distinct user agents each
// looks up in a second of processor time. The checkout of matomo-org/device-detector (LGPL) is read where it lies.
import { parseArgs } from 'node:util'
import { createDeviceLookup } from '../../src/adapters/ua-parser-device.ts'
import { corpusNames, type Row, readCorpus } from './corpus.ts'
import { columns } from './families.ts'
import { type Library, libraries } from './libraries.ts'
import { percent, type Score, score, sum } from './score.ts'
import { readMatomo } from './sources.ts'

const { values } = parseArgs({ options: { 'device-detector': { type: 'string' } } })
const corpora = new Map<string, readonly Row[]>(corpusNames.map(name => [name, readCorpus(name)]))
const compared = libraries()

function print(title: string, scores: readonly (readonly [string, Score])[]): void {
  const cell = (value: number) => (Number.isNaN(value) ? '–' : value.toFixed(1)).padStart(10)
  console.log(`\n${title}`)
  console.log(
    ''.padEnd(16) + [...columns, 'sum', 'bots found', 'false bots'].map(name => name.padStart(10)).join(' '),
  )
  for (const [name, shares] of scores)
    console.log(
      name.padEnd(16) +
        [
          ...columns.map(column => percent(shares[column])),
          sum(shares),
          percent(shares.bots),
          100 - percent(shares.people),
        ]
          .map(cell)
          .join(' '),
    )
}

const scoresOf = (rows: readonly Row[]) =>
  compared.map(library => [library.name, score(library, rows)] as const)

for (const [name, rows] of corpora) print(`${name}, ${rows.length} rows`, scoresOf(rows))
const all = [...corpora.values()].flat()
print(`all of them, ${all.length} rows`, scoresOf(all))
print('with client hints', scoresOf(all.filter(({ hints }) => hints !== undefined)))
if (values['device-detector']) {
  const rows = readMatomo(values['device-detector'])
  print(`device-detector, ${rows.length} rows`, scoresOf(rows))
}

/** Look-ups in a second of processor time, once the code is warm. */
function speed(userAgents: readonly string[], ask: (userAgent: string) => unknown): string {
  const since = process.cpuUsage()
  for (const userAgent of userAgents) ask(userAgent)
  const { user, system } = process.cpuUsage(since)
  return Math.round((userAgents.length * 1e6) / (user + system))
    .toLocaleString('en')
    .padStart(12)
}

const real = [...new Set(readCorpus('intoli').map(({ ua }) => ua))]
const mixed = [...new Set(all.map(({ ua }) => ua))]
/** The cache must not know them: a word that changes nothing makes another user agent of each. */
const anew = (userAgents: readonly string[], round: string) =>
  userAgents.map(userAgent => `${userAgent} ${round}`)

function coldSpeed({ ask }: Library, userAgents: readonly string[]): string {
  for (const round of ['a', 'b']) for (const userAgent of anew(userAgents, round)) ask(userAgent, null)
  return speed(anew(userAgents, 'c'), userAgent => ask(userAgent, null))
}

console.log(
  '\nlook-ups per CPU-second, each user agent once'.padEnd(48) +
    'of browsers'.padStart(12) +
    'of all'.padStart(13),
)
for (const library of compared)
  console.log(library.name.padEnd(47), coldSpeed(library, real), coldSpeed(library, mixed))
const cached = createDeviceLookup()
for (const userAgent of real) cached({ userAgent, clientHints: null })
const repeated = Array.from({ length: 300 }, () => real).flat()
console.log(
  'sessionloom, again'.padEnd(47),
  speed(repeated, userAgent => cached({ userAgent, clientHints: null })),
)
