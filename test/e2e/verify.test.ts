import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@elastic/elasticsearch'
import { isRedirect, type StoredDocument } from '../../src/core/session-document.ts'
import { sessionloom } from '../support/command.ts'
import { elasticsearchUnderTest } from '../support/elasticsearch-under-test.ts'
import { withoutKafka } from '../support/kafka-fixture.ts'
import { type Place, workersOn } from '../support/worker-fixture.ts'

const { node, skip } = elasticsearchUnderTest('verify.test.ts')
const start = Date.parse('2026-11-01T10:00:00Z')

describe('verify', { skip: withoutKafka || skip }, () => {
  const { fresh, send, start: startWorker, caughtUp, assertExact } = workersOn(node)
  const client = new Client({ node })
  after(() => client.close())

  const sendEvents = (place: Place, tab: string, minutes: readonly number[]) =>
    send(
      place,
      minutes.map(minute => ({
        key: tab,
        value: JSON.stringify({
          eventId: `${tab}-${minute}`,
          tabId: tab,
          type: 'page-view',
          timestamp: start + minute * 60_000,
          receivedAt: start + 86_400_000,
        }),
      })),
    )

  const settled = async (place: Place) => {
    const worker = startWorker(place)
    await caughtUp(place)
    worker.child.kill('SIGTERM')
    assert.equal(await worker.exit, 0, worker.output())
  }

  type Hit = {
    readonly index: string
    readonly id: string
    readonly version: number
    readonly document: StoredDocument
  }

  const storedOf = async ({ env }: Place, tabId: string): Promise<Hit[]> => {
    const index = `${env.INDEX_PREFIX}-*`
    await client.indices.refresh({ index })
    const { hits } = await client.search<StoredDocument>({ index, query: { term: { tabId } }, version: true })
    return hits.hits.map(({ _index, _id = '', _version = 0, _source }) => ({
      index: _index,
      id: _id,
      version: _version,
      document: _source as StoredDocument,
    }))
  }
  const put = ({ index, id, version, document }: Hit) =>
    client.index({ index, id, document, version, version_type: 'external_gte', refresh: true })
  const remove = ({ index, id }: Hit) => client.delete({ index, id, refresh: true })

  const verify = async ({ env }: Place, ...options: string[]) => {
    const { exitCode, stdout, stderr } = await sessionloom(['verify', '--json', ...options], { env })
    const faults = stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
    return { exitCode, stderr, kinds: faults.map(({ tabId, kind }) => `${tabId}: ${kind}`).sort() }
  }

  test('finds what was damaged, and repairs it through the owners of the tabs', async () => {
    const place = await fresh()
    for (const tab of ['whole', 'risen', 'unled', 'moved']) await sendEvents(place, tab, [0, 16])
    await settled(place)
    const [, risen] = (await storedOf(place, 'risen')).sort((a, b) => a.version - b.version) as [Hit, Hit]
    for (const tab of ['whole', 'risen', 'unled']) await sendEvents(place, tab, [8])
    await settled(place)
    assert.deepEqual(await verify(place).then(({ kinds, exitCode }) => [kinds, exitCode]), [[], 0])

    // An absorbed session is back under its id; a redirect is gone; a document is elsewhere.
    // Forgets at once that something was deleted, as it would after a minute.
    await client.indices.putSettings({ index: risen.index, settings: { index: { gc_deletes: '0s' } } })
    await remove(risen)
    await sleep(1_000)
    await client.indices.refresh({ index: risen.index })
    await put(risen)
    const redirect = (await storedOf(place, 'unled')).find(({ document }) => isRedirect(document)) as Hit
    await remove(redirect)
    const [moved] = (await storedOf(place, 'moved')) as [Hit]
    await remove(moved)
    await put({ ...moved, index: `${place.env.INDEX_PREFIX}-2025.01.01` })
    const expected = [
      'moved: wrong-index',
      'risen: absorbed-but-live',
      'risen: within-gap',
      'unled: redirect-missing',
    ]
    const found = await verify(place)
    assert.deepEqual([found.kinds, found.exitCode], [expected, 1], found.stderr)
    assert.match(
      found.stderr,
      /^\d+ documents of 4 tabs looked at in [\d.]+ s: 4 faults in 3 tabs\n`sessionloom verify --repair` mends that\n$/,
    )

    const repaired = await verify(place, '--repair')
    assert.deepEqual([repaired.kinds, repaired.exitCode], [expected, 0], repaired.stderr)
    assert.match(
      repaired.stderr,
      /\nmoved 1 document into the index of its month\nasked the owners of 2 tabs in /,
    )
    await settled(place)
    const left = await verify(place)
    assert.deepEqual([left.kinds, left.exitCode], [[], 0], left.stderr)
    await assertExact(place)
  })

  test('tells of a session that is gone, which only a rebuild brings back', async () => {
    const place = await fresh()
    await sendEvents(place, 'gone', [0, 16, 8])
    await settled(place)
    await remove((await storedOf(place, 'gone')).find(({ document }) => !isRedirect(document)) as Hit)
    assert.equal((await verify(place, '--repair')).exitCode, 0)
    await settled(place)
    const left = await verify(place)
    assert.deepEqual([left.kinds, left.exitCode], [['gone: dead-redirect'], 1], left.stderr)
    assert.match(left.stderr, /: 1 fault in 1 tab\nonly a rebuild brings back the sessions/)
  })
})
