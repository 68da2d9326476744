// npm run bench:replay: one million generated events from a file to the null store, beside a bare loop that reads the
// same file and parses each line. CPU-seconds and peak memory of whole processes, in one run.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    tabs: { type: 'string', default: '20000' },
    json: { type: 'boolean', default: false },
  },
})
const root = join(import.meta.dirname, '../..')
const directory = mkdtempSync(join(tmpdir(), 'bench-'))
const file = join(directory, 'events.ndjson')
const count = Number(values.events)

/** Reports its own cost on standard error when the process ends. */
const meter = `process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write('COST ' + JSON.stringify({ cpu: (user + system) / 1e6, wall: performance.now() / 1000, rss: process.resourceUsage().maxRSS / 1024 }) + '\\n') })`
const bareLoop = `
import { createReadStream } from 'node:fs'
let rest = '', count = 0
for await (const chunk of createReadStream(${JSON.stringify(file)}, { highWaterMark: 262144, encoding: 'utf8' })) {
  const lines = (rest + chunk).split('\\n')
  rest = lines.pop()
  for (const line of lines) { JSON.parse(line); count++ }
}
`

function measure(words: readonly string[]) {
  const run = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(meter)}`, ...words],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
  )
  const cost = /^COST (.*)$/m.exec(run.stderr)?.[1]
  if (run.status !== 0 || cost === undefined) throw new Error(`${words.join(' ')}: ${run.stderr}`)
  return JSON.parse(cost) as { cpu: number; wall: number; rss: number }
}

try {
  measure(['src/main.ts', 'generate', '--count', values.events, '--tabs', values.tabs, '--out', file])
  const rows = []
  for (let round = 0; round < 3; round++) {
    const baseline = measure(['--input-type=module', '-e', bareLoop])
    const replay = measure(['src/main.ts', 'replay', file, '--store', 'null'])
    rows.push({ baseline, replay, ratio: replay.cpu / baseline.cpu })
  }
  const best = rows.toSorted((a, b) => a.ratio - b.ratio)[1] as (typeof rows)[number]
  const line = (name: string, { cpu, wall, rss }: (typeof best)['replay']) =>
    `${name.padEnd(28)} ${(count / cpu).toFixed(0).padStart(9)} events per CPU-second  ${((cpu * 1e6) / count).toFixed(2).padStart(6)} CPU-s per million  ${wall.toFixed(1).padStart(6)} s  ${rss.toFixed(0).padStart(5)} MB`
  if (values.json)
    console.log(
      JSON.stringify({
        name: 'replay-null',
        events: count,
        cpuSecondsPerMillion: (best.replay.cpu * 1e6) / count,
        wallSeconds: best.replay.wall,
        peakRssMb: best.replay.rss,
        baseline: { cpuSecondsPerMillion: (best.baseline.cpu * 1e6) / count, peakRssMb: best.baseline.rss },
        ratio: best.ratio,
      }),
    )
  else
    console.log(
      `${line('read and JSON.parse', best.baseline)}\n${line('replay --store null', best.replay)}\nratio ${best.ratio.toFixed(2)} (median of three runs: ${rows.map(row => row.ratio.toFixed(2)).join(', ')})`,
    )
} finally {
  rmSync(directory, { recursive: true })
}
