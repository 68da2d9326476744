import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import { eventFormats } from '../../src/core/formats/event-formats.ts'
import type { Format } from '../../src/core/formats/format.ts'
import type { SessionDocument } from '../../src/core/session-document.ts'
import { ArrayEventSource, ArrayTopic } from '../support/array-event-source.ts'
import { type Deed, formatWriters } from '../support/format-writers.ts'
import { testSettings, testWorker } from '../support/in-process.ts'

const noon = Date.UTC(2026, 10, 24, 12)
const agents = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/113.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1',
]

const pick = fc.constantFrom
const size = fc.tuple(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 4000 }))

/** A few tabs over two hours, so that sessions split, merge, and come late. */
const deeds: fc.Arbitrary<Deed[]> = fc
  .array(
    fc.record({
      tab: pick('tab-1', 'tab-2'),
      visitor: pick('v1', 'v2'),
      name: pick('page-view', 'page-view', 'conversion', 'Added To Cart'),
      at: fc.integer({ min: 0, max: 120 }).map(minutes => noon + minutes * 60_000),
      url: pick('https://shop.example/', 'https://shop.example/a?utm_source=x&gclid=1'),
      title: pick('Shop', 'A'),
      referrer: pick('https://www.google.com/', 'https://other.example/b'),
      userAgent: pick(...agents),
      locale: pick('en-US', 'de'),
      timeZone: pick('Europe/Berlin', 'America/New_York'),
      ip: pick('81.2.69.160', '2001:218::1'),
      screen: size,
      viewport: size,
      campaign: fc.option(pick('spring', 'fall'), { nil: null }),
      value: fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: null }),
      properties: fc.dictionary(pick('a', 'b', 'c'), pick('1', '2')),
    }),
    { minLength: 1, maxLength: 15 },
  )
  .map(all =>
    all.map(({ value, ...deed }, i) => ({
      ...deed,
      id: `e${i}`,
      receivedAt: noon + 121 * 60_000 + i,
      value: deed.name === 'conversion' ? value : null,
    })),
  )

/** The documents of a log, each piece of which is read by a worker that restores what the one before has stored. */
async function documentsOf(
  values: readonly string[],
  format: Format,
  piece: number,
): Promise<SessionDocument[]> {
  const store = new SqliteSessionStore(':memory:', testSettings.gapMs)
  const topic = new ArrayTopic(1)
  for (let from = 0; from < values.length; from += piece) {
    for (const value of values.slice(from, from + piece)) topic.append(0, value, noon + 122 * 60_000)
    const { worker, letters } = testWorker(new ArrayEventSource(topic, () => 4), store, { format })
    await worker.run()
    assert.deepEqual(letters, [])
    if (from + piece >= values.length) await worker.closeAll()
  }
  const documents = [...store.documents()]
  await store.close()
  return documents
}

/** Without what tells of the log, and what formats add of their own: a site, and a name for the value. */
function comparable(document: SessionDocument) {
  const { source, site, state, properties, ...rest } = document
  const { revenue, value: amount, ...own } = properties as Record<string, unknown>
  return { ...rest, properties: own }
}

/** Only what is in the envelope tells which tab it was: of its content, nothing tells what it is. */
const isMarked = (name: string) => !name.startsWith('cloudevents')
const marked = formatWriters.filter(({ name }) => isMarked(name))

describe('the same behaviour in every format', () => {
  it('gives the same sessions, which say what they were read from and where their tab id was', async () => {
    await fc.assert(
      fc.asyncProperty(deeds, fc.integer({ min: 1, max: 15 }), async (log, piece) => {
        const [native, ...others] = formatWriters
        const expected = await documentsOf(log.map(native!.write), eventFormats.native, piece)
        for (const { name, format, tabIdFrom, write } of others)
          for (const read of isMarked(name)
            ? [eventFormats[format], eventFormats.auto]
            : [eventFormats[format]]) {
            const documents = await documentsOf(log.map(write), read, piece)
            assert.deepEqual(documents.map(comparable), expected.map(comparable), name)
            for (const { source } of documents)
              assert.deepEqual([source.format, source.tab_id_from], [name, tabIdFrom])
          }
      }),
      { numRuns: 25 },
    )
  })

  it('may be mixed in one log: the last record applied says what it was in', async () => {
    await fc.assert(
      fc.asyncProperty(deeds, fc.integer({ min: 1, max: 15 }), fc.nat(1000), async (log, piece, seed) => {
        const writerOf = (i: number) => marked[(i * 7 + seed) % marked.length]!
        const mixed = log.map((deed, i) => writerOf(i).write(deed))
        const documents = await documentsOf(mixed, eventFormats.auto, piece)
        const expected = await documentsOf(log.map(formatWriters[0]!.write), eventFormats.native, piece)
        assert.deepEqual(documents.map(comparable), expected.map(comparable))
        for (const { source } of documents) assert.equal(source.format, writerOf(source.offset - 1).name)
      }),
      { numRuns: 25 },
    )
  })
})
