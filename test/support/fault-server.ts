// A real HTTP server in the place of Elasticsearch: it answers as a test wants, or passes on to a real node and
// loses the answer. What a node does not do on demand is tested with it, over real connections.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type FaultRequest = {
  readonly method: string
  readonly path: string
  readonly body: string
  /** Aborted when the client has gone without an answer. */
  readonly left: AbortSignal
}

export type Fault =
  | { readonly kind: 'answer'; readonly status?: number; readonly body?: unknown; readonly type?: string }
  /** As the real node answers. */
  | { readonly kind: 'pass' }
  /** The connection breaks before anything was done. */
  | { readonly kind: 'drop' }
  /** The real node does it, and the connection breaks before the answer. */
  | { readonly kind: 'pass-and-drop' }
  /** No answer ever. */
  | { readonly kind: 'hang' }

/** What to do with a request; `count` is how many came before it. */
export type Decide = (request: FaultRequest, count: number) => Fault | Promise<Fault>

export type FaultServer = {
  readonly address: string
  readonly requests: FaultRequest[]
  close(): Promise<void>
}

export async function startFaultServer(decide: Decide, upstream?: string): Promise<FaultServer> {
  const requests: FaultRequest[] = []
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(error => outgoing.destroy(error))
  })
  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new AbortController()
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) gone.abort()
    })
    const body = await text(incoming)
    const request = { method: incoming.method ?? '', path: incoming.url ?? '', body, left: gone.signal }
    const count = requests.push(request) - 1
    const fault = await decide(request, count)
    if (fault.kind === 'hang') return
    if (fault.kind === 'drop') return void outgoing.destroy()
    if (fault.kind === 'answer') {
      const { status = 200, body = '', type = 'application/json' } = fault
      return answer(outgoing, status, typeof body === 'string' ? body : JSON.stringify(body), type)
    }
    const real = await pass(incoming, request, upstream)
    if (fault.kind === 'pass-and-drop') return void outgoing.destroy()
    answer(outgoing, real.status, await real.text(), real.headers.get('content-type') ?? 'text/plain')
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function answer(outgoing: ServerResponse, status: number, body: string, type: string): void {
  // Without the first header the client takes it for something that only looks like Elasticsearch.
  outgoing.writeHead(status, { 'x-elastic-product': 'Elasticsearch', 'content-type': type })
  outgoing.end(body)
}

function pass(
  incoming: IncomingMessage,
  request: FaultRequest,
  upstream: string | undefined,
): Promise<Response> {
  if (upstream === undefined) throw new Error('this fault server has no node to pass requests on to')
  const headers = Object.fromEntries(
    ['accept', 'content-type'].flatMap(name => {
      const value = incoming.headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
  const body = request.body === '' ? null : request.body
  return fetch(new URL(request.path, upstream), { method: request.method, headers, body })
}

/** One operation of a bulk request. */
export type BulkOperation = {
  readonly _index: string
  readonly _id: string
  readonly version: number
  readonly document: { readonly [field: string]: unknown }
}

export function bulkOperations({ body }: FaultRequest): BulkOperation[] {
  const lines = body.split('\n')
  const operations: BulkOperation[] = []
  for (let i = 0; i + 1 < lines.length; i += 2)
    operations.push({ ...JSON.parse(lines[i] as string).index, document: JSON.parse(lines[i + 1] as string) })
  return operations
}

/** A bulk answer; each item is a status, or a status with the error's type and reason. */
export function bulkAnswer(
  items: readonly (number | [status: number, type: string, reason?: string])[],
): Fault {
  const answers = items.map(item => {
    if (typeof item === 'number') return { index: { status: item } }
    const [status, type, reason = type] = item
    return { index: { status, error: { type, reason } } }
  })
  return { kind: 'answer', body: { errors: true, items: answers } }
}

/** An answer that refuses the whole request. */
export function refusing(status: number, type: string, reason = type): Fault {
  return { kind: 'answer', status, body: { error: { type, reason, root_cause: [{ type, reason }] }, status } }
}
