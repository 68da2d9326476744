import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { runUntilSignal } from '../../src/commands/shutdown.ts'
import type { Worker } from '../../src/worker.ts'

// The deadline ran on after the worker had ended: where closing took longer, it closed all again and crashed.
test('a worker that ends in time has no deadline any more', async () => {
  const ended = Promise.withResolvers<void>()
  const worker = { inWork: 0, run: () => ended.promise, stop: () => ended.resolve() } as unknown as Worker
  const controller = new AbortController()
  let gaveUp = 0
  const run = runUntilSignal(worker, {
    signal: controller.signal,
    deadlineMs: 30,
    giveUp: () => void gaveUp++,
  })
  controller.abort('SIGTERM')
  await run
  await sleep(60)
  assert.equal(gaveUp, 0)
})
