import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import { encodeControl } from '../../src/core/control.ts'
import type { AnyWrite } from '../../src/ports/session-store.ts'
import { upgrading } from '../../src/upgrading-store.ts'
import { ArrayEventSource, ArrayTopic } from '../support/array-event-source.ts'
import { testWorker } from '../support/in-process.ts'
import { tab } from '../support/timeline.ts'

// A worker that read a batch again knew the span of its second erasure and not that of its first: it skipped the
// event by which the first one would have taken a session, and the session was back.
test('the spans of an erasure are stored before those of a later one in the same batch', async () => {
  const profile = (id: string) => ({ profile: { id } })
  const erase = encodeControl({ kind: 'erase', profileId: 'anna', tabId: null })
  const topic = new ArrayTopic(1)
  for (const value of [
    ...tab('a', profile('anna')).at('10:00'),
    ...tab('b', profile('anna')).at('10:00'),
    erase,
    ...tab('a', profile('anna')).at('10:01'),
    erase,
  ])
    topic.append(0, typeof value === 'string' ? value : JSON.stringify(value), null)
  const store = new SqliteSessionStore(':memory:', 600_000)
  const written: string[] = []
  const recording = {
    ...upgrading(store),
    write: async (writes: readonly AnyWrite[]) => {
      written.push(
        writes.map(({ document }) => `${document.metadata.status}@${document.source.offset}`).join(),
      )
      return store.write(writes)
    },
  }
  await testWorker(new ArrayEventSource(topic, () => 5), recording).worker.run()
  await store.close()
  assert.deepEqual(written.slice(0, 2), ['erased@3,erased@3', 'erased@5'])
})
