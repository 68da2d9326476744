import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import type { WorkerEvent } from '../../src/ports/telemetry.ts'
import { Worker } from '../../src/worker.ts'
import { ArrayEventSource, ArrayTopic } from '../support/array-event-source.ts'
import { testSettings } from '../support/in-process.ts'
import { testLookups } from '../support/test-lookups.ts'

/** What a worker tells of a topic with these keys, all of events of the tab `tab`, two a batch. */
async function toldOf(keys: readonly (string | null)[], topicName: string | null = 'raw-events') {
  const topic = new ArrayTopic(1)
  topic.partitions[0] = keys.map((key, offset) => ({
    offset,
    timestamp: 1_000,
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(JSON.stringify({ eventId: `e${offset}`, tabId: 'tab', type: 'page-view' })),
    headers: {},
  }))
  const told: WorkerEvent[] = []
  const store = new SqliteSessionStore(':memory:', testSettings.gapMs)
  const worker = new Worker({
    source: new ArrayEventSource(topic, () => 2),
    store,
    deadLetters: { send: async () => {}, close: async () => {} },
    lookups: testLookups,
    clock: { now: () => 0, monotonic: () => 0 },
    telemetry: event => void told.push(event),
    settings: { ...testSettings, topic: topicName },
  })
  await worker.run()
  await store.close()
  const counted = told.map(event => (event.kind === 'BatchProcessed' ? event.keysAstray : 0))
  return {
    warnings: told.filter(({ kind }) => kind === 'KeysAstray'),
    astray: counted.reduce((sum, count) => sum + count, 0),
  }
}

test('a worker counts every record that is not keyed by its tab, and tells of it once', async () => {
  const { warnings, astray } = await toldOf(['tab', 'tab', 'user', null, 'tab', '', 'ta'])
  assert.equal(astray, 4)
  assert.deepEqual(warnings, [{ kind: 'KeysAstray', partition: 0, records: 2 }])
})

test('a worker tells nothing of a topic that is keyed by tab, nor of a file, which has no keys', async () => {
  assert.deepEqual(await toldOf(['tab', 'tab', 'tab']), { warnings: [], astray: 0 })
  assert.deepEqual(await toldOf([null, null], null), { warnings: [], astray: 0 })
})
