// Values at and beyond every limit of a raw event, as fast-check arbitraries of JSON text.
import fc from 'fast-check'

/** Stands in a text for JSON that no JavaScript value gives: `1e400`, or a member named `__proto__`. */
const token = (json: string) => `@@${Buffer.from(json).toString('base64url')}@@`

/** JSON text with its tokens in place. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value)
  return text.replaceAll(/"@@([\w-]*)@@"/g, (_, json: string) => Buffer.from(json, 'base64url').toString())
}

/** Any UTF-16 unit, halves of surrogate pairs among them. */
const unit = fc.integer({ min: 0, max: 0xffff }).map(code => String.fromCharCode(code))

/** Long ones are rare: they take most of the time and find little. */
const length = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(1, 63, 64, 65, 128, 129, 256, 257) },
  { weight: 5, arbitrary: fc.constantFrom(512, 513, 2048, 2049) },
  { weight: 1, arbitrary: fc.constantFrom(8192, 8193, 16_384, 16_385, 40_000) },
)

export const extremeText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '-',
    '.',
    '..',
    'a.b',
    '\0',
    'a\0b',
    '\ud800',
    'x\udc00',
    '\u2028',
    '\u202e',
    '"\\',
  ),
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'NaN', '1e400'),
  fc
    .tuple(fc.constantFrom('a', 'é', '€', '😀', '\0', '\\', '"', '.'), length)
    .map(([part, size]) => part.repeat(size)),
  fc.string({ unit, maxLength: 30 }),
)

const extremeNumber = fc.oneof(
  fc.constantFrom('1e400', '-1e400', '1e308', '-1e308', '1e-400', '-0', '9007199254740993').map(token),
  fc.constantFrom('9223372036854775808', '1e9', '1000000000.0000001', '-1', '0.1', '1e5', '1e21').map(token),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
)

export const extremeTime = fc.oneof(
  fc.constantFrom(-1, -0.5, 0, 1, 253_402_300_799_999, 253_402_300_800_000, 8.64e15, 8.64e15 + 2, 1e308),
  fc.constantFrom('2026-02-30T00:00:00Z', '+275760-09-13T00:00:00.000Z', '-000001-01-01T00:00:00Z'),
  fc.constantFrom('9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999-14:00', '1969-12-31T23:59:59.999Z'),
  fc.constantFrom('2026-11-24T24:00:00Z', '2026-11-24T23:59:60Z', '0000-01-01T00:00:00Z', '2026-11-24'),
  extremeText,
  extremeNumber,
)

const deep = fc
  .tuple(
    fc.constantFrom(1, 15, 17, 18, 19, 20, 21, 200),
    fc.constantFrom(['[', '0', ']'], ['{"a":', '1', '}']),
  )
  .map(([levels, [open, inside, close]]) => token(open!.repeat(levels) + inside + close!.repeat(levels)))

const many = fc
  .oneof(
    { weight: 8, arbitrary: fc.constantFrom(255, 256, 257) },
    { weight: 1, arbitrary: fc.constantFrom(1024, 1025, 10_000) },
  )
  .map(count => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i])))

export const extremeJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 20, arbitrary: extremeText },
  { weight: 20, arbitrary: extremeNumber },
  { weight: 10, arbitrary: fc.constantFrom(null, true, false, [], {}) },
  { weight: 1, arbitrary: fc.constantFrom(1000, 1024, 1025, 3000).map(count => Array(count).fill(0)) },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: many },
)

const key = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.constantFrom('a', 'b', 'price', 'cart.items', '__proto__', 'constructor', '0'),
  },
  { weight: 1, arbitrary: extremeText },
)

/** An object of an event's `properties`; most are within the limits. */
const keyed = fc.oneof(
  {
    weight: 100,
    arbitrary: fc
      .array(fc.tuple(key, extremeJson), { maxLength: 4 })
      // Tokens, so that a key named __proto__ is written as one.
      .map(entries =>
        token(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${jsonText(value)}`)}}`),
      ),
  },
  { weight: 1, arbitrary: extremeJson },
)

/** Mostly what a field holds, now and then anything. */
const field = (arbitrary: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 300, arbitrary }, { weight: 1, arbitrary: extremeJson })
const text = (limit: number) =>
  field(
    fc.oneof(
      extremeText.map(value => [...value].slice(0, limit).join('')),
      fc.string(),
    ),
  )
const pixels = field(fc.constantFrom(0, 0.5, 320, 1920, 100_000, null))
const group = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  field(fc.record(fields, { requiredKeys: [] }))

const context = group({
  ip: field(fc.constantFrom('81.2.69.160', '::1', '::ffff:8.8.8.8', '999.1.1.1', '0x7f.1', '')),
  userAgent: text(8192),
  clientHints: keyed,
  locale: text(64),
  timeZone: field(fc.constantFrom('Europe/Berlin', '+14:00', '+99:00', 'Nowhere/Land', '\0')),
  channel: text(128),
  aux: keyed,
  page: group({ url: text(8192), title: text(2048), referrer: text(8192) }),
  screen: group({
    width: pixels,
    height: pixels,
    colorDepth: text(16),
    orientation: text(64),
    touch: pixels,
  }),
  viewport: group({ width: pixels, height: pixels }),
  utm: group({ source: text(512), medium: text(512), term: text(512) }),
  app: group({ type: text(64), name: text(256), version: text(128), language: text(64) }),
  geo: group({ city: text(256), latitude: text(32), longitude: extremeNumber, asn: field(fc.nat()) }),
})

/** All but the ids and the times of a raw event. Its JSON text has tokens. */
export const extremeEvent: fc.Arbitrary<Record<string, unknown>> = fc.record(
  {
    type: field(fc.oneof(fc.constantFrom('page-view', 'search', 'conversion'), text(64))),
    query: text(2048),
    value: field(fc.constantFrom(-1e9, 0, 0.1, 1e9)),
    site: text(128),
    profile: group({
      id: field(fc.constantFrom('p1', 'p2', '\udfff', 'é'.repeat(256))),
      primaryId: text(256),
      metadata: keyed,
    }),
    context,
    properties: keyed,
    traits: keyed,
    aux: keyed,
  },
  { requiredKeys: ['type'] },
)
