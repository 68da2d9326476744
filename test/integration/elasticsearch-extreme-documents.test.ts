// What `decode` lets in, Elasticsearch takes: no document is reduced for what users put into it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PartitionSessions } from '../../src/core/partition-sessions.ts'
import { processBatch } from '../../src/pipeline.ts'
import type { DocumentWrite, SessionStore } from '../../src/ports/session-store.ts'
import { elasticsearchUnderTest, json, restored, storesOn } from '../support/elasticsearch-under-test.ts'
import { extremeEvent, jsonText } from '../support/extreme-values.ts'
import { testSettings } from '../support/in-process.ts'
import { testLookups } from '../support/test-lookups.ts'

const { node, skip } = elasticsearchUnderTest('elasticsearch-extreme-documents.test.ts')
const at = Date.parse('2026-11-24T10:00:00Z')
/** The documents of these values, and how many of them were dead letters. Each is of a tab of its own. */
async function documentsOf(
  texts: readonly string[],
): Promise<{ writes: readonly DocumentWrite[]; refused: string[] }> {
  const settings = { ...testSettings, maxLatenessMs: Number.POSITIVE_INFINITY }
  const sessions = new PartitionSessions(settings, Number.NEGATIVE_INFINITY)
  const records = texts.map((text, offset) => ({
    offset,
    timestamp: null,
    key: null,
    value: Buffer.from(text),
    headers: {},
  }))
  const batch = { partition: 0, records, firstOffset: 0, nextOffset: records.length }
  const effects = await processBatch(batch, sessions, () => null, testLookups, at, settings)
  return { writes: effects.documents, refused: effects.deadLetters.map(({ message }) => message) }
}

const textOf = (i: number, event: object) =>
  jsonText({ eventId: `e${i}`, tabId: `tab-${i}`, type: 'page-view', timestamp: at, ...event })

async function refusals(store: SessionStore, writes: readonly DocumentWrite[]): Promise<string[]> {
  const results = await store.write(writes)
  return results.flatMap((result, i) =>
    result.kind === 'written'
      ? []
      : [`${JSON.stringify(result)}: ${JSON.stringify(writes[i]!.document).slice(0, 500)}`],
  )
}

const nested = (levels: number, key: string, inside: unknown): unknown =>
  levels === 0 ? inside : { [key]: nested(levels - 1, key, inside) }

/** Each at a limit of §1.1, so that one more would be a dead letter. */
const edges: Record<string, object> = {
  'the deepest properties, with the longest keys': {
    properties: nested(17, '€'.repeat(256), '€'.repeat(2048)),
  },
  'the deepest properties of one letter': { properties: nested(19, 'k', 1) },
  'the deepest aux of the context': { context: { aux: nested(18, 'k', 'v') } },
  'the deepest arrays': { traits: { a: JSON.parse('['.repeat(18) + ']'.repeat(18)) } },
  'arrays of objects of arrays': { aux: { a: [[{ b: [[{ c: [null, [], {}] }]] }]] } },
  'the longest value': { properties: { a: '€'.repeat(16_384) } },
  'the most parts': { properties: { a: Array(1024).fill('x'), b: Array(1024).fill({}) } },
  'the most keys': { traits: Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`${i}`, i])) },
  'almost 1 MiB of values': {
    properties: Object.fromEntries(Array.from({ length: 255 }, (_, i) => [`k${i}`, 'v'.repeat(4000)])),
  },
  'keys with dots and spaces': {
    properties: {
      ' ': 1,
      '.': 1,
      '..': 1,
      'a.': 1,
      '.a': { '.': 1 },
      'a..b': 1,
      'a.b': 1,
      a: { b: 1 },
      '\t': 1,
    },
  },
  'names of prototypes': {
    properties: JSON.parse(
      '{"__proto__":{"a":1},"constructor":{"prototype":1},"toString":1,"hasOwnProperty":null}',
    ),
  },
  'NUL in every text': {
    query: '\0',
    site: 'a\0b',
    properties: { a: '\0', b: ['\0'] },
    profile: { id: '\0', primaryId: '\0' },
    context: { locale: '\0', page: { url: 'https://h/\0', title: '\0' }, utm: { source: '\0' } },
  },
  'halves of surrogate pairs': {
    query: 'a\ud800b',
    properties: { 'k\udfff': ['\udc00'] },
    profile: { id: '\ud800' },
  },
  'control characters': {
    query: '\u0001\u001f\u007f\u2028\u202e\ufeff\uffff',
    properties: { '\u0001\u2028': '\u0000\u0001' },
  },
  'the largest numbers': {
    properties: { a: 1e308, b: -1e308, c: 2 ** 63, d: 5e-324, e: -0, f: [1e21] },
    value: 1e9,
  },
  'the longest texts of every field': {
    query: '€'.repeat(2048),
    site: '€'.repeat(128),
    context: {
      channel: '€'.repeat(128),
      locale: '€'.repeat(64),
      page: {
        url: `https://h/${'€'.repeat(8180)}`,
        title: '€'.repeat(2048),
        referrer: `https://h/${'€'.repeat(8180)}`,
      },
      utm: { source: '€'.repeat(512), medium: '😀'.repeat(256) },
      app: { type: '€'.repeat(64), name: '€'.repeat(256), version: '€'.repeat(128) },
      geo: { city: '€'.repeat(256), latitude: -90, longitude: '+180.000000000000000000000000000' },
    },
  },
  'an address that is none': { context: { ip: '999.999.999.999' } },
  'the first instant': { timestamp: 0 },
  'the last instant': { timestamp: '9999-12-31T23:59:59.999Z' },
}

describe('extreme documents on a real node', { skip }, () => {
  const { start } = storesOn(node)

  it('are accepted whole at every limit, and come back as they were', async t => {
    const { store } = await start(t)
    const texts = Object.values(edges).map((event, i) => textOf(i, event))
    const { writes, refused } = await documentsOf(texts)
    assert.deepEqual(refused, [])
    assert.equal(writes.length, texts.length)
    assert.deepEqual(await refusals(store, writes), [])
    const byId = new Map((await restored(store)).map(document => [document.id, document]))
    for (const { document } of writes) assert.deepEqual(byId.get(document.id), json(document))
  })

  it('are accepted whole, made up at random', async t => {
    const { store } = await start(t)
    const events = fc.sample(extremeEvent, { seed: 11, numRuns: 500 })
    const { writes, refused } = await documentsOf(events.map((event, i) => textOf(i, event)))
    assert.ok(writes.length > 150, `${writes.length} documents, ${refused.length} dead letters`)
    assert.deepEqual(await refusals(store, writes), [])
    assert.equal((await restored(store)).length, writes.length)
  })
})
