import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@elastic/elasticsearch'
import { WorkerError } from '../core/worker-error.ts'
import { authorityOf } from './elasticsearch-authority.ts'
import { describeFailure, type Failure, failureOf, heals, refusal } from './elasticsearch-failure.ts'

export type ElasticsearchSettings = {
  /** URL of a node, or of what stands before several. Credentials in it are used, and never shown. */
  readonly node: string
  readonly auth?: { readonly apiKey: string } | { readonly username: string; readonly password: string }
  /** PEM of the certificate authority. */
  readonly ca?: string
  /** Whether requests and answers are compressed with gzip. */
  readonly compression?: boolean
  /** How long one request may take, ms. */
  readonly requestTimeoutMs?: number
}

export type ConnectSettings = ElasticsearchSettings & {
  /** SHA-256 fingerprint of the certificate authority, hexadecimal, in place of its PEM. */
  readonly caFingerprint?: string
  /** For how long a node that does not answer is tried again, ms. */
  readonly reachableWithinMs?: number
  readonly signal?: AbortSignal
  /** Told once, before the first time that it is tried again. */
  readonly onWait?: (reason: string) => void
}

/** For those who hold it and are no adapters. */
export type ElasticsearchClient = Client

const defaultRequestTimeoutMs = 60_000
const defaultReachableWithinMs = 30_000
const probeTimeoutMs = 5_000
const probePauseMs = 500

/** A client that has not spoken to its node yet. @throws WorkerError for what is not a URL */
export function elasticsearchClient(settings: ElasticsearchSettings): Client {
  const { node, auth, ca, compression = false, requestTimeoutMs } = settings
  parsedNode(node)
  return new Client({
    node,
    ...(auth && { auth }),
    ...(ca !== undefined && { tls: { ca } }),
    compression,
    // Stated, not inherited: 30 s in this client, none at all in the next major version.
    requestTimeout: requestTimeoutMs ?? defaultRequestTimeoutMs,
    // Retries are ours alone: the client's own would multiply with them, and they leave out 429 and time-outs.
    maxRetries: 0,
    // By default an error holds a clone of its request, a number for each byte: 400 MB and a second for each bulk
    // request that fails. Left out of an error are headers and connection, where the secrets are.
    redaction: { type: 'remove' },
    // Load balancers drop connections that were idle for a minute, some of them without a word.
    agent: { keepAliveTimeout: 50_000, connections: 32 },
    // Documents are the state and must come back whatever keys a user chose: `__proto__` is just a key to
    // JSON.parse, and nothing here copies keys by assignment.
    disablePrototypePoisoningProtection: true,
  })
}

/** A client whose node has answered. @throws WorkerError when it does not answer in time, or refuses us */
export async function connectElasticsearch(settings: ConnectSettings): Promise<Client> {
  const ca = await pinnedAuthority(settings)
  const client = elasticsearchClient({ ...settings, ...(ca !== undefined && { ca }) })
  try {
    await untilAnswered(settings, 'the health of', timeoutMs => health(client, timeoutMs))
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}

async function pinnedAuthority(settings: ConnectSettings): Promise<string | undefined> {
  const { node, ca, caFingerprint } = settings
  if (caFingerprint === undefined) return ca
  const url = parsedNode(node)
  if (url.protocol !== 'https:')
    throw new WorkerError('configuration', 'ELASTICSEARCH_CA_FINGERPRINT needs a node with https://')
  return untilAnswered(settings, 'the certificate of', timeoutMs =>
    authorityOf(url, caFingerprint, timeoutMs),
  )
}

/** Asks again while there is no answer. `what` of the node is read by `ask`. */
async function untilAnswered<T>(
  settings: ConnectSettings,
  what: string,
  ask: (timeoutMs: number) => Promise<T>,
): Promise<T> {
  const { node, signal, reachableWithinMs = defaultReachableWithinMs } = settings
  let onWait = settings.onWait
  const deadline = performance.now() + reachableWithinMs
  for (;;) {
    signal?.throwIfAborted()
    const left = deadline - performance.now()
    try {
      return await ask(Math.max(1, Math.min(probeTimeoutMs, left)))
    } catch (error) {
      const failure = failureOf(error)
      if (failure === undefined) throw error
      if (!heals(failure)) throw refusal(failure, `${what} ${nodeName(node)} is read`)
      if (deadline - performance.now() < probePauseMs) throw unreachable(node, failure, reachableWithinMs)
      onWait?.(`${nodeName(node)} (${describeFailure(failure)})`)
      onWait = undefined
    }
    await sleep(probePauseMs, undefined, signal && { signal })
  }
}

/** Asks for the health, never for `/`: what is no full distribution need not answer there. */
async function health(client: Client, timeoutMs: number): Promise<void> {
  // No signal of ours here: the client ends its own time-out by dispatching `abort` on the signal it is given.
  await client.cluster.health({ filter_path: 'status' }, { requestTimeout: timeoutMs })
}

function unreachable(node: string, failure: Failure, afterMs: number): WorkerError {
  return new WorkerError(
    'unreachable',
    `Elasticsearch at ${nodeName(node)} did not answer within ${Math.round(afterMs / 1000)} s ` +
      `(${describeFailure(failure)}). Start it, or set ELASTICSEARCH_NODE to where it is.`,
  )
}

/** The node as it may be shown: without credentials, query and fragment. */
export function nodeName(node: string): string {
  const { protocol, host, pathname } = parsedNode(node)
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}

function parsedNode(node: string): URL {
  const url = URL.parse(node)
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  // The text is not shown: it may hold a password.
  throw new WorkerError(
    'configuration',
    'ELASTICSEARCH_NODE is not a URL like http://localhost:9200: it must begin with http:// or https://',
  )
}
