import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { compileProtobuf } from '../../../src/adapters/registry-protobuf.ts'

const event = `
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto";
import "confluent/meta.proto";
import "page.proto";
message First { string only = 1; }
enum Kind { UNKNOWN = 0; PAGE_VIEW = 1; }
message Event {
  message Inner { int64 big = 1; }
  message Other { message Deep { string at = 1; } }
  string event_id = 1;
  google.protobuf.Timestamp timestamp = 2;
  map<string, int64> counts = 3;
  map<int64, string> names = 4;
  repeated Inner inner = 5;
  Kind kind = 6;
  google.protobuf.Int64Value wrapped = 7;
  google.protobuf.Struct properties = 8;
  double value = 9;
  bytes raw = 10;
  google.protobuf.DoubleValue nothing = 11;
  Page page = 12;
  oneof query { string text = 13; int32 number = 14; }
  optional string site = 15;
  uint64 most = 16;
  google.protobuf.StringValue label = 17;
}`
const page = `syntax = "proto3"; package shop; message Page { sfixed64 at = 1; string address = 2 [json_name = "url"]; }`
const read = compileProtobuf(event, [{ name: 'page.proto', source: page }])

const root = new protobuf.Root()
for (const name of ['timestamp', 'wrappers', 'struct'])
  root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`)?.nested ?? {})
protobuf.parse(page, root)
protobuf.parse(event, root)
const type = root.lookupType('shop.Event')

/** Behind the message indexes, as a serializer writes them. */
const payload = (indexes: string, message: object | string) =>
  Buffer.concat([
    Buffer.from(indexes, 'hex'),
    typeof message === 'string'
      ? Buffer.from(message, 'hex')
      : type.encode(type.fromObject(message)).finish(),
  ])
const second = '0202'

describe('Protobuf', () => {
  test('is read as its mapping to JSON has it, but for exact numbers of 64 bits', () => {
    const whole = {
      eventId: 'e1',
      timestamp: { seconds: 1_732_442_400, nanos: 5_000_000 },
      counts: { small: 7, large: '9223372036854775807' },
      names: { '-5': 'x', '9223372036854775807': 'y' },
      inner: [{ big: 5 }, {}],
      kind: 1,
      wrapped: { value: 7 },
      properties: { fields: { a: { listValue: { values: [{ numberValue: 1 }, { nullValue: 0 }] } } } },
      value: Number.NaN,
      raw: Buffer.from('abc'),
      nothing: {},
      page: { at: -3, address: 'https://shop.example/' },
      number: 0,
      site: '',
      most: '18446744073709551615',
      label: { value: 'x' },
    }
    assert.deepEqual(read(payload(second, whole)), {
      eventId: 'e1',
      timestamp: '2024-11-24T10:00:00.005Z',
      counts: { small: 7, large: '9223372036854775807' },
      names: { '-5': 'x', '9223372036854775807': 'y' },
      inner: [{ big: 5 }, {}],
      kind: 'PAGE_VIEW',
      wrapped: 7,
      properties: { a: [1, null] },
      value: null,
      raw: 'YWJj',
      nothing: 0,
      page: { at: -3, url: 'https://shop.example/' },
      number: 0,
      site: '',
      most: '18446744073709551615',
      label: 'x',
    })
  })

  test('is the message that the indexes name: the first for none, others by their place, and within one another', () => {
    assert.deepEqual(read(payload('00', '0a0141')), { only: 'A' })
    assert.deepEqual(read(payload('0200', '0a0141')), { only: 'A' })
    assert.deepEqual(read(payload('0202', '0a0141')), { eventId: 'A' })
    assert.deepEqual(read(payload('040200', '0805')), { big: 5 })
    assert.deepEqual(read(payload('06020200', '0a0141')), { at: 'A' })
  })

  test('is read by files of every edition, with options of their own, that import one another and the same', () => {
    const time = 'import "google/protobuf/timestamp.proto";'
    const other = {
      name: 'a.proto',
      source: `syntax="proto3"; ${time} message A { google.protobuf.Timestamp t = 1; }`,
    }
    const cases: readonly (readonly [source: string, bytes: string, json: object])[] = [
      [
        `syntax="proto3"; ${time} import "a.proto"; message M { string x = 1; A a = 2; google.protobuf.Timestamp t = 3; }`,
        '12040a020800',
        { a: { t: '1970-01-01T00:00:00Z' } },
      ],
      [
        'syntax="proto3"; import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { string pii = 50001; } message M { string x = 1 [(pii) = "yes"]; }',
        '0a0141',
        { x: 'A' },
      ],
      [
        'syntax="proto3"; import "buf/validate/validate.proto"; message M { string x = 1 [(buf.validate.field).string.min_len = 1]; }',
        '0a0141',
        { x: 'A' },
      ],
      [
        'syntax="proto2"; message M { required string x = 1; repeated int32 z = 3; extensions 100 to 199; } extend M { optional string e = 100; }',
        '0a014118011802',
        { x: 'A', z: [1, 2] },
      ],
      [
        'syntax="proto2"; message M { optional group G = 1 { optional string x = 2; } }',
        '0b1201410c',
        { g: { x: 'A' } },
      ],
      [
        'edition="2023"; package p; service S { rpc Do (M) returns (M); } message M { string x = 1; repeated int32 z = 3; }',
        '0a01411a020102',
        { x: 'A', z: [1, 2] },
      ],
      [
        'syntax="proto3"; message M { string constructor = 1; string hasOwnProperty = 3; string __proto__ = 4; }',
        '0a01411a0142',
        { constructor: 'A', hasOwnProperty: 'B' },
      ],
    ]
    for (const [source, bytes, expected] of cases)
      assert.deepEqual(compileProtobuf(source, [other])(payload('00', bytes)), expected, source)
  })

  test('ignores fields that the schema does not know, and numbers of an enum stay numbers', () => {
    assert.deepEqual(read(payload(second, '30 09 a20602 0801'.replaceAll(' ', ''))), { kind: 9 })
  })

  test('keys of a map may be called anything', () => {
    const counts = read(payload(second, '1a0d0a095f5f70726f746f5f5f1001')) as { counts: object }
    assert.deepEqual(Object.entries(counts.counts), [['__proto__', 1]])
    assert.equal(Object.getPrototypeOf(counts.counts), Object.prototype)
  })

  test('refuses bytes that do not fit', () => {
    for (const bytes of ['', '0206', '04020a', '03', 'feffffff0f', '0202 0aff', '0202 0a02ff', '0202 12'])
      assert.throws(() => read(Buffer.from(bytes.replace(' ', ''), 'hex')), bytes)
    const nested = compileProtobuf('syntax = "proto3"; message A { A a = 1; }', [])
    let deep = Buffer.alloc(0)
    for (let i = 0; i < 200; i++) {
      const head = new protobuf.BufferWriter().uint32(10).uint32(deep.length).finish()
      deep = Buffer.concat([head, deep])
    }
    assert.throws(() => nested(Buffer.concat([Buffer.of(0), deep])), /depth/)
  })

  test('refuses what is no schema, and one that refers to what is not there', () => {
    for (const source of [
      'message',
      'syntax = "proto9"; message A {}',
      `${event.replace('page.proto', 'none.proto')}`,
    ])
      assert.throws(() => compileProtobuf(source, []), Error, source.slice(0, 40))
  })

  test('any bytes give a value or an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
        try {
          JSON.stringify(read(Buffer.concat([Buffer.of(2, 2), bytes])))
        } catch (error) {
          assert.ok(error instanceof Error)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
