import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import avsc from 'avsc'
import fc from 'fast-check'
import { compileAvro } from '../../../../src/core/formats/avro.ts'
import { PayloadFault } from '../../../../src/core/formats/binary-cursor.ts'

const read = (schema: unknown, payload: Uint8Array, references: readonly unknown[] = []) =>
  compileAvro(
    JSON.stringify(schema),
    references.map(reference => JSON.stringify(reference)),
  )(payload)
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const readHex = (schema: unknown, text: string) => read(schema, hex(text))
const record = (...fields: readonly [string, unknown][]) => ({
  type: 'record',
  name: 'R',
  fields: fields.map(([name, type]) => ({ name, type })),
})

describe('Avro', () => {
  test("reads the specification's own examples", () => {
    assert.deepEqual(readHex(record(['a', 'long'], ['b', 'string']), '36 06 66 6f 6f'), { a: 27, b: 'foo' })
    assert.deepEqual(readHex({ type: 'array', items: 'long' }, '04 06 36 00'), [3, 27])
    assert.deepEqual(readHex(['null', 'string'], '02 02 61'), 'a')
    assert.deepEqual(readHex(['null', 'string'], '00'), null)
    for (const [value, text] of [
      [0, '00'],
      [-1, '01'],
      [1, '02'],
      [-64, '7f'],
      [64, '80 01'],
    ] as const)
      assert.equal(readHex('long', text), value)
  })

  test('keeps integers of 64 bits exact: numbers where a double has room, else digits', () => {
    for (const [value, text] of [
      [9_007_199_254_740_991, 'fe ff ff ff ff ff ff 1f'],
      ['9007199254740992', '80 80 80 80 80 80 80 20'],
      [-9_007_199_254_740_991, 'fd ff ff ff ff ff ff 1f'],
      ['9223372036854775807', 'fe ff ff ff ff ff ff ff ff 01'],
      ['-9223372036854775808', 'ff ff ff ff ff ff ff ff ff 01'],
    ] as const)
      assert.equal(readHex('long', text), value)
  })

  test('reads blocks with their size in bytes, maps with any key, and types that name themselves', () => {
    assert.deepEqual(readHex({ type: 'array', items: 'long' }, '03 04 06 36 00'), [3, 27])
    const map = readHex({ type: 'map', values: 'int' }, '02 12 5f5f70726f746f5f5f 02 00') as object
    assert.deepEqual(Object.entries(map), [['__proto__', 1]])
    assert.equal(Object.getPrototypeOf(map), Object.prototype)
    const list = record(['value', 'int'], ['next', ['null', 'R']])
    assert.deepEqual(readHex(list, '02 02 04 00'), { value: 1, next: { value: 2, next: null } })
  })

  test('gives logical types as a raw event has them', () => {
    const logical = (type: unknown, logicalType: string, text: string, more = {}) =>
      readHex({ ...(typeof type === 'string' ? { type } : (type as object)), logicalType, ...more }, text)
    const long = (value: bigint) => avscLong(value).toString('hex')
    const ms = 1_732_442_400_123
    assert.equal(logical('long', 'timestamp-millis', long(BigInt(ms))), ms)
    assert.equal(logical('long', 'timestamp-micros', long(BigInt(ms) * 1_000n + 999n)), ms)
    assert.equal(logical('long', 'timestamp-nanos', long(BigInt(ms) * 1_000_000n + 999_999n)), ms)
    assert.equal(logical('long', 'timestamp-nanos', long(-1n)), -1)
    assert.equal(logical('long', 'timestamp-nanos', long(-(10n ** 18n) - 1n)), -(10 ** 12) - 1)
    assert.equal(logical('long', 'local-timestamp-millis', long(BigInt(ms))), '2024-11-24T10:00:00.123')
    assert.equal(logical('int', 'date', long(20_051n)), '2024-11-24')
    assert.equal(logical('bytes', 'decimal', '04 04d2', { precision: 9, scale: 2 }), 12.34)
    assert.equal(logical('bytes', 'decimal', '02 ff', { precision: 9, scale: 3 }), -0.001)
    const fixed = { type: 'fixed', name: 'F', size: 9 }
    assert.equal(logical(fixed, 'decimal', '01 0000000000000001', { scale: 2 }), '184467440737095516.17')
    assert.equal(logical('string', 'uuid', '02 61'), 'a')
    assert.equal(logical('long', 'unheard-of', '02'), 1)
  })

  test('takes what JSON has no words for as it can', () => {
    assert.equal(readHex('bytes', '06 616263'), 'YWJj')
    assert.equal(readHex({ type: 'fixed', name: 'F', size: 3 }, '616263'), 'YWJj')
    assert.equal(readHex('double', '000000000000f07f'), null)
    assert.equal(readHex('float', '0000c03f'), 1.5)
    assert.equal(readHex({ type: 'enum', name: 'E', symbols: ['a', 'b'] }, '02'), 'b')
  })

  test('finds types of other schemas, by full name and in their namespace', () => {
    const page = {
      type: 'record',
      name: 'Page',
      namespace: 'shop',
      fields: [{ name: 'url', type: 'string' }],
    }
    const event = (type: string) => ({ ...record(['page', type]), namespace: 'shop' })
    assert.deepEqual(read(event('shop.Page'), hex('02 61'), [page]), { page: { url: 'a' } })
    assert.deepEqual(read(event('Page'), hex('02 61'), [page]), { page: { url: 'a' } })
    assert.throws(() => read(event('shop.Page'), hex('02 61')), /no type shop.Page/)
  })

  test('refuses bytes that do not fit, at once, whatever they claim', () => {
    const strings = { type: 'array', items: 'string' }
    const nothings = { type: 'array', items: 'null' }
    const list = record(['next', ['null', 'R']])
    for (const [schema, text, message] of [
      ['string', 'feffffffff1f', /ends too early/],
      [strings, 'feffffffff1f', /ends too early/],
      [nothings, 'feffffffff1f', /more values/],
      [{ type: 'array', items: record() }, 'feffffffffffffffff01', /more values/],
      [{ type: 'array', items: { type: 'map', values: nothings } }, '02 02 00 feffffff0f', /more values/],
      [list, '02'.repeat(1_000), /levels deep/],
      [record(['again', 'R']), '', /levels deep/],
      ['long', 'ffffffffffffffffff02', /64 bits/],
      ['long', 'ff'.repeat(11), /64 bits/],
      ['int', '02 02', /goes on/],
      ['int', '', /ends too early/],
      ['string', '04 ff61', /not UTF-8/],
      ['bytes', '01', /below zero/],
      [['null'], '02', /branch/],
      [{ type: 'enum', name: 'E', symbols: ['a'] }, '02', /symbol/],
    ] as const)
      assert.throws(
        () => readHex(schema, text),
        error => error instanceof PayloadFault && message.test(error.message),
        `${JSON.stringify(schema)} ${text.slice(0, 20)}`,
      )
  })

  test('refuses what is no schema', () => {
    for (const schema of [
      null,
      1,
      {},
      'Nowhere',
      { type: 'record', name: 'R' },
      { type: 'record', fields: [] },
      { type: 'record', name: 'R', fields: [1] },
      { type: 'fixed', name: 'F', size: -1 },
      { type: 'fixed', name: 'F', size: 1.5 },
      { type: 'enum', name: 'E' },
      { type: 'array' },
      { type: { type: 'nowhere' } },
    ])
      assert.throws(() => compileAvro(JSON.stringify(schema)), Error, JSON.stringify(schema))
  })
})

