import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { SessionDocument } from '../../src/core/session-document.ts'
import { recipes } from '../support/cookbook.ts'
import { elasticsearchUnderTest, prefixesOn } from '../support/elasticsearch-under-test.ts'
import { type Sample, writeSampleSessions } from '../support/kibana/sample-sessions.ts'
import { liveDocuments, redirectTargets } from '../support/stored-documents.ts'

const { node, skip } = elasticsearchUnderTest('cookbook.test.ts')

// biome-ignore lint/suspicious/noExplicitAny: each answer has the shape of its question
type Answer = any

describe('the cookbook on a real node with the sessions of the access log', { skip }, () => {
  const { client, freshPrefix } = prefixesOn(node)
  const prefix = freshPrefix()
  let sample: Sample
  let all: SessionDocument[]
  let people: SessionDocument[]
  before(async () => {
    sample = await writeSampleSessions(client, prefix)
    all = await liveDocuments(client, prefix)
    people = all.filter(({ app }) => !app.bot)
  })

  const filledIn = (text: string, values: Readonly<Record<string, string>>): string =>
    Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), text)

  /** The answers to one question's searches, asked at the end of the sample. */
  async function answers(number: number, values: Readonly<Record<string, string>> = {}): Promise<Answer[]> {
    const recipe = recipes()[number - 1]
    assert.match(recipe?.title ?? '', new RegExp(`^${number}\\.`))
    const found: Answer[] = []
    for (const { index, body } of recipe?.searches ?? []) {
      const request = JSON.parse(filledIn(body, values).replaceAll('"now', `"${sample.now}||`))
      found.push(await client.search({ index: index.replace('sessions', prefix), ...request }))
    }
    return found
  }

  it('has ten questions, each with a search and an ES|QL query', () => {
    assert.equal(recipes().length, 10)
    for (const { title, searches } of recipes()) assert(searches.length > 0, title)
  })

  it('1: tells the bounce rate', async () => {
    const [{ aggregations }] = await answers(1)
    assert(near(aggregations.bounce_rate.value, mean(people.map(({ activity }) => activity.bounced))))
  })

  it('2: tells how long sessions last, by device', async () => {
    const [{ aggregations }] = await answers(2)
    const { buckets } = aggregations.devices
    assert(buckets.length >= 3)
    const lasting = people.filter(({ metadata }) => metadata.time.duration > 0)
    for (const { key, doc_count, seconds } of buckets) {
      const durations = lasting.flatMap(({ device, metadata }) =>
        device.type === key ? [metadata.time.duration] : [],
      )
      assert.equal(doc_count, durations.length)
      // Percentiles of a node are near, not exact.
      const at = (share: number) =>
        durations.sort((a, b) => a - b)[Math.floor(share * (durations.length - 1))]
      if (durations.length > 300) assert(near(seconds.values['50.0'], at(0.5) as number, 0.05), key)
    }
  })

  it('3: counts by weekday and hour', async () => {
    const [{ aggregations }] = await answers(3)
    const found = aggregations.weekdays.buckets.flatMap(({ key: weekday, hours }: Answer) =>
      hours.buckets.map(({ key: hour, doc_count }: Answer) => [`${weekday} ${hour}`, doc_count]),
    )
    const counted = countBy(people, ({ metadata: { time } }) => `${time.weekday} ${time.hour}`)
    assert.deepEqual(new Map(found), counted)
  })

  it('4: lists the pages of entry and exit', async () => {
    const [{ aggregations }] = await answers(4)
    for (const end of ['entry', 'exit'] as const) {
      const counted = countBy(people, ({ pages }) => pages[end].path)
      const { buckets } = aggregations[end]
      assert.equal(buckets.length, 20)
      for (const { key, doc_count } of buckets) assert.equal(doc_count, counted.get(key), key)
      const most = Math.max(...[...counted].map(([path, count]) => (path === null ? 0 : count)))
      assert.equal(buckets[0].doc_count, most)
    }
  })

  it('5: tells what channels are worth', async () => {
    const [{ aggregations }] = await answers(5)
    const { buckets } = aggregations.channels
    assert(buckets.length >= 2)
    for (const { key, doc_count, converted, value } of buckets) {
      const its = people.filter(({ metadata }) => metadata.channel === key)
      assert.equal(doc_count, its.length)
      assert.equal(converted.doc_count, its.filter(({ activity }) => activity.conversions > 0).length)
      const worth = its.reduce((sum, { activity }) => sum + activity.conversion_value, 0)
      assert(near(value.value, worth), key)
    }
    assert(buckets.some(({ converted }: Answer) => converted.doc_count > 0))
  })

  it('6: finds who is here now', async () => {
    const [{ hits }] = await answers(6)
    const since = Date.parse(sample.now) - 600_000
    const here = people.filter(
      ({ metadata, lastSeen }) => metadata.status === 'active' && Date.parse(lastSeen) >= since,
    )
    assert(here.length > 0)
    assert.equal(hits.total.value, here.length)
    assert.match(hits.hits[0]._source.lastSeen, /^2015-05-20/)
  })

  it('7 and 8: give the sessions of a tab and of a profile, in order', async () => {
    const busiest = [...countBy(people, ({ tabId }) => tabId)].sort(([, a], [, b]) => b - a)[0]!
    const known = [...countBy(people, ({ profile }) => profile?.id ?? null)].find(([id]) => id !== null)!
    for (const [number, values, count] of [
      [7, { TAB_ID: busiest[0] }, busiest[1]],
      [8, { PROFILE_ID: known[0] as string }, known[1]],
    ] as const) {
      const [{ hits }] = await answers(number, values)
      assert.equal(hits.hits.length, count)
      const begins = hits.hits.map(({ _source }: Answer) => _source.metadata.time.insert)
      assert.deepEqual(begins, begins.toSorted())
      assert.equal(hits.hits[0]._source.state, undefined)
    }
  })

  it('9: finds the session that a token went into, and its redirect', async () => {
    const [token, target] = [...(await redirectTargets(client, prefix))][0]!
    const [live, redirect] = await answers(9, { SESSION_ID: token })
    assert.deepEqual(
      live.hits.hits.map(({ _source }: Answer) => _source.operation.merge.includes(token)),
      [true],
    )
    assert.deepEqual(
      redirect.hits.hits.map(({ _source }: Answer) => _source),
      [{ id: token, metadata: { status: 'merged' }, merged_into: target }],
    )
  })

  it('10: tells how far the figures can be trusted', async () => {
    const [{ hits, aggregations }] = await answers(10)
    assert.equal(hits.total.value, all.length)
    const sum = (of: (document: SessionDocument) => number) => all.reduce((sum, one) => sum + of(one), 0)
    assert.equal(
      aggregations.events.value,
      sum(({ activity }) => activity.events),
    )
    assert.equal(
      aggregations.late_events.value,
      sum(({ quality }) => quality.late_events),
    )
    assert.equal(
      aggregations.duplicates.value,
      sum(({ quality }) => quality.duplicates),
    )
    assert.equal(
      aggregations.merged.doc_count,
      sum(({ operation }) => Math.sign(operation.merge.length)),
    )
    assert.equal(
      aggregations.robots.doc_count,
      sum(({ app }) => Number(app.bot)),
    )
    assert.equal(
      aggregations.without_country.doc_count,
      sum(({ device }) => Number(device.geo.country.code === null)),
    )
    for (const flag of ['dedupe_limited', 'overlong'] as const)
      assert.equal(
        aggregations[flag].doc_count,
        sum(({ quality }) => Number(quality[flag])),
        flag,
      )
    assert(aggregations.late_events.value > 0 && aggregations.merged.doc_count > 0)
  })

  it('runs as ES|QL too, where the node has it', async t => {
    const ask = async (query: string) => {
      const response = await fetch(`${node}/_query`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      })
      return { status: response.status, answer: (await response.json()) as Answer }
    }
    if ((await ask('ROW a = 1')).status !== 200) return t.skip('this node has no ES|QL')
    const now = `TO_DATETIME("${sample.now}")`
    const [token] = [...(await redirectTargets(client, prefix)).keys()] as [string]
    const { tabId } = people[0]!
    const profile = people.find(({ profile }) => profile !== null)!.profile!.id
    const values = {
      TAB_ID: tabId,
      PROFILE_ID: profile,
      SESSION_ID: token,
      'FROM sessions': `FROM ${prefix}`,
    }
    for (const { title, esql } of recipes()) {
      const { status, answer } = await ask(filledIn(esql, values).replaceAll('NOW()', now))
      assert.equal(status, 200, `${title}: ${JSON.stringify(answer)}`)
      assert(answer.values.length > 0, title)
    }
  })
})

const near = (a: number, b: number, tolerance = 1e-9): boolean =>
  Math.abs(a - b) <= tolerance * Math.max(1, b)
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

function countBy<K>(
  documents: readonly SessionDocument[],
  keyOf: (document: SessionDocument) => K,
): Map<K, number> {
  const counts = new Map<K, number>()
  for (const document of documents) counts.set(keyOf(document), (counts.get(keyOf(document)) ?? 0) + 1)
  return counts
}
