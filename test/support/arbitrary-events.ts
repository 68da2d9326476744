// Random events that meet each other: few tabs, times around the gap, every kind of field now and then.
import fc from 'fast-check'

export const minute = 60_000
export const day0 = Date.parse('2026-11-24T10:00:00Z')

export type TestEvent = {
  eventId: string
  tabId: string
  type: string
  timestamp: number
  [field: string]: unknown
}

/**
 * Offsets from `day0` that sit on, just before and just after multiples of the gap and of the half minute of attention,
 * or anywhere in three hours.
 */
const offsetMs = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 180 * minute }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom(-1, 0, 1))
      .map(([gaps, edge]) => Math.max(0, gaps * 10 * minute + edge)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom(-1, 0, 1, 500))
      .map(([halves, edge]) => Math.max(0, halves * 30_000 + edge)),
  },
)

const keyed = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'),
  fc.oneof(fc.constant(null), fc.integer(), fc.constantFrom('x', 'y'), fc.record({ n: fc.integer() })),
  { maxKeys: 3 },
)

const context = fc.record(
  {
    ip: fc.constantFrom('81.2.69.160', '8.8.8.8', '2001:218::1', '10.0.0.1', 'not an address'),
    userAgent: fc.constantFrom(
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
      'Googlebot/2.1 (+http://www.google.com/bot.html)',
    ),
    locale: fc.constantFrom('de-DE', 'en-GB'),
    timeZone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Nowhere/Land'),
    channel: fc.constantFrom('email', 'push'),
    aux: keyed,
    page: fc.record(
      {
        url: fc.constantFrom(
          'https://shop.example/?utm_source=news&gclid=abc',
          'https://shop.example/cart?x=1#top',
          'https://shop.example/orders/7/thanks?utm_source=chatgpt.com',
          'https://blog.shop.example/?utm_campaign=summer-shop&msclkid=1',
          '/orders/8/thanks',
          'not a url',
        ),
        title: fc.constantFrom('Home', 'Cart'),
        referrer: fc.constantFrom(
          'https://www.google.co.uk/',
          'https://mail.google.com/mail/u/0/',
          'https://m.youtube.com/watch',
          'https://www.paypal.com/checkout',
          'https://shop.example/',
          'https://news.example/',
          'android-app://com.slack',
          '-',
        ),
      },
      { requiredKeys: [] },
    ),
    screen: fc.record(
      {
        width: fc.constant(1920),
        height: fc.constant(1080),
        touch: fc.boolean(),
        colorDepth: fc.constant(24),
      },
      { requiredKeys: [] },
    ),
    viewport: fc.record({ width: fc.constant(1280), height: fc.constant(720) }, { requiredKeys: [] }),
    utm: fc.record({ source: fc.constantFrom('s1', 's2'), medium: fc.constant('cpc') }, { requiredKeys: [] }),
    app: fc.record({ name: fc.constantFrom('Shop'), language: fc.constantFrom('fr') }, { requiredKeys: [] }),
    geo: fc.record(
      { city: fc.constantFrom('Kiel', 'Rome'), latitude: fc.constant(54.3) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
)

const body = fc.record(
  {
    type: fc.constantFrom('page-view', 'search', 'conversion', 'click'),
    query: fc.constantFrom('shoes', 'hats'),
    value: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    site: fc.constantFrom('shop', 'blog'),
    profile: fc.record(
      { id: fc.constantFrom('p1', 'p2'), primaryId: fc.constant('p0'), metadata: keyed },
      { requiredKeys: ['id'] },
    ),
    context,
    properties: keyed,
    traits: keyed,
    aux: keyed,
  },
  { requiredKeys: ['type'] },
)

/** A log of events in order of arrival, event ids unique. */
export function arbitraryEvents(
  limits: { maxLength?: number; tabs?: number } = {},
): fc.Arbitrary<TestEvent[]> {
  const tab = fc.integer({ min: 1, max: limits.tabs ?? 3 }).map(n => `tab-${n}`)
  return fc
    .array(fc.tuple(tab, offsetMs, body), { minLength: 1, maxLength: limits.maxLength ?? 40 })
    .chain(drafts =>
      // Ids in an order of their own, so that ties of event time are not decided by arrival.
      fc.shuffledSubarray([...drafts.keys()], { minLength: drafts.length }).map(ids =>
        drafts.map(([tabId, offset, fields], i) => ({
          eventId: `e${String(ids[i]).padStart(3, '0')}`,
          tabId,
          timestamp: day0 + offset,
          receivedAt: day0 + 24 * 60 * minute,
          ...fields,
        })),
      ),
    )
}