/** Zigzag, as in the specification. */
function avscLong(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  const bytes: number[] = []
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}

type Typed = { readonly schema: object | string; readonly value: fc.Arbitrary<unknown> }

const words = fc.constantFrom('a', 'b', 'c', '__proto__')
const leaf: fc.Arbitrary<Typed> = fc.constantFrom<Typed>(
  { schema: 'int', value: fc.integer() },
  // As far as avsc can write them.
  { schema: 'long', value: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }) },
  { schema: 'double', value: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { schema: 'float', value: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { schema: 'boolean', value: fc.boolean() },
  { schema: 'string', value: fc.string({ unit: 'grapheme' }) },
  { schema: 'null', value: fc.constant(null) },
)

let names = 0
const { typed } = fc.letrec<{ typed: Typed }>(tie => ({
  typed: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('typed').map(item => ({
      schema: { type: 'array', items: item.schema },
      value: fc.array(item.value, { maxLength: 5 }),
    })),
    tie('typed').map(item => ({
      schema: { type: 'map', values: item.schema },
      value: fc.dictionary(
        words.filter(word => word !== '__proto__'),
        item.value,
      ),
    })),
    leaf
      .filter(({ schema }) => schema !== 'null')
      .map(branch => ({ schema: ['null', branch.schema], value: fc.option(branch.value, { nil: null }) })),
    fc
      .uniqueArray(fc.tuple(words, tie('typed')), { selector: ([name]) => name, maxLength: 3 })
      .map(fields => ({
        schema: {
          type: 'record',
          name: `R${names++}`,
          fields: fields.map(([name, { schema }]) => ({ name: `${name}_`, type: schema })),
        },
        value: fc.record(Object.fromEntries(fields.map(([name, { value }]) => [`${name}_`, value]))),
      })),
  ),
}))

test('what avsc writes is read as it was', () => {
  fc.assert(
    fc.property(
      typed.chain(({ schema, value }) => value.map(value => ({ schema, value }))),
      ({ schema, value }) => {
        const type = avsc.Type.forSchema(schema as avsc.Schema)
        const back = read(schema, type.toBuffer(value))
        assert.deepEqual(JSON.parse(JSON.stringify(back)), JSON.parse(JSON.stringify(value)))
      },
    ),
    { numRuns: 300 },
  )
})

test('any bytes give a value or a fault, whatever the schema', () => {
  fc.assert(
    fc.property(typed, fc.uint8Array({ maxLength: 60 }), ({ schema }, bytes) => {
      const reader = compileAvro(JSON.stringify(schema))
      try {
        JSON.stringify(reader(bytes))
      } catch (error) {
        assert.ok(error instanceof PayloadFault, String(error))
      }
    }),
    { numRuns: 500 },
  )
})
