import assert from 'node:assert/strict'
import { it } from 'node:test'
import { prometheusMetrics } from '../../../src/adapters/prometheus-metrics.ts'

it('counts every record of a batch once, by what became of it', async () => {
  const metrics = prometheusMetrics(() => 7)
  const batch = { kind: 'BatchProcessed', partition: 0, records: 11 } as const
  const counts = { applied: 4, duplicates: 3, alreadyApplied: 2, controls: 1, deadLetters: 1 }
  for (let i = 0; i < 2; i++)
    metrics.telemetry({ ...batch, ...counts, documents: 3, redirects: 1, conflicts: 0, keysAstray: 5 })
  metrics.telemetry({ kind: 'StoreUnavailable', reason: 'gone' })
  const text = await metrics.text()
  const records = [...text.matchAll(/^sessionloom_records_total\{outcome="(\w+)"\} (\d+)$/gm)]
  assert.deepEqual(Object.fromEntries(records.map(([, outcome, count]) => [outcome, Number(count)])), {
    applied: 8,
    duplicate: 6,
    already_applied: 4,
    control: 2,
    dead_letter: 2,
  })
  assert.match(text, /^sessionloom_keys_astray_total 10$/m)
  assert.match(text, /^sessionloom_open_sessions 7$/m)
  assert.match(text, /^sessionloom_store_available 0$/m)
})
