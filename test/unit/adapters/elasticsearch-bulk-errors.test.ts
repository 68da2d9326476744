import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type BulkVerdict,
  itemVerdict,
  requestVerdict,
} from '../../../src/adapters/elasticsearch-bulk-errors.ts'
import { itemFailure, unusable } from '../../../src/adapters/elasticsearch-failure.ts'

const overLimit =
  'rejected execution of coordinating operation [coordinating_and_primary_bytes=0, replica_bytes=0, all_bytes=0, ' +
  'coordinating_operation_bytes=60000288, max_coordinating_bytes=53687091]'
const underLimit = overLimit.replace('60000288', '3000000')

type Row = [status: number, type: string, verdict: string, reason?: string]

const items: Row[] = [
  [409, 'version_conflict_engine_exception', 'stale'],
  [409, 'some_other_conflict_exception', 'retry'],
  [429, 'es_rejected_execution_exception', 'retry', underLimit],
  [429, 'es_rejected_execution_exception', 'split', overLimit],
  [429, 'es_rejected_execution_exception', 'split', overLimit.replaceAll('coordinating', 'primary')],
  [429, 'circuit_breaking_exception', 'retry'],
  [429, 'cluster_block_exception', 'retry', 'blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded]'],
  [503, 'unavailable_shards_exception', 'retry'],
  [503, 'cluster_block_exception', 'retry'],
  [500, 'already_closed_exception', 'retry'],
  [408, 'timeout_exception', 'retry'],
  [400, 'index_closed_exception', 'retry'],
  [413, 'anything', 'split'],
  [400, 'document_parsing_exception', 'refused-document'],
  [400, 'mapper_parsing_exception', 'refused-document'],
  [400, 'illegal_argument_exception', 'refused-document'],
  [422, 'a_type_of_tomorrow', 'refused-document'],
  [400, 'strict_dynamic_mapping_exception', 'fatal'],
  [400, 'routing_missing_exception', 'fatal'],
  [400, 'validation_exception', 'fatal'],
  [400, 'invalid_alias_name_exception', 'fatal'],
  [401, 'security_exception', 'fatal'],
  [403, 'security_exception', 'fatal'],
  [403, 'cluster_block_exception', 'fatal', 'blocked by: [FORBIDDEN/8/index write (api)]'],
  [404, 'index_not_found_exception', 'fatal'],
]

const requests: Row[] = [
  [429, 'es_rejected_execution_exception', 'retry', underLimit],
  [429, 'es_rejected_execution_exception', 'split', overLimit],
  [429, 'circuit_breaking_exception', 'retry'],
  [413, 'http', 'split'],
  [502, 'http', 'retry'],
  [503, 'master_not_discovered_exception', 'retry'],
  [504, 'http', 'retry'],
  [500, 'http', 'retry'],
  [408, 'http', 'retry'],
  [400, 'action_request_validation_exception', 'split'],
  [400, 'media_type_header_exception', 'fatal'],
  [401, 'security_exception', 'fatal'],
  [403, 'security_exception', 'fatal'],
  [404, 'http', 'fatal'],
  [405, 'http', 'fatal'],
]

describe('the verdict on an item', () => {
  it('is that it is stored, for any status 2xx', () => {
    assert.equal(itemVerdict(null), 'done')
  })
  for (const [status, type, verdict, reason = 'because'] of items)
    it(`is ${verdict} for ${status} ${type}, ${reason.slice(0, 50)}`, () => {
      assert.equal(
        itemVerdict(itemFailure(status, { type, reason })),
        verdict satisfies string as BulkVerdict,
      )
    })
})

describe('the verdict on a whole request', () => {
  for (const [status, type, verdict, reason = 'because'] of requests)
    it(`is ${verdict} for ${status} ${type}, ${reason.slice(0, 50)}`, () => {
      assert.equal(requestVerdict(itemFailure(status, { type, reason })), verdict)
    })
  it('is retry for an answer that does not account for every item', () => {
    assert.equal(requestVerdict(unusable('unusable-answer', '3 results for 4 documents').failure), 'retry')
  })
})
