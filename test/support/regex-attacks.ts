// Texts that patterns backtrack on, of any length, for every field that a pattern is run over.

import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { commonlyRedacted } from '../../src/core/privacy.ts'
import { processBatch } from '../../src/pipeline.ts'
import type { WorkerSettings } from '../../src/worker.ts'
import { testSettings } from './in-process.ts'
import { testLookups } from './test-lookups.ts'

type Field = { readonly limit: number; event(text: string): object }

/** Limits of the contract; those without one of their own end at the size of a record. */
const fields: Readonly<Record<string, Field>> = {
  'user agent': { limit: 8192, event: userAgent => ({ context: { userAgent } }) },
  'client hint': { limit: 200_000, event: brands => ({ context: { clientHints: { 'Sec-CH-UA': brands } } }) },
  'name of a client hint': { limit: 200_000, event: name => ({ context: { clientHints: { [name]: '1' } } }) },
  'model in a client hint': {
    limit: 200_000,
    event: model => ({
      context: { userAgent: 'Mozilla/5.0 (Linux; Android 10; K)', clientHints: { model } },
    }),
  },
  page: { limit: 8192, event: url => ({ context: { page: { url } } }) },
  referrer: { limit: 8192, event: referrer => ({ context: { page: { referrer } } }) },
  campaign: {
    limit: 512,
    event: text => ({ context: { utm: { source: text, medium: text, campaign: text } } }),
  },
  locale: { limit: 64, event: locale => ({ context: { locale } }) },
  'time zone': { limit: 64, event: timeZone => ({ context: { timeZone } }) },
  address: { limit: 64, event: ip => ({ context: { ip } }) },
  latitude: { limit: 32, event: latitude => ({ context: { geo: { latitude, longitude: '1' } } }) },
  timestamp: { limit: 500_000, event: timestamp => ({ timestamp }) },
}

/** What is repeated, and what makes the match fail at its end. */
const shapes: Readonly<Record<string, (length: number) => string>> = {
  'one letter': n => `${'a'.repeat(n - 1)}!`,
  digits: n => `${'1'.repeat(n - 1)}x`,
  spaces: n => `a${' '.repeat(n - 2)}b`,
  'dotted digits': n => '1.'.repeat(n / 2),
  brackets: n => '('.repeat(n),
  'bracket pairs': n => '()'.repeat(n / 2),
  quotes: n => '"'.repeat(n),
  'escaped quotes': n => `"${'\\"'.repeat(n / 2 - 1)}`,
  'brands without end': n => '"a";v="'.repeat(n / 7),
  products: n => 'Mozilla/5.0 '.repeat(n / 12),
  'Android versions': n => 'Android 1.'.repeat(n / 10),
  'mail addresses': n => `${'a'.repeat(n / 2)}@${'a'.repeat(n / 2 - 1)}`,
  'addresses of pages': n => 'http://'.repeat(n / 7),
  bots: n => 'cubot bot'.repeat(n / 9),
  'words before a bot': n => `Mozilla/5.0 (Nokia Samsung; ${'a1 '.repeat(n / 3)}bo`.slice(0, n),
  'models without end': n => `Mozilla/5.0 (Linux; Android 4.0; ${'HTC_; '.repeat(n / 6)}`.slice(0, n),
  'HbbTV without end': n => `HbbTV/1.1 (${';a '.repeat(n / 3)}`.slice(0, n),
  parameters: n => `https://h/?${'a=%e2&'.repeat(n / 6)}`.slice(0, n),
  'mail addresses in a parameter': n => `https://h/?x=${'a@a.1'.repeat(n / 5)}`.slice(0, n),
  'a mail address without end': n => `https://h/?x=a@${'a.'.repeat(n / 2)}`.slice(0, n),
  labels: n => `https://${'a.'.repeat(n / 2)}`.slice(0, n),
  'labels of countries': n => `https://${'aa.'.repeat(n / 3)}`.slice(0, n),
  colons: n => ':'.repeat(n),
  'a date that goes on': n => `2026-11-24T10:00:00.${'0'.repeat(n)}`.slice(0, n),
  'sec-ch-ua': n => `sec-ch-ua-${'-'.repeat(n)}`.slice(0, n),
}

export type Attack = { readonly name: string; readonly limit: number; run(length: number): Promise<void> }

/** Each shape in each field, from record to document. */
export const regexAttacks: readonly Attack[] = Object.entries(fields).flatMap(([field, { limit, event }]) =>
  Object.entries(shapes).map(([shape, textOf]) => ({
    name: `${field}: ${shape}`,
    limit,
    run: length => processOne(event(textOf(length))),
  })),
)

const settings: WorkerSettings = {
  ...testSettings,
  topic: null,
  maxLatenessMs: Number.POSITIVE_INFINITY,
  privacy: { ip: 'mask', redactedParameters: new Set(commonlyRedacted) },
}

async function processOne(event: object): Promise<void> {
  const raw = { eventId: 'e', tabId: 't', type: 'page-view', timestamp: 1_790_000_000_000, ...event }
  const record = {
    offset: 0,
    timestamp: null,
    key: null,
    value: Buffer.from(JSON.stringify(raw)),
    headers: {},
  }
  const batch = { partition: 0, records: [record], firstOffset: 0, nextOffset: 1 }
  const sessions = new PartitionSessions(settings, Number.NEGATIVE_INFINITY)
  // A new one each time: its cache would answer the second.
  const { documents } = await processBatch(batch, sessions, () => null, testLookups, 0, settings)
  for (const { document } of documents) JSON.stringify(document)
}
