import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nullSessionStore as store } from '../../../src/adapters/null-session-store.ts'
import { sampleSession } from '../../support/sample-documents.ts'

test('a null store takes everything and holds nothing', async () => {
  const session = sampleSession()
  assert.deepEqual(await store.write([session, session]), [{ kind: 'written' }, { kind: 'written' }])
  assert.deepEqual(await store.get([session.key]), [null])
  assert.deepEqual(await store.summary(), { latestLastSeen: null, latestEpoch: null })
  assert.equal(await store.latestPosition(0, 0), null)
  const query = { partition: 0, lastSeenFrom: 0, redirectsAfter: null }
  assert.deepEqual(await Array.fromAsync(store.restore(query)), [])
  const ranges = [{ tabId: 'tab', from: 0, to: Number.MAX_SAFE_INTEGER }]
  const redirectsAfter = { epoch: 0, offset: 0 }
  assert.deepEqual(await store.recall({ ranges, redirectsAfter, fresh: true }), [])
  await store.close()
})
