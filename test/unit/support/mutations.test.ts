import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { mutations } from '../../support/mutations.ts'

const root = join(import.meta.dirname, '../../..')

describe('a mutation', () => {
  for (const { name, file, find, replace } of mutations)
    it(`finds the code that it breaks: ${name}`, () => {
      const text = readFileSync(join(root, file), 'utf8')
      assert.equal(text.split(find).length - 1, 1, `in ${file}: ${find}`)
      assert.notEqual(find, replace)
    })
})
