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
  /** The real node does it, and the connection breaks in the middle of the answer. */
  | { readonly kind: 'pass-and-truncate' }
  /** Of a bulk request, the real node gets only what is not refused here. */
  | { readonly kind: 'pass-some'; readonly refuse: (operation: BulkOperation) => ItemRefusal | null }
  /** No answer ever. */
  | { readonly kind: 'hang' }

export type ItemRefusal = readonly [status: number, type: string]

/** What to do with a request; `count` is how many came before it. */
export type Decide = (request: FaultRequest, count: number) => Fault | Promise<Fault>

export type FaultServer = {
  readonly address: string
  /** All requests, in order; none if they are not kept. */
  readonly requests: FaultRequest[]
  /** Breaks all connections that are open. */
  cut(): void
  close(): Promise<void>
}

export async function startFaultServer(
  decide: Decide,
  upstream?: string,
  { keepsRequests = true } = {},
): Promise<FaultServer> {
  let before = 0
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
    if (keepsRequests) requests.push(request)
    const fault = await decide(request, before++)
    if (fault.kind === 'hang') return
    if (fault.kind === 'drop') return void outgoing.destroy()
    if (fault.kind === 'answer') {
      const { status = 200, body = '', type = 'application/json' } = fault
      return answer(outgoing, status, typeof body === 'string' ? body : JSON.stringify(body), type)
    }
    if (fault.kind === 'pass-some') return passSome(incoming, outgoing, request, fault.refuse)
    const real = await pass(incoming, request, upstream)
    const said = await real.text()
    if (fault.kind === 'pass-and-drop') return void outgoing.destroy()
    const type = real.headers.get('content-type') ?? 'text/plain'
    if (fault.kind === 'pass') return answer(outgoing, real.status, said, type)
    outgoing.writeHead(real.status, {
      ...product,
      'content-type': type,
      'content-length': Buffer.byteLength(said),
    })
    outgoing.write(said.slice(0, said.length / 2), () => outgoing.destroy())
  }
  async function passSome(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    request: FaultRequest,
    refuse: (operation: BulkOperation) => ItemRefusal | null,
  ): Promise<void> {
    const lines = request.body.split('\n')
    const refusals = bulkOperations(request).map(refuse)
    const taken = refusals.flatMap((refusal, i) =>
      refusal ? [] : [`${lines[2 * i]}\n${lines[2 * i + 1]}\n`],
    )
    const real =
      taken.length === 0 ? null : await pass(incoming, { ...request, body: taken.join('') }, upstream)
    // The node refused all of it: then so do we.
    if (real !== null && !real.ok) return answer(outgoing, real.status, await real.text(), 'application/json')
    const results: unknown[] = real === null ? [] : ((await real.json()) as { items: unknown[] }).items
    const items = refusals.map(refusal =>
      refusal === null
        ? results.shift()
        : { index: { status: refusal[0], error: { type: refusal[1], reason: refusal[1] } } },
    )
    answer(outgoing, 200, JSON.stringify({ took: 1, errors: true, items }), 'application/json')
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    cut: () => server.closeAllConnections(),
    close: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Without it the client takes what answers for something that only looks like Elasticsearch. */
const product = { 'x-elastic-product': 'Elasticsearch' }

function answer(outgoing: ServerResponse, status: number, body: string, type: string): void {
  outgoing.writeHead(status, { ...product, 'content-type': type })
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
