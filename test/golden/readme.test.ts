import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compileFieldMap } from '../../src/core/formats/field-map.ts'
import {
  environmentExample,
  environmentPath,
  formatsPath,
  kibanaExample,
  kibanaPath,
  readmePath,
  withFormats,
  withTables,
} from '../support/readme-tables.ts'

test('the tables of the README are what the code says (`npm run docs` writes them)', () => {
  const readme = readFileSync(readmePath, 'utf8')
  assert.equal(readme, withTables(readme))
})

test('the page on formats says of tab ids what the code does (`npm run docs` writes it)', () => {
  const page = readFileSync(formatsPath, 'utf8')
  assert.equal(page, withFormats(page))
})

test('the field map of the page on formats is one without a fault', () => {
  const [, example] = /```json\n([\s\S]*?)```/.exec(readFileSync(formatsPath, 'utf8')) ?? []
  const compiled = compileFieldMap(JSON.parse(example as string))
  assert.ok(compiled.ok, JSON.stringify(compiled))
})

test('the example of an environment file has every setting (`npm run docs` writes it)', () => {
  assert.equal(readFileSync(environmentPath, 'utf8'), environmentExample())
})

test('the file to import into Kibana by hand is what `setup` brings there (`npm run docs` writes it)', () => {
  assert.equal(readFileSync(kibanaPath, 'utf8'), kibanaExample())
})
