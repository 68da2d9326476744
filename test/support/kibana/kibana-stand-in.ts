// A real HTTP server in the place of Kibana's import API, which answers as a test wants and keeps what it was sent.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export type Sent = {
  readonly method: string
  readonly path: string
  readonly xsrf: string | undefined
  readonly authorization: string | undefined
  /** Of the file in the form. */
  readonly name: string
  readonly text: string
}

export type Answers = (count: number) => { readonly status: number; readonly body: unknown }

export async function startKibanaStandIn(answers: Answers) {
  const sent: Sent[] = []
  const server = createServer(async (incoming, outgoing) => {
    const { method = '', url: path = '', headers } = incoming
    const body = await buffer(incoming)
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': headers['content-type'] ?? '' },
    }).formData()
    const file = form.get('file') as File
    const xsrf = headers['kbn-xsrf'] as string | undefined
    const { authorization } = headers
    const answer = answers(sent.length)
    sent.push({ method, path, xsrf, authorization, name: file.name, text: await file.text() })
    outgoing.writeHead(answer.status, { 'content-type': 'application/json', location: 'http://127.0.0.1:1/' })
    outgoing.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    sent,
    close: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** As Kibana answers when it took them all. */
export const tookAll = (successCount: number) => ({ status: 200, body: { success: true, successCount } })
