import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unknownDevice } from '../../../src/core/enrichment/device.ts'
import { noGeo } from '../../../src/core/enrichment/geo.ts'
import { uuidV5 } from '../../../src/core/session-id.ts'
import { oracle } from '../../support/oracle.ts'
import { type Doc, documentOf, event, options } from '../../support/oracle-case.ts'
import { clock } from '../../support/timeline.ts'

test('the example of the seed: 30 May 2024 was a Thursday, 4; the whole document', () => {
  const raw = event(0, {
    timestamp: '2024-05-30T07:44:23.243135Z',
    profile: { id: 'p' },
    context: { timeZone: 'America/New_York' },
  })
  const id = 'f1c9161a-b13d-584e-8910-397f4c7b2ae0'
  const nothing = { url: null, host: null, path: null, title: null }
  assert.deepEqual(documentOf(raw, { ...raw, eventId: 'z', timestamp: '2024-05-30T09:44:25.242+02:00' }), {
    id,
    sessionTrackingToken: id,
    tabId: 'tab',
    lastSeen: '2024-05-30T07:44:25.242Z',
    lastQuery: null,
    metadata: {
      time: {
        insert: '2024-05-30T07:44:23.243Z',
        timestamp: 1717055063.243,
        duration: 1,
        weekday: 4,
        hour: 7,
        weekdayLocal: 4,
        hourLocal: 3,
      },
      channel: '',
      aux: {},
      status: 'ended',
    },
    profile: { id: 'p', primary_id: null, metadata: null },
    device: {
      ...unknownDevice.device,
      ip: null,
      resolution: null,
      geo: noGeo,
      color_depth: null,
      orientation: null,
    },
    os: { name: 'Other', version: '' },
    app: {
      type: 'browser',
      name: 'Other',
      version: '',
      language: null,
      bot: false,
      bot_reasons: [],
      resolution: null,
    },
    context: { ip: null },
    utm: { source: null, medium: null, campaign: null, term: null, content: null },
    click_id: { name: null, value: null },
    referrer: { url: null, host: null, class: null, name: null },
    properties: {},
    traits: {},
    aux: {},
    activity: {
      events: 2,
      page_views: 0,
      searches: 0,
      conversions: 0,
      conversion_value: 0,
      bounced: 1,
      engaged_seconds: 1,
    },
    pages: { entry: nothing, exit: nothing },
    site: null,
    schema_version: 1,
  })
})

test('weekday and hour are those of the configured zone, over midnight and a change of clocks', () => {
  const at = (timestamp: string, timeZone: string): Doc => {
    const records = [{ value: JSON.stringify(event(0, { timestamp })), timestamp: null }]
    const [document] = [...oracle(records, { ...options, timeZone }).sessions.values()] as Doc[]
    return [document.metadata.time.weekday, document.metadata.time.hour, document.metadata.time.weekdayLocal]
  }
  assert.deepEqual(at('2026-11-28T23:30:00Z', 'Europe/Berlin'), [0, 0, null])
  assert.deepEqual(at('2026-11-29T02:30:00Z', 'America/New_York'), [6, 21, null])
  assert.deepEqual(at('2026-03-29T00:59:59.999Z', 'Europe/Berlin'), [0, 1, null])
  assert.deepEqual(at('2026-03-29T01:00:00Z', 'Europe/Berlin'), [0, 3, null])
})

test('ids are those of the product, also for names beyond ASCII', () => {
  const cell = Math.floor(clock('10:00') / 600_000)
  for (const [tabId, id] of [
    ['tab', 'd36da9ca-4562-56bb-bcfe-d5946af5cf1c'],
    ['täb-✓', 'd6619503-105a-5d77-aab4-ac1b655cf0cd'],
  ]) {
    assert.equal(documentOf(event('10:00', { tabId })).id, id)
    assert.equal(uuidV5(`600000:${cell}:${tabId}`), id)
  }
})
