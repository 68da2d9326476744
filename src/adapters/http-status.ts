// The worker's answers to whoever watches over it: `/livez`, `/readyz`, `/metrics`, and the live page where there is one.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WorkerError } from '../core/worker-error.ts'
import type { HttpPage } from './http-page.ts'
import type { SessionAnswers } from './http-session.ts'

export type Status = {
  /** Why the worker does not go on at the moment; empty if it does. */
  notReady(): readonly string[]
  readonly metricsType: string
  metrics(): Promise<string>
  /** Answers for sessions of tabs, where they are wanted. */
  sessions?: SessionAnswers | undefined
}

export type HttpAddress = { readonly host: string; readonly port: number }

export type StatusServer = {
  /** URL, with the port that was found where 0 was asked for. */
  readonly address: string
  close(): Promise<void>
}

/** What one who asks may take of the worker. */
export type HttpLimits = {
  /** How long a request may take to arrive, ms. */
  readonly arrivalMs: number
  /** How long a connection may stand still, ms. */
  readonly idleMs: number
  readonly connections: number
}

const defaultLimits: HttpLimits = { arrivalMs: 5_000, idleMs: 10_000, connections: 50 }
/** Nobody has anything to send: no watcher's headers come near these. */
const maxHeaderBytes = 8_192
/** But a browser sends the cookies of all that this host serves, on whatever port: on a developer's machine many. */
const maxBrowserHeaderBytes = 32_768
const maxHeaders = 64

/** Rejects with a WorkerError if the address cannot be listened on. */
export async function serveStatus(
  { host, port }: HttpAddress,
  status: Status | null,
  { arrivalMs, idleMs, connections }: HttpLimits = defaultLimits,
  page: HttpPage | null = null,
): Promise<StatusServer> {
  const limits = {
    headersTimeout: arrivalMs,
    requestTimeout: arrivalMs,
    // Half a minute by default: so much longer than both of the above would a slow request be kept.
    connectionsCheckingInterval: Math.min(1_000, arrivalMs),
    maxHeaderSize: page === null ? maxHeaderBytes : maxBrowserHeaderBytes,
  }
  let open = 0
  const server = createServer(limits, (request, response) => {
    // What comes after it is not waited for: a body that nobody reads would keep the connection. And many who ask for
    // sessions now and then must not keep those that the ones who watch need: a worker that does not answer is killed.
    if (hasBody(request) || open > connections / 2) response.shouldKeepAlive = false
    if (page?.answer(request, response)) return
    respond(request.method ?? '', request.url ?? '', response, status).catch(error => response.destroy(error))
  })
  server.maxHeadersCount = maxHeaders
  server.maxConnections = connections
  server.on('connection', socket => {
    open++
    socket.once('close', () => open--)
  })
  // Also of one who asks and does not take the answer.
  server.timeout = idleMs
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new WorkerError(
      'configuration',
      `${host}:${port} cannot be listened on: ${(error as Error).message}. Set HTTP_ADDRESS to a free port, or to \`off\`.`,
      { cause: error },
    )
  }
  // It must not keep a worker alive that has ended.
  server.unref()
  const bound = server.address() as AddressInfo
  return {
    address: `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`,
    close: async () => {
      page?.close()
      server.close()
      server.closeAllConnections()
    },
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

async function respond(
  method: string,
  url: string,
  response: ServerResponse,
  status: Status | null,
): Promise<void> {
  if (status === null) return answer(response, 404, 'there is nothing here\n')
  if (method !== 'GET' && method !== 'HEAD')
    return answer(response, 405, 'only GET\n', { allow: 'GET, HEAD' })
  const path = url.split('?', 1)[0] as string
  const session = await status.sessions?.(path)
  if (session) return answer(response, session.status, session.body, session.headers)
  switch (path) {
    case '/livez':
      return answer(response, 200, 'ok\n')
    case '/readyz': {
      const reasons = status.notReady()
      if (reasons.length === 0) return answer(response, 200, 'ready\n')
      return answer(response, 503, `not ready\n${reasons.map(reason => `- ${reason}\n`).join('')}`)
    }
    case '/metrics':
      return answer(response, 200, await status.metrics(), { 'content-type': status.metricsType })
    default:
      return answer(response, 404, 'there are /livez, /readyz and /metrics\n')
  }
}

function answer(response: ServerResponse, code: number, body: string, headers: object = {}): void {
  response.writeHead(code, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(body)
}
