import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readmePath, withTables } from '../support/readme-tables.ts'

test('the tables of the README are what the code says (`npm run docs` writes them)', () => {
  const readme = readFileSync(readmePath, 'utf8')
  assert.equal(readme, withTables(readme))
})
