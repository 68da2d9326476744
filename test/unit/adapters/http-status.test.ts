import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { serveStatus } from '../../../src/adapters/http-status.ts'
import { WorkerError } from '../../../src/core/worker-error.ts'

async function serve(t: TestContext, reasons: string[] = []): Promise<string> {
  const server = await serveStatus(
    { host: '127.0.0.1', port: 0 },
    { notReady: () => reasons, metrics: async () => 'a 1\n', metricsType: 'text/x-metrics' },
  )
  t.after(() => server.close())
  return server.address
}

describe('the status server', () => {
  it('says that the process lives, and whether the worker goes on', async t => {
    const reasons: string[] = []
    const address = await serve(t, reasons)
    assert.equal((await fetch(`${address}/livez`)).status, 200)
    assert.equal((await fetch(`${address}/readyz`)).status, 200)
    reasons.push('waiting for the store: connection refused')
    const answer = await fetch(`${address}/readyz?verbose`)
    assert.equal(answer.status, 503)
    assert.equal(await answer.text(), 'not ready\n- waiting for the store: connection refused\n')
    assert.equal((await fetch(`${address}/livez`)).status, 200)
  })

  it('gives the metrics with their type', async t => {
    const answer = await fetch(`${await serve(t)}/metrics`)
    assert.equal(answer.headers.get('content-type'), 'text/x-metrics')
    assert.equal(await answer.text(), 'a 1\n')
  })

  it('serves nothing else', async t => {
    const address = await serve(t)
    assert.equal((await fetch(`${address}/../../etc/passwd`)).status, 404)
    assert.equal((await fetch(`${address}/metrics`, { method: 'POST', body: 'x' })).status, 405)
    assert.equal(await (await fetch(`${address}/livez`, { method: 'HEAD' })).text(), '')
  })

  it('refuses an address that is taken, and says what to set', async t => {
    const port = Number(new URL(await serve(t)).port)
    const status = { notReady: () => [], metrics: async () => '', metricsType: '' }
    await assert.rejects(serveStatus({ host: '127.0.0.1', port }, status), (error: unknown) => {
      assert.ok(error instanceof WorkerError)
      assert.equal(error.code, 'configuration')
      assert.match(error.message, /HTTP_ADDRESS/)
      return true
    })
  })
})
