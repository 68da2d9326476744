import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { Client } from '@elastic/elasticsearch'
import { isSession, type StoredDocument } from '../../src/core/session-document.ts'
import { sessionloom } from '../support/command.ts'
import { elasticsearchUnderTest } from '../support/elasticsearch-under-test.ts'
import { withoutKafka } from '../support/kafka-fixture.ts'
import { type Place, workersOn } from '../support/worker-fixture.ts'

const { node, skip } = elasticsearchUnderTest('erase.test.ts')
const start = Date.parse('2026-11-01T10:00:00Z')

describe('a profile that is erased', { skip: withoutKafka || skip }, () => {
  const { fresh, send, start: startWorker, caughtUp } = workersOn(node)
  const client = new Client({ node })

  const sendEvents = (
    place: Place,
    events: readonly (readonly [tab: string, minute: number, profile: string | null])[],
  ) =>
    send(
      place,
      events.map(([tab, minute, profile], i) => ({
        key: tab,
        value: JSON.stringify({
          eventId: `${tab}-${minute}-${i}-${randomBytes(3).toString('hex')}`,
          tabId: tab,
          type: 'page-view',
          timestamp: start + minute * 60_000,
          receivedAt: start + 3_600_000,
          ...(profile !== null && { profile: { id: profile, metadata: { name: `secret of ${profile}` } } }),
        }),
      })),
    )

  const stored = async ({ env }: Place) => {
    const index = `${env.INDEX_PREFIX}-*`
    await client.indices.refresh({ index })
    const { hits } = await client.search<StoredDocument>({ index, size: 1_000 })
    return hits.hits.map(({ _source }) => _source as StoredDocument)
  }
  const sessionsOf = async (place: Place) =>
    (await stored(place))
      .filter(isSession)
      .map(({ tabId, activity: { events } }) => `${tabId} ×${events}`)
      .sort()

  const settled = async (place: Place) => {
    const worker = startWorker(place)
    await caughtUp(place)
    worker.child.kill('SIGTERM')
    assert.equal(await worker.exit, 0, worker.output())
  }

  test('leaves no trace but ids, tabs and spans, whatever is read again, and in a later log', async t => {
    t.after(() => client.close())
    const place = await fresh()
    await sendEvents(place, [
      ['anna-1', 0, null],
      ['anna-1', 5, 'anna'],
      ['anna-2', 1, 'anna'],
      ['anna-2', 30, 'anna'],
      ['bert-1', 2, 'bert'],
    ])
    await settled(place)
    const before = await sessionloom(['export', 'anna'], { env: place.env })
    assert.equal(before.stdout.trim().split('\n').length, 3, before.stderr)
    assert.doesNotMatch(before.stdout, /"state"/)

    const erased = await sessionloom(['erase', 'anna'], { env: place.env })
    assert.equal(erased.exitCode, 0, erased.stderr)
    assert.match(
      erased.stderr,
      /^3 sessions of the profile found in .+; asked \d+ partitions? of .+ to erase/,
    )
    await sendEvents(place, [['anna-1', 8, null]])
    await settled(place)
    const expected = ['anna-1 ×1', 'bert-1 ×1']
    assert.deepEqual(await sessionsOf(place), expected)
    assert.equal((await sessionloom(['export', 'anna'], { env: place.env })).stdout, '')
    assert.doesNotMatch(JSON.stringify(await stored(place)), /secret of anna/)

    // Everything is read again, by a group that has committed nothing.
    const again = { ...place, env: { ...place.env, KAFKA_GROUP_ID: `${place.topic}-again` } }
    const worker = startWorker(again)
    await caughtUp(again)
    worker.child.kill('SIGTERM')
    assert.equal(await worker.exit, 0, worker.output())
    assert.deepEqual(await sessionsOf(place), expected)
    assert.doesNotMatch(JSON.stringify(await stored(place)), /secret of anna/)

    // Once more erases nothing else.
    assert.equal((await sessionloom(['erase', 'anna'], { env: place.env })).exitCode, 0)
    await settled(place)
    assert.deepEqual(await sessionsOf(place), expected)
  })
})
