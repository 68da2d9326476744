import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate } from '../support/simulation.ts'

// `npm run simulate` runs as many as one likes. Each name here is one kind of world; a failing seed replays with
// `npm run simulate -- --seed N --runs 1` and the same options.
const runs = Number(process.env.SIMULATION_RUNS ?? 200)

for (const [duplicates, epochs, controls] of [
  [false, false, false],
  [false, true, false],
  [true, false, false],
  [true, true, false],
  [false, false, true],
  [true, true, true],
] as const)
  test(`${runs} random schedules ${duplicates ? 'with' : 'without'} duplicates, ${epochs ? 'over two epochs' : 'in one epoch'}${controls ? ', with erasures and repairs' : ''}, end in the batch's documents`, async () => {
    let faults = 0
    let recalls = 0
    for (let seed = 1; seed <= runs; seed++) {
      const result = await simulate(seed, {
        duplicates,
        epochs,
        erasures: controls,
        repairs: controls,
      })
      assert.equal(result.failure, null, `seed ${seed}: ${result.failure}`)
      faults += result.faults
      recalls += result.recalls
    }
    assert.ok(
      faults > runs && recalls > runs,
      `${faults} faults and ${recalls} recalls are too few to prove anything`,
    )
  })
