import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SessionDocument } from '../../../src/core/session-document.ts'
import {
  hasProperties,
  idsOf,
  overload,
  startWriter,
  stored,
  withProperties,
  writes,
} from '../../support/bulk-writer.ts'
import { bulkAnswer, bulkOperations, type Fault, refusing } from '../../support/fault-server.ts'
import { sampleRedirect } from '../../support/sample-documents.ts'

const overLimit = 'coordinating_operation_bytes=60000288, max_coordinating_bytes=53687091]'

describe('a request that is too large', () => {
  it('is split after 413, and later requests are no larger', async t => {
    const limit = 8000
    const { bulk, requests } = await startWriter(t, request =>
      request.body.length > limit ? { kind: 'answer', status: 413, type: 'text/html' } : stored(request),
    )
    assert.deepEqual(await bulk.write(writes('a', 16)), Array(16).fill({ kind: 'written' }))
    const before = requests.length
    await bulk.write(writes('b', 16))
    assert(requests.slice(before).every(({ body }) => body.length <= limit))
  })

  it('is split at once when Elasticsearch says that it never fits', async t => {
    const { bulk, requests } = await startWriter(t, request =>
      idsOf(request).length > 1
        ? refusing(429, 'es_rejected_execution_exception', overLimit)
        : stored(request),
    )
    assert.deepEqual(await bulk.write(writes('a', 4)), Array(4).fill({ kind: 'written' }))
    assert.deepEqual(
      requests.map(request => idsOf(request).length),
      [4, 2, 2, 1, 1, 1, 1],
    )
  })

  it('is split when it meets overload again and again, down to one document, which is never reduced', async t => {
    let singles = 0
    const { bulk } = await startWriter(t, request => {
      if (idsOf(request).length > 1) return refusing(...overload)
      return ++singles < 12 ? refusing(...overload) : stored(request)
    })
    assert.deepEqual(await bulk.write(writes('a', 2)), Array(2).fill({ kind: 'written' }))
  })

  it('is not split by a blocked index', async t => {
    const { bulk, requests } = await startWriter(t, (request, count) =>
      count < 8 ? refusing(429, 'cluster_block_exception') : stored(request),
    )
    await bulk.write(writes('a', 2))
    assert(requests.every(request => idsOf(request).length === 2))
  })

  it('is split when a shard will not take its part of it', async t => {
    const { bulk, requests } = await startWriter(t, request =>
      bulkAnswer(idsOf(request).map((_, __, all) => (all.length > 1 ? [...overload, overLimit] : 200))),
    )
    assert.deepEqual(await bulk.write(writes('a', 3)), Array(3).fill({ kind: 'written' }))
    assert.deepEqual(
      requests.map(request => idsOf(request).length),
      [3, 2, 1, 1, 1],
    )
  })

  it('stores a single document in its reduced form', async t => {
    const { bulk } = await startWriter(t, request =>
      request.body.includes('"a":"long"') ? { kind: 'answer', status: 413 } : stored(request),
    )
    const [result] = await bulk.write([withProperties('a')])
    assert.deepEqual(result, { kind: 'reduced', reason: 'http: without an explanation' })
  })
})

