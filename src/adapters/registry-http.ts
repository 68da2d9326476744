// One question to a schema registry. Node's `fetch` knows no authority of certificates but its own.
import { Agent, get as getPlain } from 'node:http'
import { get as getTls, Agent as TlsAgent } from 'node:https'

export type RegistrySettings = {
  /** Where `/schemas` and `/subjects` are below. */
  readonly url: string
  readonly auth?: { readonly username: string; readonly password: string }
  /** PEM of the certificate authority. */
  readonly ca?: string
  /** How long one request may take, ms. */
  readonly requestTimeoutMs?: number
}

export type Answer =
  | {
      readonly kind: 'answer'
      readonly status: number /** Undefined for what is no JSON. */
      readonly body: unknown
    }
  | { readonly kind: 'none'; readonly reason: string }

const defaultTimeoutMs = 10_000
/** Of a schema and its references; Kafka, in which most registries keep them, has room for a megabyte. */
const maxAnswerBytes = 4 * 1024 * 1024

export class RegistryHttp {
  readonly #settings: RegistrySettings
  readonly #base: URL
  readonly #agent: Agent
  readonly #headers: Readonly<Record<string, string>>

  constructor(settings: RegistrySettings) {
    const { url, auth, ca } = settings
    this.#settings = settings
    this.#base = new URL(url)
    const options = { keepAlive: true, ...(ca !== undefined && { ca }) }
    this.#agent = this.#base.protocol === 'https:' ? new TlsAgent(options) : new Agent(options)
    const basic = auth && Buffer.from(`${auth.username}:${auth.password}`).toString('base64')
    this.#headers = {
      accept: 'application/vnd.schemaregistry.v1+json, application/json',
      ...(basic !== undefined && { authorization: `Basic ${basic}` }),
    }
  }

  /** Asks for a path below the URL. Rejects with the signal's reason alone. */
  async get(path: string, signal: AbortSignal): Promise<Answer> {
    const timeout = AbortSignal.timeout(this.#settings.requestTimeoutMs ?? defaultTimeoutMs)
    try {
      return await this.#ask(path, AbortSignal.any([signal, timeout]))
    } catch (error) {
      signal.throwIfAborted()
      const { code, message } = error as NodeJS.ErrnoException
      return { kind: 'none', reason: timeout.aborted ? 'no answer in time' : (code ?? message) }
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #ask(path: string, signal: AbortSignal): Promise<Answer> {
    const url = new URL(this.#base)
    const [pathname, query = ''] = path.split('?')
    url.pathname = url.pathname.replace(/\/$/, '') + pathname
    url.search = query
    const get = url.protocol === 'https:' ? getTls : getPlain
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: this.#agent, headers: this.#headers, signal }, response => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > maxAnswerBytes) request.destroy(new Error('the answer is too large'))
          else chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({ kind: 'answer', status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks)) }),
        )
      })
      request.on('error', reject)
    })
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** As it may be shown: without credentials and query. */
export function registryName(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}
