import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import { conversionRules } from '../../src/core/conversions.ts'
import { attributionLookup } from '../../src/core/enrichment/attribution.ts'
import { arbitraryEvents, type TestEvent } from '../support/arbitrary-events.ts'
import { ArrayEventSource, ArrayTopic } from '../support/array-event-source.ts'
import { testWorker } from '../support/in-process.ts'
import { defaultOracleOptions, differences, oracle } from '../support/oracle.ts'
import { testLookups } from '../support/test-lookups.ts'

const timeZone = 'Europe/Berlin'
const conversionPaths = ['/orders/*/thanks']
const conversions = conversionRules(defaultOracleOptions.conversionTypes, conversionPaths)
const internalDomains = ['news.example']
const lookups = { ...testLookups, attribution: attributionLookup({ internalDomains }) }
const options = { ...defaultOracleOptions, timeZone, conversionPaths, internalDomains, lookups }

/** Sizes of batches, from a seed of fast-check's. */
const batching = fc.infiniteStream(fc.integer({ min: 1, max: 9 }))

/** Reads a log in pieces, each by a worker of its own on the same store, starting where the piece says. */
async function documentsOf(
  events: readonly TestEvent[],
  sizes: Iterator<number>,
  restarts: readonly number[] = [],
  writesOpen = true,
) {
  const topic = new ArrayTopic(1)
  const store = new SqliteSessionStore(':memory:', options.gapMs)
  const values = events.map(event => JSON.stringify(event))
  for (const value of values) topic.append(0, value, null)
  const records = topic.partitions[0] as unknown as { length: number }
  const all = records.length
  for (const [i, restart] of [...restarts, null].entries()) {
    // Everything up to here is in the log when this worker runs.
    const end = restart ?? all
    const part = new ArrayTopic(1)
    part.partitions[0]?.push(...(topic.partitions[0] ?? []).slice(0, end))
    for (const [partition, checkpoint] of topic.committed) {
      // Odd restarts go on from the commit, even ones start over: the prefix is delivered again.
      if (writesOpen && i % 2 === 1 && checkpoint.offset <= end) part.committed.set(partition, checkpoint)
    }
    const source = new ArrayEventSource(part, () => sizes.next().value as number)
    // None stays in memory, one, or all.
    const closedKept = [0, 1, 1_000][(sizes.next().value as number) % 3] as number
    const { worker } = testWorker(source, store, { timeZone, conversions, writesOpen, closedKept }, lookups)
    await worker.run()
    if (restart === null) await worker.closeAll()
    for (const [partition, checkpoint] of part.committed) topic.committed.set(partition, checkpoint)
  }
  const documents = [...store.documents()]
  await store.close()
  return documents
}

const expected = (events: readonly TestEvent[]) =>
  oracle(
    events.map(event => ({ value: JSON.stringify(event), timestamp: null })),
    options,
  )

test('any order of arrival in any batches gives what the batch computes', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryEvents(), batching, async (events, sizes) => {
      assert.deepEqual(differences(expected(events), await documentsOf(events, sizes)), [])
    }),
  )
})

test('any duplication changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryEvents(), fc.array(fc.nat(39)), batching, async (events, repeats, sizes) => {
      const log = [...events, ...repeats.map(i => events[i % events.length] as TestEvent)]
      assert.deepEqual(differences(expected(events), await documentsOf(log, sizes)), [])
    }),
  )
})

/** Cuts the log off at random places, each time with a worker of its own. */
function withRestarts(writesOpen: boolean): Promise<void> {
  const cuts = fc.array(fc.nat(40), { maxLength: 4 })
  return fc.assert(
    fc.asyncProperty(arbitraryEvents(), cuts, batching, async (events, restarts, sizes) => {
      const sorted = restarts.map(at => at % (events.length + 1)).sort((a, b) => a - b)
      assert.deepEqual(
        differences(expected(events), await documentsOf(events, sizes, sorted, writesOpen)),
        [],
      )
    }),
  )
}

test('any redelivery of a prefix, with or without its checkpoint, changes nothing', () => withRestarts(true))

test('a log that is always read from its start may be written only as sessions end, wherever it was cut off', () =>
  withRestarts(false))
