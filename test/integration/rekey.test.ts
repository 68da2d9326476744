import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { encodeControl } from '../../src/core/control.ts'
import { decode } from '../../src/core/decode.ts'
import { sessionloom } from '../support/command.ts'
import { createTopic, kafkaClient, type TestTopic, useTopic, withoutKafka } from '../support/kafka-fixture.ts'
import { readAll } from '../support/kafka-source.ts'
import { eventText, killedAt } from '../support/letters-fixture.ts'

const start = 1_700_000_000_000

async function rekey(from: TestTopic, to: TestTopic, { kill }: { kill?: string } = {}) {
  return sessionloom(['rekey', '--from', from.name, '--to', to.name], {
    env: {
      KAFKA_BROKERS: kafkaClient.brokers.join(','),
      KAFKA_GROUP_ID: from.group,
      ...killedAt(kill),
    },
  })
}

async function succeed(from: TestTopic, to: TestTopic): Promise<string> {
  const { exitCode, stdout, stderr } = await rekey(from, to)
  assert.equal(exitCode, 0, stderr)
  return stdout
}

/** Topics with these numbers of partitions, and none of the groups of the ways out of the first. */
async function useTopics(t: TestContext, ...partitions: number[]): Promise<TestTopic[]> {
  const topics: TestTopic[] = []
  // Before the hooks that disconnect them: kafkajs would connect again, and keep the process alive.
  t.after(async () => {
    const [source, ...targets] = topics as [TestTopic, ...TestTopic[]]
    const groups = targets.map(target => `${source.group}.rekey.${target.name}`)
    await source.admin.deleteGroups(groups).catch(() => {})
  })
  for (const count of partitions) topics.push(await useTopic(t, count))
  return topics
}

const useTwo = async (t: TestContext, from: number, to: number) =>
  (await useTopics(t, from, to)) as [TestTopic, TestTopic]

/** Events of five tabs, keyed by user; each tab in one partition, for whose order there is a promise. */
const eventsOf = (count: number, partitions: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({
    partition: (i % 5) % partitions,
    key: `user-${i % 2}`,
    value: eventText(`e${from + i}`, `tab-${i % 5}`),
    timestamp: String(start + from + i),
    headers: { trace: `t${from + i}` },
  }))

const idOf = (value: Uint8Array | null): string => JSON.parse(String(value)).eventId

