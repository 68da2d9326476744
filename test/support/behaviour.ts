// What visitors did, to be written in every format and encoding.
import type { Deed } from './format-writers.ts'
import { seededRandom } from './seeded-random.ts'

const day = Date.UTC(2026, 10, 24)

/** Two hundred tabs over a day, in no order. */
export function behaviour(): Deed[] {
  const random = seededRandom(11)
  return Array.from({ length: 2_000 }, (_, i) => {
    const tab = random.below(200)
    const name = random.pick(['page-view', 'page-view', 'page-view', 'Added To Cart', 'conversion'])
    return {
      id: `e${i}`,
      tab: `tab-${tab}`,
      visitor: `visitor-${tab % 70}`,
      name,
      at: day + random.below(24 * 3_600_000),
      receivedAt: day + 24 * 3_600_000 + i,
      url: `https://shop.example/${random.pick(['', 'a', 'b?utm_source=x'])}`,
      title: random.pick(['Shop', 'A']),
      referrer: random.pick(['https://www.google.com/', 'https://other.example/b']),
      userAgent: random.pick([
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/113.0.0.0 Safari/537.36',
        'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1',
      ]),
      locale: random.pick(['en-US', 'de']),
      timeZone: random.pick(['Europe/Berlin', 'America/New_York']),
      ip: random.pick(['81.2.69.160', '2001:218::1']),
      screen: [1920, 1080],
      viewport: [1280, random.pick([720, 800])],
      campaign: random.pick([null, 'spring']),
      value: null,
      properties: { [random.pick(['a', 'b'])]: String(random.below(9)) },
    }
  })
}
