import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sessionloom } from '../support/command.ts'

/** A worker that ends before it asks anybody. */
const run = (env: Record<string, string> = {}) =>
  sessionloom(['run'], { env: { GEO_DATABASE: '/nowhere/places.mmdb', ...env } })

describe('the log of a worker', () => {
  test('is JSON where nobody watches, and its last line says what ended it and what to do', async () => {
    const { exitCode, stdout, stderr } = await run()
    assert.equal(exitCode, 2)
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    const { event, code, reason } = lines.at(-1)
    assert.deepEqual([event, code], ['WorkerFailed', 'configuration'])
    assert.match(reason, /places\.mmdb cannot be read.*Name an existing \.mmdb file/)
    assert.match(stderr, /^sessionloom: geo database .*Name an existing \.mmdb file/)
    assert.doesNotMatch(stderr, /\n {4}at /)
  })

  test('is readable where LOG_FORMAT says so, to its last line', async () => {
    const { stdout } = await run({ LOG_FORMAT: 'pretty' })
    assert.match(stdout, /^\[\d\d:\d\d:\d\d\] ERROR: worker failed/m)
    assert.match(stdout, /reason: "geo database/)
  })

  test('is silent where LOG_LEVEL says so', async () => {
    assert.equal((await run({ LOG_LEVEL: 'silent' })).stdout, '')
  })
})
