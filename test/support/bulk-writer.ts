// The bulk writer against a server of our own.
import type { TestContext } from 'node:test'
import { type BulkLimits, type BulkWrite, ElasticsearchBulk } from '../../src/adapters/elasticsearch-bulk.ts'
import { elasticsearchClient } from '../../src/adapters/elasticsearch-client.ts'
import { StoreRetry } from '../../src/adapters/elasticsearch-retry.ts'
import type { WorkerEvent } from '../../src/ports/telemetry.ts'
import {
  bulkAnswer,
  bulkOperations,
  type Decide,
  type Fault,
  type FaultRequest,
  startFaultServer,
} from './fault-server.ts'
import { sampleSession } from './sample-documents.ts'

export const overload: [number, string] = [429, 'es_rejected_execution_exception']
export const stored = (request: FaultRequest): Fault => bulkAnswer(idsOf(request).map(() => 200))
export const idsOf = (request: FaultRequest): string[] => bulkOperations(request).map(({ _id }) => _id)
export const hasProperties = (document: object): boolean =>
  Object.keys((document as { properties: object }).properties).length > 0

const { key, version, document } = sampleSession()

export function writes(caller: string, count: number): BulkWrite[] {
  return Array.from({ length: count }, (_, i) => ({
    index: 'test-2026.11.01',
    write: { key: { ...key, id: `${caller}${i}` }, version: version + i, document },
  }))
}

export function withProperties(id: string): BulkWrite {
  const write = sampleSession({ raw: { properties: { a: 'long' } } })
  return { index: 'test-2026.11.01', write: { ...write, key: { ...write.key, id } } }
}

type Timing = { first: number; longest: number; requestTimeoutMs?: number }
export const defaultTiming: Timing = { first: 2, longest: 8 }

/** A writer against a server of our own, with short pauses. */
export async function startWriter(
  t: TestContext,
  decide: Decide,
  limits: Partial<BulkLimits> = {},
  { requestTimeoutMs = 10_000, ...pausesMs } = defaultTiming,
) {
  const server = await startFaultServer(decide)
  const client = elasticsearchClient({ node: server.address, requestTimeoutMs })
  const controller = new AbortController()
  const events: string[] = []
  const reasons: string[] = []
  const telemetry = (event: WorkerEvent) => {
    events.push(event.kind)
    if (event.kind === 'StoreUnavailable') reasons.push(event.reason)
  }
  const retry = new StoreRetry({ telemetry, signal: controller.signal, pausesMs })
  t.after(async () => {
    controller.abort()
    await client.close()
    await server.close()
  })
  const abort = (reason: Error) => controller.abort(reason)
  return {
    bulk: new ElasticsearchBulk(client, retry, limits),
    requests: server.requests,
    events,
    reasons,
    abort,
  }
}
