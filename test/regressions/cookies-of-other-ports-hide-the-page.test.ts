import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpPage } from '../../src/adapters/http-page.ts'
import { serveStatus } from '../../src/adapters/http-status.ts'

// Cookies are a host's, not a port's: with those of a few development servers the page was answered by 431.
test('the page is served to a browser with many cookies for localhost', async t => {
  const page = httpPage({ feed: { snapshot: () => [], changes: () => [] }, isLocal: true })
  const server = await serveStatus({ host: '127.0.0.1', port: 0 }, null, undefined, page)
  t.after(() => server.close())
  const answer = await fetch(server.address, { headers: { cookie: `session=${'x'.repeat(20_000)}` } })
  assert.equal(answer.status, 200)
})
