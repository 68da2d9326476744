import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Client } from '@elastic/elasticsearch'
import type { StoredDocument } from '../../src/core/session-document.ts'
import { elasticsearchUnderTest } from '../support/elasticsearch-under-test.ts'
import { withoutKafka } from '../support/kafka-fixture.ts'
import { type Place, workersOn } from '../support/worker-fixture.ts'

const { node, skip } = elasticsearchUnderTest('upgrade.test.ts')
const start = Date.parse('2026-11-01T10:00:00Z')

describe('a worker of an earlier release', { skip: withoutKafka || skip }, () => {
  const { fresh, send, start: startWorker, caughtUp, lag, assertExact } = workersOn(node)

  const sendEvent = (place: Place, minute: number) =>
    send(place, [
      {
        key: 'tab',
        value: JSON.stringify({
          eventId: `e${minute}`,
          tabId: 'tab',
          type: 'page-view',
          timestamp: start + minute * 60_000,
          receivedAt: start + 86_400_000,
        }),
      },
    ])

  test('ends when it meets a document of a later one, and has changed and committed nothing', async t => {
    const client = new Client({ node })
    t.after(() => client.close())
    const place = await fresh()
    const index = `${place.env.INDEX_PREFIX}-2026.11.01`
    await sendEvent(place, 0)
    const first = startWorker(place)
    await caughtUp(place)
    first.child.kill('SIGTERM')
    assert.equal(await first.exit, 0, first.output())
    await client.indices.refresh({ index })
    const { hits } = await client.search<StoredDocument>({ index, version: true })
    const [{ _id: id, _version: version, _source: document }] = hits.hits as [(typeof hits.hits)[number]]
    const put = (schema: number) =>
      client.index({
        index,
        id: id as string,
        document: { ...document, schema_version: schema },
        version: version as number,
        version_type: 'external_gte',
        refresh: true,
      })
    await put(2)

    await sendEvent(place, 5)
    const second = startWorker(place)
    assert.equal(await second.exit, 1)
    assert.match(second.output(), /schema version 2, this release writes 1\. A later release is at work here/)
    assert.equal(await lag(place), 1)

    await put(1)
    const third = startWorker(place)
    await caughtUp(place)
    third.child.kill('SIGTERM')
    assert.equal(await third.exit, 0, third.output())
    await assertExact(place)
  })
})
