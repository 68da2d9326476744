import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import { storedPosition } from '../../src/core/restored-session.ts'
import { upgraded } from '../../src/core/schema-upgrade.ts'
import { documentVersion } from '../../src/core/session-document.ts'
import { sessionKey } from '../../src/core/session-id.ts'
import { upgrading } from '../../src/upgrading-store.ts'
import { arbitraryEvents } from '../support/arbitrary-events.ts'
import { ArrayEventSource, ArrayTopic } from '../support/array-event-source.ts'
import { asVersion0, fromVersion0 } from '../support/earlier-schema.ts'
import { testWorker } from '../support/in-process.ts'
import { defaultOracleOptions, differences, oracle } from '../support/oracle.ts'
import { testLookups } from '../support/test-lookups.ts'

const options = { ...defaultOracleOptions, lookups: testLookups }

test('over the documents of an earlier release a worker goes on as over its own', async () => {
  let changed = 0
  await fc.assert(
    fc.asyncProperty(arbitraryEvents(), fc.nat(), async (events, cut) => {
      const values = events.map(event => JSON.stringify(event))
      const store = new SqliteSessionStore(':memory:', options.gapMs)
      const topic = new ArrayTopic(1)
      const read = async (part: readonly string[]) => {
        for (const value of part) topic.append(0, value, null)
        const { worker } = testWorker(new ArrayEventSource(topic, () => 4), upgrading(store, fromVersion0))
        await worker.run()
        return worker
      }
      await read(values.slice(0, cut % values.length))
      for (const document of [...store.documents()]) {
        const { tabId, metadata } = document
        const key = sessionKey(tabId, Date.parse(metadata.time.insert), options.gapMs)
        const version = documentVersion(storedPosition(document), metadata.status as 'active' | 'ended')
        await store.write([{ key, version, document: asVersion0(document) }])
      }
      const worker = await read(values.slice(cut % values.length))
      await worker.closeAll()
      const documents = [...store.documents()]
      changed += documents.filter(document => document.schema_version === 1 && !document.operation.new).length
      const result = oracle(
        values.map(value => ({ value, timestamp: null })),
        options,
      )
      assert.deepEqual(
        differences(
          result,
          documents.map(document => upgraded(document, fromVersion0)),
        ),
        [],
      )
      await store.close()
    }),
  )
  assert.ok(changed > 50, `only ${changed} documents were upgraded`)
})
