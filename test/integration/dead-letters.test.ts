import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { DocumentLetter } from '../../src/ports/dead-letter-sink.ts'
import { withoutKafka } from '../support/kafka-fixture.ts'
import { readAll } from '../support/kafka-source.ts'
import { eventText, useLetterTopics } from '../support/letters-fixture.ts'

const document = {
  id: 'session',
  tabId: 'tab',
  source: { topic: 'raw-events', partition: 3, offset: 8, timestamp: null },
} as unknown as DocumentLetter['document']

describe('dead-letters list', { skip: withoutKafka }, () => {
  it('shows every letter, fit for a terminal, counts them by reason, and leaves no group behind', async t => {
    const topics = await useLetterTopics(t)
    const groups = async () => (await topics.source.admin.listGroups()).groups.map(({ groupId }) => groupId)
    await topics.send([
      topics.letter(1, '{"tabId":\u001b[2J'),
      topics.letter(2, null, { reason: 'empty-value', message: 'the record has no value' }),
      topics.letter(3, Buffer.from([0xff, 0x80]), { reason: 'invalid-utf8' }),
      { kind: 'document', reason: 'mapper_parsing_exception', document },
    ])
    await topics.letters.send([{ key: 'x', value: 'of somebody else', partition: 0 }])
    const before = await groups()
    const table = await topics.succeed(['list'])
    assert.deepEqual(await groups(), before)
    const lines = table.trimEnd().split('\n')
    assert.equal(lines.length, 6, table)
    assert.match(lines[0]!, /^PARTITION +OFFSET +WHEN +STATE +REASON +ORIGIN +CAUSE/)
    assert.match(table, /pending +invalid-json .*-0-1 .*not valid JSON · \{"tabId":\\u\{1b\}\[2J$/m)
    assert.match(table, /never +document /)
    assert.equal(
      lines.at(-1),
      `4 dead letters in ${topics.letters.name}: 1 × document, 1 × empty-value, 1 × invalid-json, 1 × invalid-utf8; 1 message of others`,
    )
  })

  it('as JSON has one letter a line, of one reason and no more than asked for', async t => {
    const topics = await useLetterTopics(t)
    await topics.send([
      ...[1, 2, 3].map(offset => topics.letter(offset, `broken ${offset}`)),
      topics.letter(4, Buffer.from([0xff]), { reason: 'invalid-utf8' }),
    ])
    const { stdout, stderr } = await topics.run(['list', '--json'])
    const letters = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.equal(letters.length, 4)
    assert.match(stderr, /^4 dead letters in .*: 3 × invalid-json, 1 × invalid-utf8\n$/)
    const bytes = letters.find(({ origin }) => origin.offset === 4)
    assert.deepEqual([bytes.valueBase64, bytes.key, bytes.replays, bytes.cut], ['/w==', 'key-4', 0, false])
    const filtered = await topics.run(['list', '--json', '--reason', 'invalid-json', '--limit', '2'])
    assert.equal(filtered.stdout.trimEnd().split('\n').length, 2)
    assert.match(filtered.stderr, /^3 dead letters in .*; 2 shown\n$/)
  })

  it('refuses what it does not know, all at once', async t => {
    const topics = await useLetterTopics(t)
    const { exitCode, stderr } = await topics.run(['list', '--reason', 'bad', '--limit', 'x', '--dry-run'])
    assert.equal(exitCode, 2)
    for (const fault of ['--reason: expected one of empty-value, ', '--limit: ', '--dry-run: not with list'])
      assert(stderr.includes(fault), stderr)
    assert.equal((await topics.run(['lost'])).exitCode, 2)
    assert.equal((await topics.run([])).exitCode, 2)
  })

  it('says that the topic is missing, and that there is no letter', async t => {
    const topics = await useLetterTopics(t)
    assert.match(await topics.succeed(['list']), /\n0 dead letters in test-/)
    const { exitCode, stderr } = await topics.run(['list', '--kafka-dead-letter-topic', 'test-nowhere'])
    assert.equal(exitCode, 1)
    assert.match(stderr, /no topic test-nowhere/)
  })
})

describe('dead-letters replay', { skip: withoutKafka }, () => {
  it('sends each letter once, however often it is run, and whatever it is filtered by', async t => {
    const topics = await useLetterTopics(t)
    const bytes = Buffer.from([0xff, 0x80])
    const fixed = topics.letter(1, eventText('e1', 'tab-1'), { reason: 'invalid-event' })
    const broken = topics.letter(2, bytes, { reason: 'invalid-utf8' })
    // Twice: a worker was killed before its commit.
    await topics.send([fixed, broken, fixed])
    assert.match(await topics.succeed(['replay', '--dry-run']), /^2 dead letters would be sent to /)
    assert.equal((await readAll(topics.source)).length, 0)

    const first = await topics.succeed(['replay', '--reason', 'invalid-event'])
    assert.match(
      first,
      /^1 dead letter sent to .*\n {2}1 a second letter of the same record\n {2}1 of another reason\n$/,
    )
    assert.match(
      await topics.succeed(['replay']),
      /^1 dead letter sent to .*\n {2}2 sent in an earlier run\n$/,
    )
    assert.match(
      await topics.succeed(['replay']),
      /^0 dead letters sent to .*\n {2}3 sent in an earlier run\n$/,
    )
    const records = await readAll(topics.source)
    assert.deepEqual(
      records.map(({ key, value }) => [String(key), String(value)]),
      [
        ['tab-1', eventText('e1', 'tab-1', { receivedAt: 1_700_000_000_001 })],
        ['key-2', String(bytes)],
      ],
    )
    assert.deepEqual(records[1]!.value, bytes)
    const listed = await topics.succeed(['list'])
    assert.equal(listed.match(/ replayed /g)?.length, 3, listed)
    assert.match(await topics.succeed(['list', '--pending']), /\n0 dead letters/)
  })

  it('never sends what is not what a producer sent, nor what came from another topic', async t => {
    const topics = await useLetterTopics(t)
    await topics.send([
      {
        kind: 'document',
        reason: 'mapper_parsing_exception',
        document: { ...document, source: { ...document.source, topic: topics.source.name } },
      },
      topics.letter(1, randomBytes(300_000)),
      topics.letter(2, 'x', { topic: 'elsewhere' }),
    ])
    const said = await topics.succeed(['replay'])
    assert.match(said, /^0 dead letters sent/)
    // Perhaps more than one of each: a request that is too large is sent again in parts.
    assert.match(said, / \d never sent: the full form of a document/)
    assert.match(said, / \d never sent: the end of the value is missing/)
    assert.match(said, / \d from topic "elsewhere"/)
    assert.equal((await readAll(topics.source)).length, 0)
    assert.match(await topics.succeed(['replay', '--origin', 'elsewhere']), /^1 dead letter sent/)
    assert.equal(String((await readAll(topics.source))[0]!.value), 'x')
  })

  it('killed between sending and marking, sends again: the same events, which count once', async t => {
    const topics = await useLetterTopics(t)
    await topics.send([1, 2, 3].map(n => topics.letter(n, eventText(`e${n}`, `tab-${n}`))))
    const killed = await topics.run(['replay'], { kill: 'after:1' })
    assert.match(killed.stderr, /killed/)
    assert.deepEqual(await topics.marks(), [])
    assert.match(await topics.succeed(['replay']), /^3 dead letters sent/)
    assert.match(await topics.succeed(['replay']), /^0 dead letters sent/)
    const events = await topics.work()
    assert.equal(events.length, 6)
    assert.equal(new Set(events).size, 3)
  })

  it('killed in the middle of many, goes on with those that are not marked', async t => {
    const topics = await useLetterTopics(t)
    await topics.send(
      Array.from({ length: 1_200 }, (_, n) => topics.letter(n, eventText(`e${n}`, `tab-${n}`))),
    )
    // Events, marks, events: the second 500 are there without a mark.
    assert.match((await topics.run(['replay'], { kill: 'after:3' })).stderr, /killed/)
    assert.equal((await topics.marks()).length, 500)
    assert.match(
      await topics.succeed(['replay']),
      /^700 dead letters sent .*\n {2}500 sent in an earlier run\n$/,
    )
    const events = await topics.work()
    assert.equal(events.length, 1_700)
    assert.equal(new Set(events).size, 1_200)
  })

  it('of what is broken still, sends one letter more each time, even after a kill', async t => {
    const topics = await useLetterTopics(t)
    await topics.send([topics.letter(1, 'broken')])
    await topics.run(['replay'], { kill: 'after:1' })
    await topics.succeed(['replay'])
    // Two copies of the record are in the log, so the worker writes two letters: of one lineage.
    await topics.work()
    assert.match(
      await topics.succeed(['replay']),
      /^1 dead letter sent .*\n {2}1 sent in an earlier run\n {2}1 a second letter of the same record\n$/,
    )
    const records = await readAll(topics.source)
    assert.deepEqual(
      records.map(({ value }) => String(value)),
      ['broken', 'broken', 'broken'],
    )
    await topics.work(2)
    const { stdout } = await topics.run(['list', '--json', '--pending'])
    const [last, ...others] = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual([last.replays, last.origin.offset, others.length], [2, 2, 0])
  })

  it('marks a letter in its own partition, so that the mark does not expire before it', async t => {
    const topics = await useLetterTopics(t)
    await topics.send(Array.from({ length: 20 }, (_, n) => topics.letter(n, 'broken')))
    const placesOf = async () => (await readAll(topics.letters)).map(({ partition }) => partition)
    const count = (places: readonly number[], wanted: number) =>
      places.filter(place => place === wanted).length
    const before = await placesOf()
    assert(count(before, 0) > 0 && count(before, 1) > 0)
    await topics.succeed(['replay'])
    const after = await placesOf()
    for (const partition of [0, 1]) assert.equal(count(after, partition), 2 * count(before, partition))
  })
})
