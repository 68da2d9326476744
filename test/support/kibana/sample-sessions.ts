// The sessions of the access log and of a made-up shop in the same days, through the real worker into Elasticsearch.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '@elastic/elasticsearch'
import { ElasticsearchSessionStore } from '../../../src/adapters/elasticsearch-session-store.ts'
import { installTemplate } from '../../../src/adapters/elasticsearch-template.ts'
import { generateDefaults, generateEvents } from '../../../src/generate.ts'
import { openDemoLookups } from '../../../src/lookups.ts'
import { Worker } from '../../../src/worker.ts'
import { ArrayEventSource, ArrayTopic } from '../array-event-source.ts'
import { identity } from '../elasticsearch-under-test.ts'
import { testSettings } from '../in-process.ts'

const accessLog = join(import.meta.dirname, '../../data/access-log.events.ndjson')
const partitions = 4

/** An event: when it happened, and when it came. */
type Arrival = { readonly time: number; readonly at: number; readonly tabId: string; readonly line: string }

/** When the sample ends, and the period that holds it all. */
export type Sample = { readonly now: string; readonly from: string; readonly to: string }

/** Writes the sample; the last sessions are still active. */
export async function writeSampleSessions(client: Client, prefix: string): Promise<Sample> {
  const arrivals = [...accessLogArrivals(), ...shopArrivals()].sort((a, b) => a.at - b.at)
  const topic = new ArrayTopic(partitions)
  for (const { at, tabId, line } of arrivals) topic.append(partitionOf(tabId), line, at)
  await installTemplate(client, prefix, { ...identity, partitions })
  const now = Math.max(...arrivals.map(({ time }) => time))
  const worker = new Worker({
    source: new ArrayEventSource(topic, () => 500),
    store: new ElasticsearchSessionStore({ client, prefix, telemetry: () => {} }),
    deadLetters: { send: async () => {}, close: async () => {} },
    lookups: openDemoLookups(),
    // Stands still at the end of the sample: by it, none of the last sessions is closed.
    clock: { now: () => now, monotonic: () => 0 },
    telemetry: () => {},
    settings: { ...testSettings, partitions },
  })
  await worker.run()
  await client.indices.refresh({ index: prefix })
  return { now: isoOf(now), from: isoOf(Math.min(...arrivals.map(({ time }) => time))), to: isoOf(now) }
}

const isoOf = (ms: number): string => new Date(ms).toISOString()

function accessLogArrivals(): Arrival[] {
  const lines = readFileSync(accessLog, 'utf8').trimEnd().split('\n')
  return lines.map(line => {
    const { tabId, timestamp } = JSON.parse(line)
    const time = Date.parse(timestamp)
    return { time, at: time, tabId, line }
  })
}

/** With what an access log does not have: campaigns, searches, conversions, profiles, and events that come late. */
function shopArrivals(): Arrival[] {
  const events = generateEvents({
    ...generateDefaults,
    count: 6_000,
    startMs: Date.parse('2015-05-17T10:00:00Z'),
    rate: 0.02,
    tabs: 400,
    veryLate: 0.01,
  })
  return Array.from(events, event => ({
    // Clients with wrong clocks tell a time to come.
    time: Math.min(new Date(event.timestamp).getTime(), event.receivedAt),
    at: event.receivedAt,
    tabId: event.tabId,
    line: JSON.stringify(event),
  }))
}

const partitionOf = (tabId: string): number =>
  [...tabId].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 7) % partitions
