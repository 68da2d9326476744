// npm run pentest:regex
// The slowest attacks on patterns, in ms at the longest text that is let in, beside half of it: twice the text may
// take about twice the time. The last line is a JSON object of figures.
import { regexAttacks } from './regex-attacks.ts'

const rounds = Number(process.argv[2] ?? 5)

/** The best of several, since the machine is shared. */
async function bestMs(work: () => Promise<void>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < rounds; i++) {
    const since = performance.now()
    await work()
    best = Math.min(best, performance.now() - since)
  }
  return best
}

const measured = []
for (const { name, limit, run } of regexAttacks) {
  const half = await bestMs(() => run(limit / 2))
  const full = await bestMs(() => run(limit))
  measured.push({ name, limit, half, full })
}
measured.sort((a, b) => b.full - a.full)
for (const { name, limit, half, full } of measured.slice(0, 15))
  console.log(
    `${full.toFixed(2).padStart(8)} ms at ${limit}, ${half.toFixed(2).padStart(8)} ms at half of it  ${name}`,
  )
const [slowest] = measured
console.log(JSON.stringify({ attacks: measured.length, rounds, slowest }))
