// npm run fuzz -- --runs 1000000 --seed 1
// The last line is a JSON object of figures. Fails if anything throws, does not add up, or memory grows.
import { parseArgs } from 'node:util'
import { slowestEvents } from './adversarial-events.ts'
import { fuzz } from './fuzz.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
})
const progress = (done: number) => {
  if (process.stderr.isTTY && done % 10_000 === 0) process.stderr.write(`\r${done}`)
}
const result = await fuzz({ runs: Number(values.runs), seed: Number(values.seed), progress })
const { first, most } = result.heapMiB
const isFlat = most <= first * 1.5 + 16
if (!isFlat) console.log(`memory grows: ${first} MiB after a tenth, ${most} MiB later`)
const slowest = await slowestEvents()
for (const { name, ms } of slowest.slice(0, 10)) console.log(`${ms.toFixed(2).padStart(8)} ms  ${name}`)
console.log(JSON.stringify({ seed: Number(values.seed), ...result, isFlat, slowestEvent: slowest[0] }))
process.exitCode = isFlat ? 0 : 1
