// A user agent as a list of products: `Mozilla/5.0 (X11; Linux x86_64) Foo/1.2` names Mozilla, X11, Linux x86_64 and Foo.

export type Product = { readonly name: string; readonly version: string }

const MAX_NAME = 64
const MAX_VERSION = 32

/** The first product that is not in every browser's user agent: outside comments, else in one with an address. */
export function unusualProduct(userAgent: string): Product | undefined {
  const outside = userAgent.replace(/\([^()]*\)/g, ';')
  const telling = userAgent.match(/\([^()]*\)/g)?.filter(comment => /compatible|https?:/i.test(comment)) ?? []
  return [outside, ...telling].flatMap(productsOf).find(({ name }) => !usual.test(name))
}

const usual =
  /^(?:mozilla|applewebkit|webkit|chrome|chromium|(?:mobile )?safari|mobile|gecko|firefox|version|edge?|edga|opr|opera|khtml|like gecko|trident|presto|compatible|gzip|msie.*|windows.*|wow64|win64|x64|sv1|\.net.*|macintosh|.*mac os x.*|linux.*|x11|u|rv:.*|[a-z]{2}[-_][a-z]{2})$/i

/** Pages and mailboxes in a user agent name hosts, not products: `people.freebsd.org` is no system. */
export const withoutAddresses = (userAgent: string): string =>
  userAgent.replace(/https?:\/\/[^\s);,]*/gi, '').replace(/[\w.+-]{1,64}@[\w.-]{1,64}/g, '')

/** `Screaming Frog SEO Spider/19.0 (+https://…)` → the words up to a slash are a name, what follows it the version. */
export function productsOf(userAgent: string): readonly Product[] {
  return withoutAddresses(userAgent)
    .split(/[();,+|[\]]/)
    .flatMap(segment => productsOfSegment(segment))
}

function productsOfSegment(segment: string): readonly Product[] {
  const products: Product[] = []
  let words: string[] = []
  const add = () => {
    const [, name, version] = /^(.+?)(?:[/ ]v?(\d\S*))?$/.exec(words.join(' ')) ?? []
    if (name !== undefined)
      products.push({ name: name.slice(0, MAX_NAME), version: (version ?? '').slice(0, MAX_VERSION) })
    words = []
  }
  for (const word of segment.split(/\s+/)) {
    if (word !== '') words.push(word)
    if (word.includes('/')) add()
  }
  if (words.length > 0) add()
  return products
}

/**
 * What an app without a browser's engine calls itself, in the first place: `Foo/1.2 (iPhone; iOS 17.5)`. Null for
 * browsers, and for phones that send nothing but their model.
 */
export function ownProduct(userAgent: string): Product | null {
  // Dalvik is what Android's apps run on.
  if (/^(?:Mozilla|Opera|Dalvik|User-Agent)\b|WebKit|Profile\/MIDP|HbbTV/i.test(userAgent)) return null
  return productsOf(userAgent)[0] ?? null
}
