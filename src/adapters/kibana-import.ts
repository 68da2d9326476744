// Saved objects → Kibana, through its import API. Their ids are fixed, so that an import replaces what it brought before.
import { setTimeout as sleep } from 'node:timers/promises'
import { WorkerError } from '../core/worker-error.ts'
import type { SavedObject } from './kibana-objects.ts'

export type KibanaSettings = {
  /** URL with the path of a space, if any. Credentials in it are used, and never shown. */
  readonly url: string
  readonly auth?: { readonly apiKey: string } | { readonly username: string; readonly password: string }
  /** For how long a Kibana that does not answer, or is not ready yet, is tried again, ms. */
  readonly readyWithinMs?: number
  readonly pauseMs?: number
  readonly signal?: AbortSignal
}

const requestTimeoutMs = 30_000

/** Gives how many objects Kibana took: all, or it throws. @throws WorkerError that says what to do */
export async function importIntoKibana(
  settings: KibanaSettings,
  objects: readonly SavedObject[],
): Promise<number> {
  const { signal, readyWithinMs = 60_000, pauseMs = 1_000 } = settings
  const deadline = performance.now() + readyWithinMs
  for (;;) {
    signal?.throwIfAborted()
    const answer = await post(settings, objects)
    if (answer.kind === 'answer' && answer.status !== 503) return taken(answer, settings, objects.length)
    if (performance.now() + pauseMs > deadline) throw unreachable(settings, answer, readyWithinMs)
    await sleep(pauseMs, undefined, signal && { signal })
  }
}

/** One object a line, as Kibana exports and imports them. */
export const savedObjectLines = (objects: readonly SavedObject[]): string =>
  objects.map(object => `${JSON.stringify(object)}\n`).join('')

type Answer = { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
type NoAnswer = { readonly kind: 'none'; readonly reason: string }

async function post(
  { url, auth, signal }: KibanaSettings,
  objects: readonly SavedObject[],
): Promise<Answer | NoAnswer> {
  const address = new URL(url)
  const authorization = authorizationOf(address, auth)
  address.username = address.password = ''
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/api/saved_objects/_import`
  address.search = '?overwrite=true'
  const form = new FormData()
  form.append('file', new Blob([savedObjectLines(objects)]), 'sessionloom.ndjson')
  const timeout = AbortSignal.timeout(requestTimeoutMs)
  try {
    const response = await fetch(address, {
      method: 'POST',
      // Without `kbn-xsrf` Kibana refuses every request that changes anything.
      headers: { 'kbn-xsrf': 'sessionloom', ...(authorization !== null && { authorization }) },
      body: form,
      // Followed, a login page would answer in Kibana's place, and a redirect to elsewhere get the credentials.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    return { kind: 'answer', status: response.status, body: parsed(await response.text()) }
  } catch (error) {
    signal?.throwIfAborted()
    const { message, cause } = error as Error & { cause?: { code?: string; message?: string } }
    return { kind: 'none', reason: cause?.code ?? cause?.message ?? message }
  }
}

function authorizationOf(address: URL, auth: KibanaSettings['auth']): string | null {
  const basic = (name: string, password: string) =>
    `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  if (address.username !== '')
    return basic(decodeURIComponent(address.username), decodeURIComponent(address.password))
  if (auth === undefined) return null
  return 'apiKey' in auth ? `ApiKey ${auth.apiKey}` : basic(auth.username, auth.password)
}

/** Null where it is no JSON: then it is not Kibana's. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

type ImportBody = {
  readonly success?: boolean
  readonly successCount?: number
  readonly message?: string
  readonly errors?: readonly {
    readonly id: string
    readonly type: string
    readonly error?: { readonly type?: string }
  }[]
}

function taken({ status, body }: Answer, settings: KibanaSettings, wanted: number): number {
  const said = (typeof body === 'object' && body !== null ? body : {}) as ImportBody
  if (status === 200 && said.success === true && said.successCount === wanted) return wanted
  throw refusal(status, said, settings)
}

function refusal(status: number, said: ImportBody, settings: KibanaSettings): WorkerError {
  const where = `Kibana at ${kibanaName(settings.url)}`
  const reason = said.message === undefined ? '' : `: ${said.message.slice(0, 300)}`
  if (status === 401)
    return new WorkerError(
      'unauthorized',
      `${where} does not know these credentials (${status}${reason}). It takes those of Elasticsearch: ELASTICSEARCH_API_KEY, or ` +
        'ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD.',
    )
  if (status === 403)
    return new WorkerError(
      'unauthorized',
      `${where} does not let this user import (${status}${reason}). Give its role the Kibana privileges Saved Objects ` +
        'Management, Dashboard, Visualize and Data View Management in that space, or import deploy/kibana by hand.',
    )
  if (status === 200 && said.errors !== undefined) {
    const shown = said.errors
      .slice(0, 5)
      .map(({ type, id, error }) => `${type} ${id} (${error?.type ?? 'unknown'})`)
    return new WorkerError(
      'store-refused',
      `${where} refused ${said.errors.length} saved objects: ${shown.join(', ')}. Kibana 8.9 or later is needed.`,
    )
  }
  if (status === 422 || (status === 400 && said.message !== undefined))
    return new WorkerError(
      'store-refused',
      `${where} refused the saved objects (${status}${reason}). Kibana 8.9 or later is needed.`,
    )
  return new WorkerError(
    'configuration',
    `What answers at ${kibanaName(settings.url)} is not Kibana, or not under this path (${status}${reason}). Set KIBANA_URL to ` +
      'what stands before `/app` in the browser.',
  )
}

function unreachable(settings: KibanaSettings, answer: Answer | NoAnswer, afterMs: number): WorkerError {
  const reason = answer.kind === 'none' ? answer.reason : 'it is not ready yet'
  return new WorkerError(
    'unreachable',
    `Kibana at ${kibanaName(settings.url)} was not ready within ${Math.round(afterMs / 1000)} s (${reason}). Start it, or set KIBANA_URL ` +
      'to where it is; NODE_EXTRA_CA_CERTS names the authority of its certificate.',
  )
}

/** As it may be shown: without credentials and query. */
function kibanaName(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}
