import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { inspectRegistry } from '../../../src/adapters/registry-retry.ts'
import { HttpSchemaRegistry, type SchemaRegistryOptions } from '../../../src/adapters/registry-schemas.ts'
import type { WrittenSchemas } from '../../../src/core/formats/wire-format.ts'
import type { WorkerEvent } from '../../../src/ports/telemetry.ts'
import { type Decide, type Fault, startFaultServer } from '../../support/fault-server.ts'
import { waitUntil } from '../../support/ready.ts'

const never = new AbortController().signal
const record = (...fields: readonly [string, unknown][]) =>
  JSON.stringify({ type: 'record', name: 'R', fields: fields.map(([name, type]) => ({ name, type })) })
const registered = (schema: string, more = {}): Fault => ({ kind: 'answer', body: { schema, ...more } })
const notFound: Fault = {
  kind: 'answer',
  status: 404,
  body: { error_code: 40403, message: 'Schema not found' },
}
const values = (...ids: readonly number[]) =>
  ids.map(id => {
    const value = Buffer.alloc(6)
    value.writeInt32BE(id, 1)
    return { value }
  })

/** A stub of a registry, and what asks it. */
async function start(t: TestContext, decide: Decide, options: Partial<SchemaRegistryOptions> = {}) {
  const stub = await startFaultServer(decide)
  const events: WorkerEvent[] = []
  const registry = new HttpSchemaRegistry({
    url: `${stub.address}/apis/v7/`,
    telemetry: event => events.push(event),
    pausesMs: { first: 5, longest: 20 },
    unknownPausesMs: [1, 1],
    ...options,
  })
  t.after(async () => {
    await registry.close()
    await stub.close()
  })
  return { registry, events, asked: () => stub.requests.map(({ path }) => path) }
}

const kinds = (schemas: WrittenSchemas) =>
  Object.fromEntries([...schemas].map(([id, { kind }]) => [id, kind]))

