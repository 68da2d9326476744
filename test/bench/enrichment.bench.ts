// node test/bench/enrichment.bench.ts: look-ups per CPU-second, on real and on made-up input.
import { readFileSync } from 'node:fs'
import { openGeoDatabase } from '../../src/adapters/mmdb-geo.ts'
import { developmentCityFiles, embeddedGeoFiles } from '../../src/adapters/mmdb-packaged.ts'
import { createDeviceLookup } from '../../src/adapters/ua-parser-device.ts'
import { weekdayAndHour } from '../../src/core/enrichment/weekday.ts'

type LogLine = { readonly context: { readonly ip: string; readonly userAgent: string } }

const log = ['access-log', 'access-log-2'].flatMap(name =>
  readFileSync(new URL(`../data/${name}.events.ndjson`, import.meta.url), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => (JSON.parse(line) as LogLine).context),
)

function measure<T>(name: string, inputs: readonly T[], run: (input: T) => unknown): void {
  const startedAt = process.cpuUsage()
  for (const input of inputs) run(input)
  const { user, system } = process.cpuUsage(startedAt)
  const perSecond = (inputs.length / (user + system)) * 1e6
  console.log(`${name.padEnd(44)} ${Math.round(perSecond).toLocaleString('en').padStart(12)} /s`)
}

const distinct = [...new Set(log.map(({ userAgent }) => userAgent).filter(Boolean))]
const warming = createDeviceLookup()
for (let round = 0; round < 3; round++)
  for (const userAgent of distinct) warming({ userAgent: `${userAgent} warm${round}`, clientHints: null })
const devices = createDeviceLookup()
measure(`user agents, cold, ${distinct.length} distinct`, distinct, userAgent =>
  devices({ userAgent, clientHints: null }),
)
const agents = log.flatMap(({ userAgent }) => Array<string>(20).fill(userAgent))
measure('user agents, cached', agents, userAgent => devices({ userAgent, clientHints: null }))
const clientHints = {
  'sec-ch-ua': '"Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99"',
  'sec-ch-ua-mobile': '?1',
  'sec-ch-ua-platform': '"Android"',
  'sec-ch-ua-platform-version': '"14.0.0"',
  'sec-ch-ua-model': '"Pixel 8"',
}
measure('user agents with hints, cached', agents, userAgent => devices({ userAgent, clientHints }))

// mulberry32: the same addresses on every run, and none twice in a short cycle.
let state = 7
function random(limit: number): number {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit)
}
const v4 = Array.from({ length: 300_000 }, () =>
  [1 + random(222), random(256), random(256), random(256)].join('.'),
)
const v6 = Array.from(
  { length: 100_000 },
  () => `2a0${random(9)}:${random(65_536).toString(16)}:${random(65_536).toString(16)}::1`,
)
for (const [name, files] of [
  ['country file', embeddedGeoFiles()],
  ['city files', developmentCityFiles()],
] as const) {
  if (files === null) continue
  const { lookup } = openGeoDatabase(files)
  for (const ip of v4.slice(-20_000)) lookup(ip)
  measure(`geo, ${name}, cold IPv4`, v4.slice(0, -20_000), lookup)
  measure(`geo, ${name}, cold IPv6`, v6, lookup)
  const visitors = log.map(({ ip }) => ip)
  for (const ip of visitors) lookup(ip)
  measure(
    `geo, ${name}, cached`,
    visitors.flatMap(ip => Array<string>(20).fill(ip)),
    lookup,
  )
}

const hours = Array.from({ length: 200_000 }, (_, index) => 1_717_000_000_000 + index * 61_000)
for (const zone of ['UTC', 'Europe/Berlin']) {
  measure(`weekday and hour, ${zone}, 140 days`, hours, epochMs => weekdayAndHour(epochMs, zone))
}
const years = Array.from({ length: 20_000 }, () => random(1_700_000) * 1_000_000)
measure('weekday and hour, Europe/Berlin, any hour', years, epochMs =>
  weekdayAndHour(epochMs, 'Europe/Berlin'),
)
