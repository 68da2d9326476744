import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import { type HttpPageParts, httpPage } from '../../../src/adapters/http-page.ts'
import { serveStatus } from '../../../src/adapters/http-status.ts'
import type { PageMessage } from '../../../src/ports/page-feed.ts'

const id = '3d1f3f14-6af8-5d99-b56a-d5241f13b5a9'

/** A feed that tells what it is given, and snapshots that count how often they were asked for. */
function feedOf() {
  const news: PageMessage[] = []
  let snapshots = 0
  return {
    tell: (...messages: PageMessage[]) => void news.push(...messages),
    snapshot: () => [{ kind: 'snapshot', number: ++snapshots }],
    changes: () => news.splice(0),
  }
}

async function serve(t: TestContext, parts: Partial<HttpPageParts> = {}) {
  const feed = feedOf()
  const page = httpPage({ feed, isLocal: true, ...parts })
  const server = await serveStatus({ host: '127.0.0.1', port: 0 }, null, undefined, page)
  t.after(() => server.close())
  return { ...feed, url: server.address }
}

/** A request with headers that `fetch` does not let one set. */
function ask(
  url: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent = request(url, { method, headers }, response => {
      let body = ''
      response.on('data', chunk => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** Messages of a stream, as they come. */
async function* messages(
  url: string,
  signal: AbortSignal,
): AsyncGenerator<PageMessage & { number?: number }> {
  const { body } = await fetch(`${url}/events`, { signal })
  let text = ''
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const [line] = [text.slice(0, end)]
      text = text.slice(end + 2)
      if (line.startsWith('data: ')) yield JSON.parse(line.slice(6))
    }
  }
}

describe('the page over HTTP', () => {
  it('serves its files, with a policy that lets nothing else in', async t => {
    const { url } = await serve(t)
    for (const [path, type] of [
      ['/', 'text/html'],
      ['/main.js', 'text/javascript'],
      ['/page.css', 'text/css'],
      ['/icon.svg', 'image/svg+xml'],
    ] as const) {
      const answer = await fetch(url + path)
      assert.equal(answer.status, 200, path)
      assert.ok(answer.headers.get('content-type')?.startsWith(type), path)
      const policy = answer.headers.get('content-security-policy') ?? ''
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "require-trusted-types-for 'script'",
        "frame-ancestors 'none'",
      ])
        assert.ok(policy.includes(part), part)
      assert.doesNotMatch(policy, /unsafe|https?:|\*/)
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    }
  })

  it('serves no other file', async t => {
    const { url } = await serve(t)
    for (const path of [
      '/tsconfig.json',
      '/package.json',
      '/%2e%2e/package.json',
      '/page/main.js',
      '/sessions/x',
      `/sessions/${id}`,
    ])
      assert.equal((await ask(url + path)).status, 404, path)
    assert.equal((await ask(`${url}/`, { method: 'PUT' })).status, 405)
  })

  it('answers who names this machine, and no other site that leads here', async t => {
    const { url } = await serve(t)
    const { port } = new URL(url)
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      assert.equal((await ask(`${url}/`, { headers: { host } })).status, 200, host)
    for (const path of ['/', '/events', '/main.js'])
      for (const host of ['evil.example', `localhost.evil.example:${port}`, `127.0.0.1.evil.example`])
        assert.equal((await ask(url + path, { headers: { host } })).status, 421, `${path} of ${host}`)
  })

  it('makes nothing for a page of another site, though that could not read it', async t => {
    const { url, snapshot } = await serve(t, { document: async () => ({ id }) })
    const { port } = new URL(url)
    const from = (site: string) => ({ headers: { host: `127.0.0.1:${port}`, 'sec-fetch-site': site } })
    for (const path of ['/events', `/sessions/${id}`])
      assert.equal((await ask(url + path, from('cross-site'))).status, 403, path)
    assert.deepEqual(snapshot(), [{ kind: 'snapshot', number: 1 }])
    assert.equal((await ask(`${url}/sessions/${id}`, from('same-origin'))).status, 200)
    // A link to the page.
    assert.equal((await ask(`${url}/`, from('cross-site'))).status, 200)
  })

  it('gives whole documents by their id', async t => {
    const { url } = await serve(t, {
      document: async asked => (asked === id ? { id, text: '</script>' } : null),
    })
    const answer = await fetch(`${url}/sessions/${id}`)
    assert.equal(answer.headers.get('content-type'), 'application/json')
    assert.deepEqual(await answer.json(), { id, text: '</script>' })
    assert.equal((await fetch(`${url}/sessions/${id.replace('3', '4')}`)).status, 404)
  })

  it('says so when the store fails', async t => {
    const { url } = await serve(t, { document: () => Promise.reject(new Error('closed')) })
    assert.equal((await fetch(`${url}/sessions/${id}`)).status, 503)
  })

  it('takes a speed from itself alone', async t => {
    const set: number[] = []
    const { url } = await serve(t, { setSpeed: speed => void set.push(speed), speeds: [0, 60] })
    const post = (path: string, origin?: string) =>
      ask(url + path, { method: 'POST', headers: origin === undefined ? {} : { origin } })
    assert.equal((await post('/speed/60', url)).status, 204)
    assert.equal((await post('/speed/61', url)).status, 400)
    assert.equal((await post('/speed/0', 'http://evil.example')).status, 403)
    assert.equal((await post('/speed/0')).status, 403)
    assert.equal((await ask(`${url}/speed/0`)).status, 403)
    assert.deepEqual(set, [60])
    const fixed = await serve(t)
    assert.equal(
      (await ask(`${fixed.url}/speed/60`, { method: 'POST', headers: { origin: fixed.url } })).status,
      404,
    )
  })

  it('tells a newcomer all, and then what is new', async t => {
    const { url, tell } = await serve(t)
    tell({ kind: 'before anybody looked' })
    const ended = new AbortController()
    t.after(() => ended.abort())
    const first = messages(url, ended.signal)
    assert.deepEqual((await first.next()).value, { kind: 'snapshot', number: 1 })
    tell({ kind: 'one' })
    assert.equal((await first.next()).value?.kind, 'one')
    tell({ kind: 'two' })
    const second = messages(url, ended.signal)
    assert.deepEqual((await second.next()).value, { kind: 'snapshot', number: 2 })
    assert.equal((await first.next()).value?.kind, 'two')
    tell({ kind: 'three' })
    assert.deepEqual(
      [(await first.next()).value?.kind, (await second.next()).value?.kind],
      ['three', 'three'],
    )
  })

  it('lets no more look than it can tell', async t => {
    const { url } = await serve(t)
    const ended = new AbortController()
    t.after(() => ended.abort())
    const open = await Promise.all(
      Array.from({ length: 17 }, () => fetch(`${url}/events`, { signal: ended.signal })),
    )
    assert.deepEqual(
      open
        .map(({ status }) => status)
        .sort()
        .slice(-2),
      [200, 503],
    )
    assert.equal((await fetch(`${url}/`)).status, 200)
  })

  it('gives one who does not keep up nothing more until it has, and then all anew', async t => {
    const limits = { everyMs: 2, maxWaitingBytes: 64 * 1024, watchers: 1 }
    const { url, tell } = await serve(t, { limits })
    const ended = new AbortController()
    t.after(() => ended.abort())
    const slow = await fetch(`${url}/events`, { signal: ended.signal })
    const filling = { kind: 'x'.repeat(1024 * 1024) }
    // More than the buffers on the way hold.
    for (let i = 0; i < 60; i++) {
      tell(filling)
      await new Promise(resolve => setTimeout(resolve, 4))
    }
    let told = 0
    let snapshots = 0
    for await (const chunk of slow.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      told += chunk.length
      snapshots += chunk.match(/"kind":"snapshot"/g)?.length ?? 0
      if (snapshots === 2 || told >= 60 * filling.kind.length) break
    }
    assert.ok(told < 50 * filling.kind.length, `${told} bytes`)
  })
})
