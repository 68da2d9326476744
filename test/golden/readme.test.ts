import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  environmentExample,
  environmentPath,
  kibanaExample,
  kibanaPath,
  readmePath,
  withTables,
} from '../support/readme-tables.ts'

test('the tables of the README are what the code says (`npm run docs` writes them)', () => {
  const readme = readFileSync(readmePath, 'utf8')
  assert.equal(readme, withTables(readme))
})

test('the example of an environment file has every setting (`npm run docs` writes it)', () => {
  assert.equal(readFileSync(environmentPath, 'utf8'), environmentExample())
})

test('the file to import into Kibana by hand is what `setup` brings there (`npm run docs` writes it)', () => {
  assert.equal(readFileSync(kibanaPath, 'utf8'), kibanaExample())
})