describe('a schema registry (a stub)', () => {
  test('is asked for each id once, below its path, and for no value without one', async t => {
    const { registry, asked } = await start(t, () => registered(record(['a', 'int'])))
    const wanted = [...values(7, 8, 7), { value: null }, { value: Buffer.from('{"tabId":"t"}') }]
    const [first, second] = await Promise.all([registry.schemasOf(wanted), registry.schemasOf(values(8, 7))])
    assert.deepEqual(kinds(first), { 7: 'schema', 8: 'schema' })
    assert.deepEqual(kinds(second), { 7: 'schema', 8: 'schema' })
    await registry.schemasOf(wanted)
    assert.deepEqual(asked().sort(), ['/apis/v7/schemas/ids/7', '/apis/v7/schemas/ids/8'])
    const schema = first.get(7)
    assert(schema?.kind === 'schema')
    assert.deepEqual(schema.read(Buffer.of(2)), { a: 1 })
  })

  test('is asked by GUID for what a record names so, in its value or in its header', async t => {
    const { registry, asked } = await start(t, () => registered(record(['a', 'int'])))
    const inValue = { value: Buffer.from(`01${'0123456789abcdef'.repeat(2)}02`, 'hex') }
    const inHeader = (hex: string) => ({
      value: Buffer.of(2),
      headers: { __value_schema_id: Buffer.from(hex, 'hex') },
    })
    const found = await registry.schemasOf([inValue, inHeader(`01${'f'.repeat(32)}`), inHeader('0000000007')])
    const guids = ['01234567-89ab-cdef-0123-456789abcdef', 'ffffffff-ffff-ffff-ffff-ffffffffffff']
    assert.deepEqual(new Set(found.keys()), new Set([7, ...guids]))
    const paths = [...guids.map(guid => `guids/${guid}`), 'ids/7']
    assert.deepEqual(
      asked().sort(),
      paths.map(path => `/apis/v7/schemas/${path}`),
    )
  })

  test('has no schema of a GUID if it knows no GUIDs, and is no registry if it knows nothing else either', async t => {
    const [guid] = ['01234567-89ab-cdef-0123-456789abcdef']
    const value = Buffer.from(`01${guid.replaceAll('-', '')}`, 'hex')
    const other: Fault = { kind: 'answer', status: 404, body: 'Not Found' }
    const types: Fault = { kind: 'answer', body: ['AVRO'] }
    const without = await start(t, ({ path }) => (path.endsWith('/types') ? types : other))
    assert.deepEqual(kinds(await without.registry.schemasOf([{ value }])), { [guid]: 'unknown' })
    const none = await start(t, () => other)
    await assert.rejects(none.registry.schemasOf([{ value }]), { code: 'configuration' })
  })

  test('is waited for while it is down, and what waits says so', async t => {
    let isDown = true
    const faults: Fault[] = [
      { kind: 'drop' },
      { kind: 'answer', status: 503, body: 'later' },
      { kind: 'answer', status: 500, body: { error_code: 50001 } },
      { kind: 'answer', status: 429 },
      { kind: 'hang' },
    ]
    const { registry, events } = await start(
      t,
      (_, count) => (isDown ? (faults[count % faults.length] as Fault) : registered(record())),
      { requestTimeoutMs: 50 },
    )
    const wanted = registry.schemasOf(values(1, 2))
    assert(await waitUntil(async () => registry.waitsFor !== null, 5_000))
    await sleep(300)
    assert.notEqual(registry.waitsFor, null)
    isDown = false
    assert.deepEqual(kinds(await wanted), { 1: 'schema', 2: 'schema' })
    assert.equal(registry.waitsFor, null)
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['RegistryUnavailable', 'RegistryRecovered'],
    )
  })

  test('that nobody listens to is waited for until it is closed, which ends what waits', async () => {
    const events: string[] = []
    const registry = new HttpSchemaRegistry({
      url: 'http://127.0.0.1:1',
      telemetry: ({ kind }) => events.push(kind),
      pausesMs: { first: 5, longest: 20 },
    })
    const wanted = registry.schemasOf(values(1))
    assert(await waitUntil(async () => registry.waitsFor === 'ECONNREFUSED', 5_000))
    await registry.close()
    await assert.rejects(wanted, { name: 'AbortError' })
    assert.deepEqual(events, ['RegistryUnavailable'])
  })

  test('is asked again for an id that it does not know yet; then it is unknown for a while', async t => {
    let late = 0
    const { registry, asked } = await start(
      t,
      ({ path }) => (path.endsWith('/5') && late++ > 0 ? registered(record()) : notFound),
      { unknownForMs: 150 },
    )
    assert.deepEqual(kinds(await registry.schemasOf(values(5, 6))), { 5: 'schema', 6: 'unknown' })
    assert.deepEqual(kinds(await registry.schemasOf(values(6))), { 6: 'unknown' })
    assert.equal(asked().filter(path => path.endsWith('/6')).length, 3)
    assert(
      await waitUntil(async () => {
        await registry.schemasOf(values(6))
        return asked().filter(path => path.endsWith('/6')).length > 3
      }, 5_000),
    )
  })

  test('is asked for any number of ids in one batch, eight at once, with one pause for all that are unknown', async t => {
    let [inWork, most] = [0, 0]
    const { registry, asked } = await start(
      t,
      async () => {
        most = Math.max(most, ++inWork)
        await setImmediate()
        inWork--
        return notFound
      },
      { unknownPausesMs: [200] },
    )
    const ids = Array.from({ length: 2_000 }, (_, i) => i)
    const wanted = registry.schemasOf(values(...ids))
    assert(await waitUntil(async () => /^\d+ schemas$/.test(registry.waitsFor ?? ''), 5_000))
    const schemas = await wanted
    assert.equal(registry.waitsFor, null)
    assert.ok([...schemas.values()].every(({ kind }) => kind === 'unknown'))
    assert.equal(schemas.size, 2_000)
    assert.equal(asked().length, 4_000)
    assert.equal(
      new Set(asked().slice(0, 2_000)).size,
      2_000,
      'all are asked for before any is asked for again',
    )
    assert.ok(most <= 8, `${most} at once`)
  })

  test('gives what a schema refers to, however deep, each once; circles end', async t => {
    const field = (name: string, type: string) => record([name, type]).replace('"R"', `"${type}Of"`)
    const { registry, asked } = await start(t, ({ path }) => {
      const reference = (name: string) => ({ name, subject: `a/${name}`, version: 3 })
      if (path.endsWith('/ids/1'))
        return registered(record(['b', 'bOf'], ['c', 'int']), {
          references: [reference('bOf'), reference('again')],
        })
      if (path.includes('bOf'))
        return registered(field('x', 'b').replace('"type":"b"', '"type":"int"'), {
          references: [reference('again')],
        })
      return registered(JSON.stringify({ type: 'fixed', name: 'F', size: 1 }), {
        references: [reference('bOf')],
      })
    })
    const schemas = await registry.schemasOf(values(1))
    const schema = schemas.get(1)
    assert(schema?.kind === 'schema', JSON.stringify(schema))
    assert.deepEqual(schema.read(Buffer.of(2, 4)), { b: { x: 1 }, c: 2 })
    assert.deepEqual(asked(), [
      '/apis/v7/schemas/ids/1',
      '/apis/v7/subjects/a%2FbOf/versions/3?deleted=true',
      '/apis/v7/subjects/a%2Fagain/versions/3?deleted=true',
    ])
  })

  test('has schemas that nothing can be read with', async t => {
    const answers: Readonly<Record<number, Fault>> = {
      1: registered('{"type":"nowhere"}'),
      2: registered('message', { schemaType: 'PROTOBUF' }),
      3: registered('x', { schemaType: 'THRIFT' }),
      4: { kind: 'answer', body: { id: 4 } },
      5: registered(record(['a', 'b']), { references: [{ name: 'b', subject: 's', version: 1 }] }),
      6: registered('['.repeat(100_000)),
      7: registered(`${'{"type":"array","items":'.repeat(50_000)}"int"${'}'.repeat(50_000)}`),
    }
    const { registry } = await start(t, ({ path }) => answers[Number(path.split('/').at(-1))] ?? notFound)
    const schemas = await registry.schemasOf(values(1, 2, 3, 4, 5, 6, 7))
    const reasons = [...schemas].map(
      ([id, schema]) => `${id}: ${schema.kind === 'unusable' ? schema.reason : schema.kind}`,
    )
    for (const [i, reason] of [
      /no type nowhere/,
      /illegal/,
      /neither AVRO, JSON nor PROTOBUF/,
      /gives no schema/,
      /version 1 of subject s, which is not there/,
      /JSON/,
      /cannot be compiled/,
    ].entries())
      assert.match(reasons.sort()[i] ?? '', reason)
  })

  test('ends the worker where it refuses it, or is something else', async t => {
    for (const [fault, code] of [
      [{ kind: 'answer', status: 401, body: { error_code: 40101 } }, 'unauthorized'],
      [{ kind: 'answer', status: 403, body: {} }, 'unauthorized'],
      [{ kind: 'answer', status: 404, body: 'not here' }, 'configuration'],
      [{ kind: 'answer', status: 404, body: { error_code: 404 } }, 'configuration'],
      [{ kind: 'answer', status: 200, body: '<html>' }, 'configuration'],
      [{ kind: 'answer', status: 302, body: '' }, 'configuration'],
    ] as const) {
      const { registry } = await start(t, () => fault)
      await assert.rejects(registry.schemasOf(values(1)), { name: 'WorkerError', code })
    }
  })

  test('does not make the worker hold an answer of any size', async t => {
    const { registry } = await start(t, (_, count) =>
      count === 0 ? registered(' '.repeat(5 * 1024 * 1024)) : registered(record()),
    )
    assert.deepEqual(kinds(await registry.schemasOf(values(1))), { 1: 'schema' })
  })

  test('is looked at once by who only looks', async t => {
    const stub = await startFaultServer(({ path }) => ({
      kind: 'answer',
      body: path === '/schemas/types' ? ['AVRO', 'JSON'] : {},
    }))
    t.after(() => stub.close())
    assert.equal(await inspectRegistry({ url: stub.address }, never), 'AVRO,JSON')
    await assert.rejects(inspectRegistry({ url: 'http://127.0.0.1:1' }, never), { code: 'unreachable' })
  })
})
