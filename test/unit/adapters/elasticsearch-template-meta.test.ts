import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkMeta, metaAfterSetup } from '../../../src/adapters/elasticsearch-template-meta.ts'
import { schemaVersion } from '../../../src/core/document-fields.ts'

const identity = { gapMs: 600_000, epoch: 0, topic: 'events', partitions: 12 }
const meta = metaAfterSetup(null, 'sessions', identity)
const next = { ...identity, epoch: 1, topic: 'events-2', partitions: 24 }

describe('what a template remembers', () => {
  it('is the gap, and per epoch the topic and its partition count', () => {
    assert.deepEqual(meta, {
      schema_version: schemaVersion,
      gap_ms: 600_000,
      epochs: { '0': { topic: 'events', partitions: 12 } },
    })
  })

  it('stays the same when setup is repeated', () => {
    assert.deepEqual(metaAfterSetup(meta, 'sessions', identity), meta)
  })

  it('gains an epoch, and keeps those before', () => {
    assert.deepEqual(metaAfterSetup(meta, 'sessions', next).epochs, {
      '0': { topic: 'events', partitions: 12 },
      '1': { topic: 'events-2', partitions: 24 },
    })
  })

  it('lets a worker of any known epoch run', () => {
    const both = metaAfterSetup(meta, 'sessions', next)
    checkMeta(both, 'sessions', identity)
    checkMeta(both, 'sessions', next)
  })

  const later = { ...meta, schema_version: schemaVersion + 1 }
  const refused: [string, typeof meta, typeof identity, string, RegExp][] = [
    [
      'another gap',
      meta,
      { ...identity, gapMs: 300_000 },
      'template-mismatch',
      /SESSION_GAP=600000ms.*INDEX_PREFIX/,
    ],
    [
      'another topic for a known epoch',
      meta,
      { ...identity, topic: 'other' },
      'epoch-mismatch',
      /SOURCE_EPOCH=1/,
    ],
    [
      'another partition count',
      meta,
      { ...identity, partitions: 13 },
      'epoch-mismatch',
      /12 partitions, not events with 13/,
    ],
    ['a later schema', later, identity, 'template-mismatch', /release/],
  ]
  for (const [what, held, wanted, code, remedy] of refused)
    it(`refuses ${what}, in setup and in run`, () => {
      for (const check of [metaAfterSetup, checkMeta])
        assert.throws(
          () => check(held, 'sessions', wanted),
          (error: { code?: string; message: string }) => error.code === code && remedy.test(error.message),
        )
    })

  it('refuses a new epoch before the latest one, in setup', () => {
    const third = metaAfterSetup(meta, 'sessions', { ...next, epoch: 3 })
    assert.throws(() => metaAfterSetup(third, 'sessions', { ...next, epoch: 2 }), { code: 'epoch-mismatch' })
  })

  it('refuses an unknown epoch, an earlier schema, and no template at all, in run', () => {
    assert.throws(() => checkMeta(meta, 'sessions', next), { code: 'epoch-mismatch' })
    assert.throws(() => checkMeta({ ...meta, schema_version: 0 }, 'sessions', identity), {
      code: 'template-mismatch',
    })
    assert.throws(() => checkMeta(null, 'sessions', identity), {
      code: 'template-missing',
      message: /sessionloom setup/,
    })
  })
})
