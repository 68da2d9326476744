import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restoredSession } from '../../src/core/restored-session.ts'
import { merge } from '../../src/core/session.ts'
import { reducedDocument, type SessionDocument, sessionDocument } from '../../src/core/session-document.ts'
import { sampleSession } from '../support/sample-documents.ts'
import { storeAll } from '../support/store-all.ts'

// After a crash the session was restored from its reduced document, and the next write passed for a full one.
test('a session that was restored from a reduced document says so for ever, merged or not', () => {
  const full = sampleSession({ raw: { properties: { plan: 'pro' } } })
  const reduced = reducedDocument(full.document as SessionDocument, 'mapper_parsing_exception')
  const other = sampleSession({ from: '2026-11-24T10:05:00Z', offset: 4 }).document as SessionDocument
  const session = merge(restoredSession(other), restoredSession(reduced))
  for (const restored of [restoredSession(reduced), session]) {
    const { quality } = sessionDocument(restored, full.key, 'active', 0, {
      timeZone: 'UTC',
      privacy: storeAll,
    })
    assert.equal(quality.reduced, 'mapper_parsing_exception')
  }
})
