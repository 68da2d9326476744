import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { SqliteSessionStore } from '../../src/adapters/sqlite-session-store.ts'
import type { StoredDocument } from '../../src/core/session-document.ts'
import { wholeTab } from '../../src/core/tab-span.ts'
import type { DocumentWrite } from '../../src/ports/session-store.ts'
import { recall } from '../../src/stored-sessions.ts'
import { upgrading } from '../../src/upgrading-store.ts'
import { sampleRedirect, sampleSession } from '../support/sample-documents.ts'

const place = { epoch: 0, offset: 1 }
const [first, later, last] = ['2026-11-24T10:00:00Z', '2026-11-24T11:00:00Z', '2026-11-24T12:00:00Z']

/** A store that holds these, whose searches find those: another owner has written between two shards. */
async function torn(t: TestContext, held: readonly DocumentWrite[], found: readonly DocumentWrite[]) {
  const store = new SqliteSessionStore(':memory:', 600_000)
  t.after(() => store.close())
  await store.write(held)
  const documents = found.map(({ document }) => document as StoredDocument)
  return { ...upgrading(store), recall: async () => documents }
}

const positions = (documents: readonly StoredDocument[]) =>
  documents.map(({ id, source }) => [id, source.offset])

describe('a search that is not atomic over shards', () => {
  const before = sampleSession({ from: first, offset: 1 })
  const after = sampleSession({ from: first, to: last, offset: 5 })
  const redirect = sampleRedirect({ from: later, to: first, offset: 5 })

  it('has seen the survivor before a merge and the absorbed one after it: the redirect leads to the later survivor', async t => {
    const store = await torn(t, [after, redirect], [before, redirect])
    const found = await recall(store, [wholeTab('tab')], place, false)
    assert.deepEqual(positions(found), [[after.key.id, 5]])
  })

  it('has not seen the survivor at all: a chain of redirects leads to it', async t => {
    const next = sampleRedirect({ from: last, to: later, offset: 4 })
    const store = await torn(t, [after, redirect, next], [next])
    const found = await recall(store, [wholeTab('tab')], place, false)
    assert.deepEqual(positions(found), [[after.key.id, 5]])
  })

  it('keeps what it has seen where the target is no later', async t => {
    const store = await torn(t, [before, redirect], [after, redirect])
    const found = await recall(store, [wholeTab('tab')], place, false)
    assert.deepEqual(positions(found), [[after.key.id, 5]])
  })
})
