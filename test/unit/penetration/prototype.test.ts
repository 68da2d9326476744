import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { SqliteSessionStore } from '../../../src/adapters/sqlite-session-store.ts'
import type { SessionDocument } from '../../../src/core/session-document.ts'
import { ArrayEventSource, ArrayTopic } from '../../support/array-event-source.ts'
import { testSettings, testWorker } from '../../support/in-process.ts'

const noon = Date.UTC(2026, 10, 24, 12)
const keys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'toJSON',
  'then',
  'length',
]
const evil = '{"polluted":true,"tabId":"polluted","toJSON":1,"__proto__":{"polluted":true}}'
/** As text: a literal would set the prototype. */
const members = keys.map(key => `"${key}":${evil}`).join(',')

const event = (id: string, minutes: number, more: string) =>
  `{"eventId":"${id}","tabId":"__proto__","type":"constructor","timestamp":${noon + minutes * 60_000}${more}}`

const everywhere =
  `,${members},"profile":{"id":"__proto__","metadata":{${members}},${members}},"properties":{${members}},` +
  `"traits":{${members}},"aux":{${members}},"context":{${members},"aux":{${members}},"ip":"__proto__",` +
  `"userAgent":"constructor/1 __proto__/2","clientHints":{${members},"brands":[${evil}]},"timeZone":"constructor",` +
  `"page":{${members},"url":"https://h/?__proto__=1&utm_source=__proto__&constructor=2"},"utm":{${members}},` +
  `"geo":{${members}},"screen":{${members}},"app":{${members}}}`

/** What every object, list and function inherits. */
const inherited = () =>
  [Object.prototype, Array.prototype, Function.prototype, Map.prototype, String.prototype].map(prototype =>
    Object.getOwnPropertyNames(prototype),
  )

async function stored(t: TestContext, values: readonly string[]): Promise<readonly SessionDocument[]> {
  const before = inherited()
  const store = new SqliteSessionStore(':memory:', testSettings.gapMs)
  t.after(() => store.close())
  const topic = new ArrayTopic(1)
  for (const value of values) {
    topic.append(0, value, null)
    // A worker of its own for each: what one has stored the next restores.
    const { worker, letters } = testWorker(new ArrayEventSource(topic, () => 1), store)
    await worker.run()
    assert.deepEqual(letters, [])
  }
  assert.deepEqual(inherited(), before)
  assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  return [...store.documents()] as SessionDocument[]
}

describe('keys that mean something to JavaScript', () => {
  it('are kept as keys, through a store and back', async t => {
    const documents = await stored(t, [
      event('1', 0, everywhere),
      event('2', 1, ''),
      event('3', 2, everywhere),
    ])
    assert.equal(documents.length, 1)
    const [document] = documents
    assert.equal(document?.tabId, '__proto__')
    assert.equal(document?.activity.events, 3)
    for (const object of [
      document?.properties,
      document?.traits,
      document?.aux,
      document?.metadata.aux,
      document?.profile?.metadata,
    ]) {
      assert.deepEqual(Object.keys(object ?? {}).sort(), keys.toSorted())
      assert.equal(Object.getPrototypeOf(object), Object.prototype)
    }
    assert.equal(JSON.stringify(document?.properties), `{${keys.toSorted().map(key => `"${key}":${evil}`)}}`)
  })

  it('give an object nothing that it lacks', async t => {
    const [document] = await stored(t, [
      event('1', 0, `,"context":{"__proto__":{"ip":"8.8.8.8","locale":"xx"}}`),
    ])
    assert.equal(document?.device.ip, null)
    assert.equal(document?.app.language, null)
  })

  it('take the place of no field that an event must have', async () => {
    const topic = new ArrayTopic(1)
    topic.append(0, '{"__proto__":{"eventId":"e","tabId":"t","type":"click","timestamp":1}}', null)
    const store = new SqliteSessionStore(':memory:', testSettings.gapMs)
    const { worker, letters } = testWorker(new ArrayEventSource(topic, () => 1), store)
    await worker.run()
    await store.close()
    assert.deepEqual(
      letters.map(({ reason }) => reason),
      ['invalid-event'],
    )
  })

  it('remove no key but their own', async t => {
    const [document] = await stored(t, [
      event('1', 0, ',"properties":{"a":1,"__proto__":{"b":2}}'),
      event('2', 1, ',"properties":{"__proto__":null,"constructor":null}'),
    ])
    assert.deepEqual(document?.properties, { a: 1 })
    assert.deepEqual(Object.keys(document?.properties ?? {}), ['a'])
  })
})