describe('a document that is refused', () => {
  const refused: [number, string, string] = [
    400,
    'document_parsing_exception',
    "[1:2] failed to parse field [properties] of type [flattened] in document with id 'a0'. Preview of field's value: 'secret'",
  ]

  it('is stored in its reduced form, under the same version, and its neighbours as they are', async t => {
    const { bulk, requests } = await startWriter(t, request =>
      bulkAnswer(bulkOperations(request).map(({ document }) => (hasProperties(document) ? refused : 200))),
    )
    const write = withProperties('a')
    const results = await bulk.write([...writes('b', 1), write, ...writes('c', 1)])
    const reason = 'document_parsing_exception: failed to parse field [properties] of type [flattened]'
    assert.deepEqual(results, [{ kind: 'written' }, { kind: 'reduced', reason }, { kind: 'written' }])
    const [again] = bulkOperations(requests[1]!)
    assert.equal(requests.length, 2)
    assert.equal(again?.version, write.write.version)
    assert.deepEqual(again?.document.properties, {})
    assert.equal((again!.document.quality as { reduced: string }).reduced, reason)
    assert.deepEqual(
      again?.document.state,
      JSON.parse(JSON.stringify((write.write.document as SessionDocument).state)),
    )
  })

  it('is reduced when it alone makes the whole request be refused', async t => {
    const { bulk } = await startWriter(t, request =>
      bulkOperations(request).some(({ document }) => hasProperties(document))
        ? refusing(400, 'x_content_parse_exception')
        : stored(request),
    )
    const results = await bulk.write([...writes('b', 5), withProperties('a'), ...writes('c', 5)])
    assert.deepEqual(
      results.map(({ kind }) => kind),
      [...Array(5).fill('written'), 'reduced', ...Array(5).fill('written')],
    )
  })

  it('ends the process when its reduced form is refused too, without a word of its content', async t => {
    const { bulk } = await startWriter(t, request => bulkAnswer(idsOf(request).map(() => refused)))
    await assert.rejects(bulk.write([withProperties('a')]), error => {
      assert.equal((error as { code?: string }).code, 'store-refused')
      assert.doesNotMatch(String((error as Error).stack), /secret/)
      return true
    })
  })

  it('ends the process when it is a redirect, which has nothing to leave out', async t => {
    const { bulk, requests } = await startWriter(t, request => bulkAnswer(idsOf(request).map(() => refused)))
    const write = sampleRedirect({ from: '2026-11-24T10:00:00Z', to: '2026-11-24T09:00:00Z' })
    await assert.rejects(bulk.write([{ index: 'test-2026.11.01', write }]), { code: 'store-refused' })
    assert.equal(requests.length, 1)
  })
})

describe('what no retry can mend', () => {
  const fatal: [string, Fault, string][] = [
    ['credentials', refusing(401, 'security_exception'), 'unauthorized'],
    ['a privilege', refusing(403, 'security_exception'), 'unauthorized'],
    ['a privilege, told per item', bulkAnswer([[403, 'security_exception']]), 'unauthorized'],
    ['an index that may not be made', bulkAnswer([[404, 'index_not_found_exception']]), 'store-refused'],
    ['an older mapping', bulkAnswer([[400, 'strict_dynamic_mapping_exception']]), 'template-mismatch'],
    ['the media type', refusing(400, 'media_type_header_exception'), 'store-refused'],
  ]
  for (const [what, fault, code] of fatal)
    it(`is ${what}: WorkerError ${code} after one request`, async t => {
      const { bulk, requests } = await startWriter(t, () => fault)
      await assert.rejects(bulk.write(writes('a', 1)), { name: 'WorkerError', code })
      assert.equal(requests.length, 1)
    })

  it('keeps the rest of the call from being sent', async t => {
    const limits = { documents: 1, requests: 1 }
    const { bulk, requests } = await startWriter(t, () => bulkAnswer([[403, 'security_exception']]), limits)
    await assert.rejects(bulk.write(writes('a', 3)), { code: 'unauthorized' })
    await sleep(20)
    assert.equal(requests.length, 1)
  })

  it('ends the call that it belongs to, not the one that shares its request', async t => {
    const { bulk } = await startWriter(t, request =>
      bulkAnswer(idsOf(request).map(id => (id === 'a1' ? [403, 'security_exception'] : 200))),
    )
    const [a, b] = await Promise.allSettled([bulk.write(writes('a', 3)), bulk.write(writes('b', 3))])
    assert.equal(a.status, 'rejected')
    assert.deepEqual(b, { status: 'fulfilled', value: Array(3).fill({ kind: 'written' }) })
  })
})
