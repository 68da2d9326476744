// Events made to be slow: what backtracking, sorting and copying could be made to suffer by.

import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { processBatch } from '../../src/pipeline.ts'
import { testSettings } from './in-process.ts'
import { testLookups } from './test-lookups.ts'

const settings = { ...testSettings, topic: null, maxLatenessMs: Number.POSITIVE_INFINITY }

/** The longest of each that is let in, and some more. */
const userAgents = {
  'open brackets': '('.repeat(8192),
  'bracket pairs': '()'.repeat(4096),
  'nested brackets': `${'('.repeat(4096)}${')'.repeat(4096)}`,
  spaces: ' '.repeat(8192),
  'spaces in a product': `a${' '.repeat(8190)}b`,
  slashes: '/'.repeat(8192),
  'products without version': 'Mozilla/'.repeat(1024),
  digits: '1'.repeat(8192),
  versions: '1.'.repeat(4096),
  'Android versions': `Android ${'1.'.repeat(4092)}`,
  Androids: 'Android 10; K'.repeat(630),
  addresses: 'a@'.repeat(4096),
  'long mail address': `${'a'.repeat(4096)}@${'a'.repeat(4095)}`,
  'http addresses': 'http://'.repeat(1170),
  bots: 'bot'.repeat(2730),
  'almost bots': 'cubota'.repeat(1365),
  semicolons: ';'.repeat(8192),
  'Build words': 'Build/'.repeat(1365),
  'like Gecko': '(KHTML, like Gecko) '.repeat(409),
  'Mobile Safari': 'Version/1 Mobile Safari '.repeat(341),
  'samsung words': 'samsung samsung-'.repeat(512),
  'dotted capitals': 'I'.repeat(8192).replaceAll('I', 'İ'),
}

const urls = {
  parameters: `https://h/?${'a=1&'.repeat(2045)}`,
  'empty parameters': `https://h/?${'&'.repeat(8180)}`,
  'utm parameters': `https://h/?${'utm_source=a&'.repeat(629)}`,
  percents: `https://h/${'%'.repeat(8180)}`,
  'percent escapes': `https://h/?utm_source=${'%e2%82%ac'.repeat(900)}`,
  'path steps': `https://h/${'a/../'.repeat(1635)}`,
  'path steps up': `https://h/${'../'.repeat(2725)}`,
  labels: `https://${'a.'.repeat(4090)}h/`,
  'long label': `https://${'a'.repeat(8180)}/`,
  'international label': `https://${'ü'.repeat(8180)}.de/`,
  'international labels': `https://${'ü.'.repeat(4090)}de/`,
  punycode: `https://xn--${'a'.repeat(8170)}/`,
  'punycode labels': `https://${'xn--4ca.'.repeat(1020)}de/`,
  'user names': `https://${'@'.repeat(8180)}h/`,
  colons: `https://${':'.repeat(8180)}/`,
  'address of zeros': `https://[${':0'.repeat(4000)}]/`,
  'numbers for an address': `https://${'0x1.'.repeat(2040)}/`,
  spaces: ' '.repeat(8192),
  'non-ASCII path': `https://h/${'€'.repeat(8180)}`,
}

const clientHints = {
  'open quotes': { 'Sec-CH-UA': '"'.repeat(100_000) },
  backslashes: { 'Sec-CH-UA': `"${'\\'.repeat(100_000)}` },
  'quoted spaces': { 'Sec-CH-UA': '"" '.repeat(30_000) },
  'spaces before a semicolon': { 'Sec-CH-UA': `${'""'.repeat(300)}${' '.repeat(100_000)}` },
  'many headers': Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`Sec-CH-UA-${i}`, '?1'])),
  'one long header name': { [`Sec-CH-UA-${'a'.repeat(500_000)}`]: '1' },
  'many brands': { brands: Array.from({ length: 20_000 }, () => ({ brand: 'x', version: '1' })) },
}

const wide = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))

const events: Record<string, object> = {
  ...named('user agent', userAgents, userAgent => ({ context: { userAgent } })),
  ...named('page', urls, url => ({ context: { page: { url } } })),
  ...named('referrer', urls, referrer => ({ context: { page: { referrer } } })),
  ...named('client hints', clientHints, hints => ({ context: { clientHints: hints } })),
  'properties: 10,000 keys': { properties: wide(10_000) },
  'properties: 256 keys of the longest value': {
    properties: Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`k${i}`, 'v'.repeat(4000)])),
  },
  'unknown fields: 60,000': wide(60_000),
  'unknown field: an array of 400,000': { unknown: Array(400_000).fill(0) },
  'time zone: 64 characters': { context: { timeZone: 'A/'.repeat(32) } },
  'ip: 64 characters': { context: { ip: ':'.repeat(64) } },
}

function named<T>(
  kind: string,
  values: Record<string, T>,
  event: (value: T) => object,
): Record<string, object> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${kind}: ${name}`, event(value)]))
}

export type Slowness = { readonly name: string; readonly ms: number }

/** From record to document, the best of three each, since the machine is shared; slowest first. */
export async function slowestEvents(): Promise<Slowness[]> {
  const measured: Slowness[] = []
  for (const [name, event] of Object.entries(events)) {
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < 3; i++) best = Math.min(best, await timed(event))
    measured.push({ name, ms: Math.round(best * 100) / 100 })
  }
  return measured.sort((a, b) => b.ms - a.ms)
}

async function timed(event: object): Promise<number> {
  const raw = { eventId: 'e', tabId: 't', type: 'page-view', timestamp: 1_790_000_000_000, ...event }
  const value = Buffer.from(JSON.stringify(raw))
  const record = { offset: 0, timestamp: null, key: null, value, headers: {} }
  const batch = { partition: 0, records: [record], firstOffset: 0, nextOffset: 1 }
  const sessions = new PartitionSessions(settings, Number.NEGATIVE_INFINITY)
  // A new one each time: its cache would answer the second.
  const since = performance.now()
  const { documents } = await processBatch(batch, sessions, () => null, testLookups, 0, settings)
  for (const { document } of documents) JSON.stringify(document)
  return performance.now() - since
}
