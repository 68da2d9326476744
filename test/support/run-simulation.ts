// npm run simulate -- --runs 100000 --seed 1 [--duplicates] [--epochs] [--erasures] [--repairs]
import { parseArgs } from 'node:util'
import { simulate } from './simulation.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    duplicates: { type: 'boolean', default: false },
    epochs: { type: 'boolean', default: false },
    erasures: { type: 'boolean', default: false },
    repairs: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
const first = Number(values.seed)
const total = { runs, differ: 0, faults: 0, recalls: 0, merges: 0 }
for (let seed = first; seed < first + runs; seed++) {
  const result = await simulate(seed, values)
  total.faults += result.faults
  total.recalls += result.recalls
  total.merges += result.merges
  if (result.failure !== null) {
    total.differ++
    console.log(`seed ${seed}: ${result.failure}`)
  }
  if (process.stderr.isTTY && seed % 1000 === 0) process.stderr.write(`\r${seed - first} of ${runs}`)
}
console.log(JSON.stringify(total))
process.exitCode = total.differ === 0 ? 0 : 1