describe('rekey', { skip: withoutKafka }, () => {
  it('brings every tab into one partition, in its order, with the times and headers that it had', async t => {
    const [source, target] = await useTwo(t, 3, 4)
    await source.send(eventsOf(3_000, 3))
    assert.match(
      await succeed(source, target),
      /^3,000 records copied from .* in [\d.]+ s, 3,000 of them with another key\n$/,
    )
    const records = await readAll(target)
    const partitions = new Map<string, Set<number>>()
    const last = new Map<string, number>()
    for (const { key, value, headers, partition, timestamp } of records) {
      const tab = String(key)
      const n = Number(idOf(value).slice(1))
      assert.equal(tab, `tab-${n % 5}`)
      assert((last.get(tab) ?? -1) < n, `${tab}: ${n} after ${last.get(tab)}`)
      last.set(tab, n)
      partitions.set(tab, (partitions.get(tab) ?? new Set()).add(partition))
      assert.equal(String(headers.trace), `t${n}`)
      const outcome = decode({ value, timestamp }, Number.POSITIVE_INFINITY)
      assert(outcome.kind === 'ok')
      assert.equal(outcome.value.time, start + n)
    }
    assert.equal(records.length, 3_000)
    for (const places of partitions.values()) assert.equal(places.size, 1)
  })

  it('gives events of all partitions about in the order of their times', async t => {
    const [source, target] = await useTwo(t, 5, 1)
    await source.send(eventsOf(2_000, 5))
    await succeed(source, target)
    const order = (await readAll(target)).map(({ value }) => Number(idOf(value).slice(1)))
    assert.deepEqual(
      order,
      Array.from({ length: 2_000 }, (_, n) => n),
    )
  })

  it('leaves what is no event as it is, for the worker to find', async t => {
    const [source, target] = await useTwo(t, 2, 2)
    const bytes = Buffer.from([0xff, 0])
    const message = { partition: 1, key: Buffer.from('key'), value: bytes }
    await source.send([
      message,
      { partition: 1, key: null, value: bytes },
      { partition: 0, key: 'k', value: null },
    ])
    await succeed(source, target)
    const records = await readAll(target)
    const without = records.find(({ key }) => key === null)
    assert(without)
    assert.deepEqual([without.partition, without.value], [1, bytes])
    assert.deepEqual(records.find(({ key }) => String(key) === 'key')?.value, bytes)
    assert.equal(records.find(({ key }) => String(key) === 'k')?.value, null)
    assert.equal(records.length, 3)
  })

  it('brings a control for a partition into every partition, and one for a tab to its tab', async t => {
    const [source, target] = await useTwo(t, 1, 3)
    const [wide, narrow] = [null, 'tab-1'].map(tabId =>
      encodeControl({ kind: 'erase', profileId: 'p', tabId }),
    )
    const value = eventText('e', 'tab-1')
    await source.send([wide!, narrow!, value].map(value => ({ partition: 0, key: 'any', value })))
    await succeed(source, target)
    const copies = await readAll(target)
    const wides = copies.filter(copy => String(copy.value) === wide).map(({ partition }) => partition)
    assert.deepEqual(wides.sort(), [0, 1, 2])
    const tab = copies.find(copy => String(copy.key) === 'tab-1' && String(copy.value) !== narrow)
    const narrows = copies.filter(copy => String(copy.value) === narrow).map(({ partition }) => partition)
    assert.deepEqual(narrows, [tab?.partition])
  })

  it('copies nothing twice when it is run again, and what came meanwhile', async t => {
    const [source, target] = await useTwo(t, 2, 3)
    await source.send(eventsOf(100, 2))
    await succeed(source, target)
    assert.match(await succeed(source, target), /^0 records copied/)
    await source.send(eventsOf(50, 2, 100))
    assert.match(await succeed(source, target), /^50 records copied/)
    const ids = (await readAll(target)).map(({ value }) => idOf(value))
    assert.equal(ids.length, 150)
    assert.equal(new Set(ids).size, 150)
  })

  it('killed before a commit, goes on where it stopped: nothing is missing, and what is twice is the same', async t => {
    const [source, target] = await useTwo(t, 2, 3)
    await source.send(eventsOf(5_000, 2))
    assert.match((await rekey(source, target, { kill: 'after:3' })).stderr, /killed/)
    const before = (await readAll(target)).length
    const { stdout, stderr } = await rekey(source, target)
    assert.match(stderr, /going on where an earlier run/)
    assert(Number(/^([\d,]+) records/.exec(stdout)?.[1]?.replaceAll(',', '')) < 5_000, stdout)
    const values = (await readAll(target)).map(({ value }) => String(value))
    assert(
      before > 1_000 && values.length > 5_000 && values.length < 5_000 + before,
      `${before}, ${values.length}`,
    )
    assert.equal(new Set(values).size, 5_000)
  })

  it('killed before it sends, has committed nothing of that', async t => {
    const [source, target] = await useTwo(t, 1, 1)
    await source.send(eventsOf(100, 1))
    assert.match((await rekey(source, target, { kill: 'before:1' })).stderr, /killed/)
    // So that the target is not taken for a new one, with which all begins anew.
    await target.send([{ partition: 0, key: 'x', value: 'x' }])
    assert.match(await succeed(source, target), /^100 records copied/)
  })

  it('begins anew for another target, for one that was made anew, and for another log', async t => {
    const [source, target, other] = (await useTopics(t, 1, 1, 1)) as [TestTopic, TestTopic, TestTopic]
    await source.send(eventsOf(10, 1))
    await succeed(source, target)
    // Holds something, so that it is not taken for new: what was copied is remembered for each target.
    await other.send([{ partition: 0, key: 'x', value: 'x' }])
    assert.match(await succeed(source, other), /^10 records copied/)
    await target.admin.deleteTopics({ topics: [target.name] })
    const anew = await createTopic(1, {}, target.name)
    t.after(() => anew.close())
    assert.match(await succeed(source, anew), /^10 records copied/)
    await source.admin.deleteTopics({ topics: [source.name] })
    const shorter = await createTopic(1, {}, source.name)
    t.after(() => shorter.close())
    await shorter.send(eventsOf(4, 1, 50))
    assert.match(await succeed(shorter, anew), /^4 records copied/)
  })

  it('says what expired before it came to it', async t => {
    const [source, target] = await useTwo(t, 1, 1)
    await source.send(eventsOf(10, 1))
    await source.expire(0, '3')
    assert.match(await succeed(source, target), /^7 records copied .*with another key\n$/)
    await source.send(eventsOf(10, 1, 10))
    await source.expire(0, '15')
    assert.match(
      await succeed(source, target),
      /^5 records copied .*\n5 records expired before they could be copied: stay with the INDEX_PREFIX/,
    )
  })

  it('refuses one topic for both, and says which one is missing', async t => {
    const [source, target] = await useTwo(t, 1, 1)
    const same = await rekey(source, source)
    assert.equal(same.exitCode, 2)
    assert.match(same.stderr, /--to: must be another topic than --from/)
    const none = await sessionloom(['rekey'])
    assert.equal(none.exitCode, 2)
    assert.match(none.stderr, /--from: is missing\n.*--to: is missing/)
    const env = { KAFKA_BROKERS: kafkaClient.brokers.join(',') }
    const missing = await sessionloom(['rekey', '--from', target.name, '--to', 'test-nowhere'], { env })
    assert.equal(missing.exitCode, 1)
    assert.match(missing.stderr, /no topic test-nowhere/)
  })
})
