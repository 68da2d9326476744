import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type StoredSession, violationsOf } from '../../../src/core/tab-invariants.ts'

const gapMs = 10
const key = (id: string) => ({ id, cellStart: 0 })
const session = (id: string, start: number, end: number, ...absorbed: string[]): StoredSession => ({
  key: key(id),
  start,
  end,
  absorbed: absorbed.map(key),
})

/** `redirects`: from one id to another. */
const kinds = (sessions: readonly StoredSession[], redirects: Readonly<Record<string, string>> = {}) =>
  violationsOf(
    {
      tabId: 't',
      sessions,
      redirects: new Map(Object.entries(redirects).map(([from, to]) => [from, key(to)])),
    },
    gapMs,
  ).map(({ kind, id, other }) => `${kind} ${id} ${other}`)

describe('what is stored of a tab', () => {
  it('is well with sessions more than a gap apart, and chains of redirects that lead to them', () => {
    const sessions = [session('b', 31, 40, 'y'), session('a', 0, 20, 'x', 'w')]
    assert.deepEqual(kinds(sessions, { y: 'b', x: 'w', w: 'a' }), [])
  })

  it('has no two sessions within the gap, whatever lies between them', () => {
    assert.deepEqual(kinds([session('a', 0, 20), session('b', 30, 30)]), ['within-gap b a'])
    assert.deepEqual(kinds([session('a', 0, 90), session('b', 10, 20), session('c', 95, 99)]), [
      'within-gap b a',
      'within-gap c a',
    ])
  })

  it('has no session that another one has absorbed', () => {
    assert.deepEqual(kinds([session('a', 0, 9, 'b'), session('b', 90, 99)]), ['absorbed-but-live b a'])
  })

  it('has a redirect for each id that was absorbed', () => {
    assert.deepEqual(kinds([session('a', 0, 9, 'x', 'y')], { x: 'a' }), ['redirect-missing y a'])
  })

  it('has no redirect that leads to no session, or in a circle', () => {
    assert.deepEqual(kinds([session('a', 0, 9)], { x: 'y', y: 'z' }), [
      'dead-redirect x z',
      'dead-redirect y z',
    ])
    assert.deepEqual(
      kinds([], { x: 'y', y: 'x' }).map(violation => violation.split(' ')[0]),
      ['dead-redirect', 'dead-redirect'],
    )
  })
})
