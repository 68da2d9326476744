import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import { encodeControl } from '../../src/core/control.ts'
import { storedPosition } from '../../src/core/restored-session.ts'
import { documentVersion, isRedirect, type SessionDocument } from '../../src/core/session-document.ts'
import { type SessionKey, sessionKey } from '../../src/core/session-id.ts'
import { arbitraryEvents, type TestEvent } from '../support/arbitrary-events.ts'
import { ArrayEventSource, ArrayTopic } from '../support/array-event-source.ts'
import { testWorker } from '../support/in-process.ts'
import { defaultOracleOptions, differences, oracle } from '../support/oracle.ts'
import { testLookups } from '../support/test-lookups.ts'

const options = { ...defaultOracleOptions, lookups: testLookups }

/** Reads the end of a log, from `offset` on, with what the store holds. */
async function readFrom(offset: number, values: readonly string[], store: SqliteSessionStore): Promise<void> {
  const topic = new ArrayTopic(1)
  for (const value of values) topic.append(0, value, null)
  topic.committed.set(0, { offset, metadata: { watermark: null, epoch: 0, partitions: 1 } })
  const { worker } = testWorker(new ArrayEventSource(topic, () => 3), store)
  await worker.run()
  await worker.closeAll()
}

const open = () => new SqliteSessionStore(':memory:', options.gapMs)
const keyOf = ({ tabId, metadata }: SessionDocument) =>
  sessionKey(tabId, Date.parse(metadata.time.insert), options.gapMs)

async function put(documents: Iterable<SessionDocument>, store: SqliteSessionStore): Promise<void> {
  const writes = [...documents].map(document => ({
    key: keyOf(document),
    version: documentVersion(storedPosition(document), 'ended'),
    document,
  }))
  await store.write(writes)
}

/**
 * The store after two workers that were blind to each other have read the two parts of a log, and all redirects were
 * lost; null where one has written over the other's document, which nothing can bring back.
 */
async function damaged(first: readonly string[], second: readonly string[]) {
  const [one, other, both] = [open(), open(), open()]
  await readFrom(0, first, one)
  await readFrom(first.length, [...first, ...second], other)
  const ids = new Set([...one.documents()].map(({ id }) => id))
  const documents = [...one.documents(), ...other.documents()]
  if ([...other.documents()].some(({ id }) => ids.has(id))) return null
  await put(documents, both)
  return { store: both, documents }
}

const repairs = (events: readonly TestEvent[]) =>
  [...new Set(events.map(({ tabId }) => tabId as string))].map(tabId =>
    encodeControl({ kind: 'repair', tabId }),
  )

/** Each event to one of three parts of the log: before the damage, blind to that, and after the repair. */
const parting = fc.infiniteStream(fc.constantFrom(0, 0, 1, 1, 2))

for (const [name, repeats] of [
  ['a repair makes of what two blind workers have written what one would have', false],
  ['a repair counts once what both of two blind workers have read', true],
] as const)
  test(name, () => repairsDamage(repeats))

/** `repeats`: the second worker reads again what the first has read, and more. */
async function repairsDamage(repeats: boolean): Promise<void> {
  let united = 0
  await fc.assert(
    fc.asyncProperty(arbitraryEvents({ maxLength: 14, tabs: 1 }), parting, async (events, parts) => {
      const partOf = events.map(() => parts.next().value as number)
      const part = (wanted: number) =>
        events.filter((_, i) => partOf[i] === wanted).map(event => JSON.stringify(event))
      const second = repeats ? [...part(0), ...part(1)] : part(1)
      const log = [...part(0), ...second]
      const damage = await damaged(part(0), second)
      fc.pre(damage !== null)
      await readFrom(log.length, [...log, ...repairs(events), ...part(2)], damage.store)
      const whole = [...log, ...part(2)].map(value => ({ value, timestamp: null }))
      const documents = [...damage.store.documents()]
      assert.deepEqual(differences(oracle(whole, options), documents), [])
      await leadToSurvivors(damage.documents, documents, damage.store)
      if (documents.length < damage.documents.length) united++
    }),
    { numRuns: 300 },
  )
  assert.ok(united > 2, `only ${united} logs were damaged`)
}

/** Every id that there was is that of a session, or one that a session lists; what is listed leads there. */
async function leadToSurvivors(
  before: readonly SessionDocument[],
  after: readonly SessionDocument[],
  store: SqliteSessionStore,
) {
  const known = new Set(after.flatMap(({ id, operation }) => [id, ...operation.merge]))
  for (const { id } of before) assert.ok(known.has(id), `${id} is lost`)
  for (const { id, operation, state } of after)
    for (const [i, from] of operation.merge.entries()) {
      const key = { id: from, cellStart: state.absorbed?.[i] as number }
      assert.equal(await survivorOf(key, store), id, `where ${from} leads to`)
    }
}

async function survivorOf(key: SessionKey, store: SqliteSessionStore): Promise<string | null> {
  const [found] = await store.get([key])
  if (!found) return null
  if (!isRedirect(found)) return found.id
  return survivorOf({ id: found.merged_into, cellStart: found.state.merged_into_cell_start }, store)
}
