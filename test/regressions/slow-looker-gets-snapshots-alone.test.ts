import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { httpPage } from '../../src/adapters/http-page.ts'
import { serveStatus } from '../../src/adapters/http-status.ts'

// A snapshot of full lanes was more than one who looks may be behind: whoever took it slowly got another one, and so on.
test('one who takes a large snapshot slowly hears what is new after it', async t => {
  const snapshot = [{ kind: 'snapshot', text: 'x'.repeat(24 * 1024 * 1024) }]
  const page = httpPage({
    feed: { snapshot: () => snapshot, changes: () => [{ kind: 'news' }] },
    isLocal: true,
    limits: { everyMs: 2, maxWaitingBytes: 1024 * 1024, watchers: 1 },
  })
  const server = await serveStatus({ host: '127.0.0.1', port: 0 }, null, undefined, page)
  t.after(() => server.close())
  const { body } = await fetch(`${server.address}/events`)
  let snapshots = 0
  let hasNews = false
  let rest = ''
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const text = rest + chunk
    snapshots += text.match(/"kind":"snapshot"/g)?.length ?? 0
    hasNews ||= text.includes('"kind":"news"')
    // What is cut in two is found with the next chunk, and only there.
    rest = chunk.slice(-10)
    if (hasNews || snapshots > 1) break
    await sleep(1)
  }
  assert.deepEqual({ snapshots, hasNews }, { snapshots: 1, hasNews: true })
})
