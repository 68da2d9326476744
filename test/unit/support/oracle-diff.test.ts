import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comparable, describeDiff, diff } from '../../support/oracle.ts'
import { type Doc, event, run } from '../../support/oracle-case.ts'

const withParts = (document: Doc): Doc => ({
  ...document,
  metadata: {
    ...document.metadata,
    time: { ...document.metadata.time, create: 'now', update: null },
  },
  operation: { new: true },
  quality: {},
  source: {},
  state: {},
})

test('a document is compared without the five parts, whatever its prototypes and the order of its keys', () => {
  const result = run(event('10:00', { properties: { a: -0, b: { c: 1 } } }))
  const [document] = [...result.sessions.values()] as Doc[]
  const whole = withParts(document)
  assert.deepEqual(comparable(whole), document)
  const reversed = Object.fromEntries(Object.entries(whole).reverse())
  const bare = { ...reversed, properties: Object.assign(Object.create(null), { b: { c: 1 }, a: 0 }) }
  for (const same of [document, whole, reversed, bare])
    assert.deepEqual(diff(result, [same]), { missing: [], extra: [], different: [] })
})

test('a diff names what is missing, extra and different, and prints it', () => {
  const result = run(event('10:00'), event('11:00'), event('12:00', { properties: { a: [1] } }))
  const [first, , third] = [...result.sessions.values()] as Doc[]
  const changed = { ...third, tabId: undefined, properties: { a: [2], __proto__: null }, site: 's', more: 1 }
  const found = diff(result, [first, first, changed, { ...first, id: 'stranger' }])
  assert.deepEqual(found.missing, [[...result.sessions.keys()][1]])
  assert.deepEqual(found.extra, [first.id, 'stranger'])
  assert.deepEqual(describeDiff(found), [
    `missing: ${found.missing[0]}`,
    `extra: ${first.id}`,
    'extra: stranger',
    `${third.id} tabId: expected "tab", got nothing`,
    `${third.id} properties.a.0: expected 1, got 2`,
    `${third.id} site: expected null, got "s"`,
    `${third.id} more: expected nothing, got 1`,
  ])
})

test('the status can be left out, and redirects are no documents', () => {
  const result = run(event('10:00'))
  const [document] = [...result.sessions.values()] as Doc[]
  const active = { ...document, metadata: { ...document.metadata, status: 'active' } }
  assert.deepEqual(
    diff(result, [active]).different.map(({ path }) => path),
    ['metadata.status'],
  )
  assert.deepEqual(diff(result, [active], { ignoreStatus: true }).different, [])
  const redirect = { id: 'former', tabId: 'tab', metadata: { status: 'merged' }, merged_into: document.id }
  assert.deepEqual(diff(result, [document, redirect]).extra, ['former'])
})
