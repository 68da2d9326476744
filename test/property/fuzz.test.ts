import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz, fuzzRound } from '../support/fuzz.ts'

// `npm run fuzz -- --runs 1000000 --seed 1` runs as many as one likes. Fewer than a round leave formats out.
const runs = Number(process.env.FUZZ_RUNS ?? fuzzRound)

test(`${runs} made-up and broken records are each applied, known already, or a dead letter with a reason`, async () => {
  const result = await fuzz({ runs, seed: 7 })
  for (const kind of ['applied', 'duplicates', 'alreadyApplied', 'documents', 'redirects'] as const)
    assert.ok(result[kind] > 0, `no ${kind}`)
  const reasons = [
    'empty-value',
    'invalid-utf8',
    'invalid-json',
    'too-deep',
    'invalid-event',
    'time-out-of-range',
  ]
  for (const name of ['native', 'segment', 'rudderstack', 'posthog', 'snowplow', 'tracardi', 'field-map'])
    assert.ok(result.formats[name], `nothing of ${name}`)
  assert.ok(Object.keys(result.formats).some(name => name.startsWith('cloudevents+')))
  for (const reason of reasons) assert.ok(result.reasons[reason], `no ${reason}`)
})
