import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeFailure, itemFailure, refusal } from '../../../src/adapters/elasticsearch-failure.ts'

describe('what is shown of a failure', () => {
  const reasons = {
    "[1:6] failed to parse field [n] of type [long] in document with id '1'. Preview of field's value: 'secret'":
      'document_parsing_exception: failed to parse field [n] of type [long]',
    '[1:6] failed to parse: [1:11] Duplicate field \'secret\'\n at [Source: (byte[])"{\\"n\\":\\"secret\\"}"; line: 1]':
      'document_parsing_exception',
    'Malformed content, must start with an object': 'document_parsing_exception',
  }
  for (const [reason, shown] of Object.entries(reasons))
    it(`has no document value: ${reason.slice(0, 40)}`, () => {
      const failure = itemFailure(400, { type: 'document_parsing_exception', reason })
      assert.equal(describeFailure(failure), `400 ${shown}`)
    })

  const quoting = {
    "immense term. Preview of field's value: 'secret'": 'immense term. ',
    'immense term. The prefix of the first immense term is: [115, 101]': 'immense term. ',
    '[x][0] primary shard is not active Timeout: [10s], request: [BulkShardRequest [[x][0]] containing [index {[x][1], source[{"secret"':
      '[x][0] primary shard is not active Timeout: [10s]',
    'rejected execution of index {[x][1], source[{"secret"': 'rejected execution of index {[x][1], ',
  }
  for (const [reason, shown] of Object.entries(quoting))
    it(`ends where any other reason begins to quote: ${shown}`, () => {
      assert.equal(describeFailure(itemFailure(503, { type: 'x', reason })), `503 x: ${shown}`)
    })

  it('is bounded', () => {
    assert(describeFailure(itemFailure(400, { type: 'x', reason: 'y'.repeat(10_000) })).length < 400)
  })
})

describe('a refusal says what to do', () => {
  const cases: [status: number, type: string, code: string, remedy: RegExp][] = [
    [401, 'security_exception', 'unauthorized', /Check them/],
    [403, 'security_exception', 'unauthorized', /README\.md lists all that are needed/],
    [403, 'cluster_block_exception', 'store-refused', /Remove the block/],
    [400, 'strict_dynamic_mapping_exception', 'template-mismatch', /sessionloom setup/],
    [404, 'index_not_found_exception', 'store-refused', /auto_create_index/],
    [413, 'http', 'store-refused', /http.max_content_length/],
  ]
  for (const [status, type, code, remedy] of cases)
    it(`to ${status} ${type}`, () => {
      const error = refusal(itemFailure(status, { type, reason: 'because' }), 'documents are written')
      assert.equal(error.code, code)
      assert.match(error.message, remedy)
      assert.equal(error.cause, undefined)
    })
})
