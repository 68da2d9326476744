import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slowestEvents } from '../support/adversarial-events.ts'

// Far above what they take (`npm run fuzz` prints it), for machines that are slow or busy; backtracking that is
// quadratic in 8,192 characters takes seconds.
const limitMs = 1000

test('no event is slow, however it was made', async () => {
  const [slowest] = await slowestEvents()
  assert.ok(slowest!.ms < limitMs, `${slowest!.name}: ${slowest!.ms} ms`)
})
