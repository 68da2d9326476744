// The live page over HTTP: its files, what it is told as server-sent events, and whole sessions on request.
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import type { PageFeed } from '../ports/page-feed.ts'
import { PageStream, type StreamLimits } from './http-page-stream.ts'

export type HttpPage = {
  /** Whether this request was one for the page; then it is answered, or will be. */
  answer(request: IncomingMessage, response: ServerResponse): boolean
  close(): void
}

export type HttpPageParts = {
  readonly feed: PageFeed
  /** The whole document of a session, null if there is none. Absent where documents are not shown. */
  readonly document?: (id: string) => Promise<object | null>
  /** Absent where the input is not paced. */
  readonly setSpeed?: (speed: number) => void
  readonly speeds?: readonly number[]
  /**
   * Whether whoever asks must name this machine: a page of another site could otherwise have its name lead here, and
   * read what it likes (DNS rebinding).
   */
  readonly isLocal: boolean
  readonly limits?: StreamLimits
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const folder = join(import.meta.dirname, '../../page')

/** Nothing from elsewhere, nothing inline, no markup from text, no frame around it. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}
const localNames = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/
const sessionPath = /^\/sessions\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/
const speedPath = /^\/speed\/(\d{1,6}(?:\.\d{1,6})?)$/

/** The files are read once: what is asked for is never a path. */
export function httpPage(parts: HttpPageParts): HttpPage {
  const files = new Map(
    readdirSync(folder)
      .filter(name => extname(name) in types)
      .map(name => [
        `/${name}`,
        { type: types[extname(name)] as string, bytes: readFileSync(join(folder, name)) },
      ]),
  )
  const stream = new PageStream(parts.feed, parts.limits)
  const answer = (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = (request.url ?? '').split('?', 1)[0] as string
    const name = path === '/' ? '/index.html' : path
    const file = files.get(name)
    const id = parts.document && sessionPath.exec(path)?.[1]
    const speed = parts.setSpeed && speedPath.exec(path)?.[1]
    if (file === undefined && path !== '/events' && id === undefined && speed === undefined) return false
    const { method, headers: asked } = request
    // Pages of other sites cannot read an answer, but could have it made: all but the files is dear for who serves it.
    if (asked['sec-fetch-site'] === 'cross-site' && file === undefined)
      return end(response, 403, 'not from here\n')
    if (parts.isLocal && !localNames.test(asked.host ?? ''))
      return end(response, 421, 'ask for localhost or 127.0.0.1\n')
    if (speed !== undefined) {
      // A form of another site can send this, but not with its own origin as ours.
      if (method !== 'POST' || asked.origin !== `http://${asked.host}`)
        return end(response, 403, 'not from here\n')
      if (!parts.speeds?.includes(Number(speed))) return end(response, 400, 'not one of the speeds\n')
      parts.setSpeed?.(Number(speed))
      return end(response, 204, '')
    }
    if (method !== 'GET' && method !== 'HEAD') return end(response, 405, 'only GET\n', { allow: 'GET, HEAD' })
    if (path === '/events') stream.connect(response, headers)
    else if (file !== undefined) end(response, 200, file.bytes, { 'content-type': file.type })
    else void showDocument(parts, id as string, response)
    return true
  }
  return { answer, close: () => stream.close() }
}

async function showDocument(
  { document }: HttpPageParts,
  id: string,
  response: ServerResponse,
): Promise<void> {
  try {
    const found = (await document?.(id)) ?? null
    if (found === null) end(response, 404, 'there is no such session\n')
    else end(response, 200, JSON.stringify(found), { 'content-type': 'application/json' })
  } catch {
    end(response, 503, 'the store does not answer\n')
  }
}

function end(response: ServerResponse, code: number, body: string | Uint8Array, more: object = {}): true {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', ...headers, ...more })
  response.end(body)
  return true
}
