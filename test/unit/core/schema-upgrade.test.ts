import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { schemaVersion } from '../../../src/core/document-fields.ts'
import { upgraded } from '../../../src/core/schema-upgrade.ts'

const document = (version: number) => ({ id: 'a', schema_version: version })

describe('a stored document', () => {
  it('of this release is taken as it is', () => {
    const own = document(schemaVersion)
    assert.equal(upgraded(own, {}), own)
  })

  it('of an earlier release takes every step in between', () => {
    const steps = {
      [schemaVersion - 2]: ({ id }: { id: string }) => ({ id: `${id}b` }),
      [schemaVersion - 1]: ({ id }: { id: string }) => ({ id: `${id}c` }),
    }
    assert.deepEqual(upgraded(document(schemaVersion - 2), steps), {
      id: 'abc',
      schema_version: schemaVersion,
    })
  })

  it('of a later release ends the worker, which does not know what it means', () => {
    const steps = { [schemaVersion + 1]: () => ({}) }
    assert.throws(() => upgraded(document(schemaVersion + 1), steps), {
      code: 'template-mismatch',
      message: /schema version 2, this release writes 1\. A later release is at work here/,
    })
  })

  it('that is too old for every step ends the worker, and says what to do', () => {
    assert.throws(() => upgraded(document(schemaVersion - 1), {}), {
      code: 'template-mismatch',
      message: /Upgrade by way of a release in between, or rebuild/,
    })
  })
})
