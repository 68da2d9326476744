import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentMapping } from '../../src/adapters/elasticsearch-mapping.ts'
import { recipes } from '../support/cookbook.ts'
import { checkEsql } from '../support/esql/check-esql.ts'
import { UnavailableError } from '../support/server.ts'

test('Elasticsearch takes every ES|QL query of the cookbook for these fields, and refuses wrong ones', async t => {
  const wrong = ['FROM sessions | STATS AVG(app.name) BY nothing.here', 'FROM sessions | STATS a = AVG( BY x']
  const queries = [...recipes().map(({ esql }) => esql), ...wrong]
  const verdicts = await checkEsql(queries, documentMapping()).catch(error => {
    if (!(error instanceof UnavailableError)) throw error
    console.error(`!!! SKIPPED esql.test.ts: ${error.message}`)
    return null
  })
  if (verdicts === null) return t.skip('no Java or Maven')
  assert.equal(verdicts.length, queries.length)
  for (const verdict of verdicts.slice(0, 10)) assert.match(verdict, /^ok \w/)
  assert.match(
    verdicts[10] as string,
    /^refused .*Unknown column \[nothing\.here\].*\[AVG\(app\.name\)\] must be/,
  )
  assert.match(verdicts[11] as string, /^refused .*no viable alternative/)
})
