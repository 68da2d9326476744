// Short cases for the oracle's tests: events of one tab, and the documents that the oracle makes of them.
import assert from 'node:assert/strict'
import { unknownDevice } from '../../src/core/enrichment/device.ts'
import { noGeo } from '../../src/core/enrichment/geo.ts'
import { defaultOracleOptions, type OracleResult, oracle } from './oracle.ts'
import { clock } from './timeline.ts'

const chrome = {
  device: { name: 'Other', brand: null, model: null, type: 'desktop', touch: false },
  os: { name: 'Windows', version: '11' },
  app: { name: 'Chrome', version: '140', bot: false, bot_reasons: [] },
} as const

/** One address is in Kiel, and the user agent `C` is a Chrome. */
export const options = {
  ...defaultOracleOptions,
  lookups: {
    geo: (ip: string) => (ip === '192.0.2.1' ? { ...noGeo, city: 'Kiel', time_zone: 'Europe/Berlin' } : null),
    device: ({ userAgent }: { userAgent: string | null }) => (userAgent === 'C' ? chrome : unknownDevice),
  },
}

export type Raw = Readonly<Record<string, unknown>>
// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at will
export type Doc = any

let nextId = 0

/** A click in the tab `tab`, unless `fields` say otherwise. Ids grow from call to call. */
export const event = (time: string | number, fields: Raw = {}): Raw => ({
  eventId: `e${String(nextId++).padStart(3, '0')}`,
  tabId: 'tab',
  type: 'click',
  timestamp: typeof time === 'number' ? time : clock(time),
  ...fields,
})

/** The oracle's answer to events from a file. */
export const run = (...events: readonly Raw[]): OracleResult =>
  oracle(
    events.map(raw => ({ value: JSON.stringify(raw), timestamp: null })),
    options,
  )

export const documentsOf = (...events: readonly Raw[]): Doc[] => [...run(...events).sessions.values()]

/** The document of events that are one session. */
export function documentOf(...events: readonly Raw[]): Doc {
  const documents = documentsOf(...events)
  assert.equal(documents.length, 1)
  return documents[0]
}
