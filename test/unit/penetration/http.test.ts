import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { type HttpLimits, serveStatus } from '../../../src/adapters/http-status.ts'

const limits: HttpLimits = { arrivalMs: 200, idleMs: 400, connections: 4 }

async function serve(t: TestContext, changes: Partial<HttpLimits> = {}) {
  const status = {
    notReady: () => [],
    metrics: async () => `${'a 1\n'.repeat(5_000)}`,
    metricsType: 'text/plain',
  }
  const server = await serveStatus({ host: '127.0.0.1', port: 0 }, status, { ...limits, ...changes })
  t.after(() => server.close())
  const { hostname, port } = new URL(server.address)
  const open = (): Socket => {
    const socket = connect({ host: hostname, port: Number(port) })
    t.after(() => socket.destroy())
    // One that the server has closed may still be written to.
    socket.on('error', () => {})
    return socket
  }
  /** Everything that comes back until the server ends the connection. */
  const send = async (request: string): Promise<string> => {
    const socket = open()
    socket.write(request)
    return text(socket)
  }
  /** Whether the server takes another connection. */
  const isFree = async () => (await send(asked('GET', '/livez')).catch(() => '')).includes(' 200 ')
  return { open, send, isFree }
}

const asked = (method: string, path: string, headers = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${headers}\r\n`

describe('the status port', () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])
    it(`refuses ${method}`, async t => {
      const { send } = await serve(t)
      const answer = await send(asked(method, '/metrics'))
      assert.match(answer, /^HTTP\/1\.1 405 /)
      assert.doesNotMatch(answer, /a 1/)
    })

  it('is no proxy, and speaks nothing else', async t => {
    const { send } = await serve(t)
    assert.doesNotMatch(await send(asked('CONNECT', 'localhost:9200')), / 200 /)
    const upgrade = 'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    assert.doesNotMatch(await send(asked('GET', '/nothing', upgrade)), / 101 /)
    assert.match(await send(asked('GET', 'http://localhost:9200/_search')), / 404 /)
    assert.match(await send('\x16\x03\x01\x02\x00\x01'), /^HTTP\/1\.1 400 /)
  })

  for (const path of [
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '//metrics',
    '/metrics/../../etc/passwd',
    '/metrics%00',
    '/__proto__',
    '/constructor',
    `/${'a'.repeat(4_000)}`,
  ])
    it(`has no ${path.slice(0, 40)}`, async t => {
      const { send } = await serve(t)
      assert.match(await send(asked('GET', path)), /^HTTP\/1\.1 404 /)
    })

  it('gives nothing of a request back', async t => {
    const { send } = await serve(t)
    const hostile = '<script>alert(1)</script>'
    const answer = await send(asked('GET', `/${hostile}?${hostile}`, `X-Evil: ${hostile}\r\n`))
    assert.doesNotMatch(answer, /script|evil/i)
    assert.match(answer, /x-content-type-options: nosniff/)
  })

  it('refuses headers that are too large', async t => {
    const { send } = await serve(t)
    assert.match(await send(asked('GET', '/livez', `X: ${'a'.repeat(10_000)}\r\n`)), /^HTTP\/1\.1 431 /)
  })

  it('refuses two lengths of one body, with which a request could be hidden from a proxy', async t => {
    const { send } = await serve(t)
    const both = 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n'
    assert.match(await send(`${asked('POST', '/livez', both)}0\r\n\r\n`), /^HTTP\/1\.1 400 /)
  })

  it('ends a request whose headers never end', async t => {
    const { open } = await serve(t, { idleMs: 3_600_000 })
    const socket = open()
    socket.write('GET /livez HTTP/1.1\r\n')
    const drip = setInterval(() => socket.write('X: a\r\n'), 50)
    t.after(() => clearInterval(drip))
    socket.resume()
    // What it writes when the other side has closed is answered by a reset.
    socket.on('error', () => {})
    await new Promise(resolve => socket.once('close', resolve))
  })

  it('ends a connection on which nothing is asked', async t => {
    const { open } = await serve(t, { idleMs: 3_600_000 })
    const socket = open()
    socket.resume()
    await once(socket, 'close')
  })

  it('does not wait for a body', async t => {
    const { open } = await serve(t, { arrivalMs: 3_600_000, idleMs: 3_600_000 })
    const socket = open()
    socket.write('GET /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n')
    const drip = setInterval(() => socket.write('a'), 50)
    t.after(() => clearInterval(drip))
    assert.match(await text(socket), /^HTTP\/1\.1 200 /)
  })

  it('ends a connection that asks on and on and takes no answer', async t => {
    const { open, isFree } = await serve(t, { arrivalMs: 3_600_000, connections: 1 })
    const socket = open()
    socket.pause()
    socket.write('GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(2_000))
    await once(socket, 'connect')
    while (!(await isFree()));
  })

  it('leaves connections to the ones who watch, however many others would keep theirs', async t => {
    const { open, isFree } = await serve(t, { arrivalMs: 3_600_000, idleMs: 3_600_000 })
    const ends: string[] = []
    for (let i = 0; i < 3 * limits.connections; i++) {
      const socket = open()
      socket.write('GET /livez HTTP/1.1\r\nHost: h\r\n\r\n')
      const [first] = await Promise.race([once(socket, 'data'), once(socket, 'close')])
      ends.push(/^connection: (.*)$/im.exec(String(first))?.[1] ?? 'none')
      if (ends.at(-1) === 'close') await once(socket.resume(), 'close')
    }
    const kept = limits.connections / 2
    assert.deepEqual(ends.slice(0, kept), Array(kept).fill('keep-alive'))
    assert.deepEqual(new Set(ends.slice(kept)), new Set(['close']))
    assert(await isFree())
  })

  it('drops connections beyond its number, and answers again when they are gone', async t => {
    const { open, isFree } = await serve(t, { arrivalMs: 3_600_000, idleMs: 3_600_000 })
    const held = Array.from({ length: limits.connections }, open)
    await Promise.all(held.map(socket => once(socket, 'connect')))
    assert.equal(await isFree(), false)
    for (const socket of held) socket.destroy()
    while (!(await isFree()));
  })
})
