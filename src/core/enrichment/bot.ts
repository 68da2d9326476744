import { isConsole, isFeaturePhone, isTelevision } from './device-type.ts'

/** Why something counts as a bot; `user-agent-pattern` where only the pattern list knows. */
export type BotReason = 'self-declared' | 'headless-browser' | 'http-library' | 'user-agent-pattern'

/** `name` is null when the user agent names nothing but browsers. */
export type Bot = {
  readonly name: string | null
  readonly version: string
  readonly reasons: readonly BotReason[]
}

type Product = { readonly name: string; readonly version: string }

// A Cubot is a phone; `bot.html` stands in addresses, which are taken out before.
const declaration =
  /(?<!cu)bots?(?![a-z])|crawl|spider|slurp|scrap(?:e|y)|fetcher|externalhit|archiver|monitor|preview|lighthouse/i
const headless = /headless|phantomjs|puppeteer|playwright|selenium|cypress|webdriver/i
const library =
  /^(?:curl|libcurl|wget|python|aiohttp|httpx|go-http-client|okhttp|java|apache-httpclient|jakarta|axios|node|node-fetch|undici|got|postman|insomnia|httpie|libwww|lwp|perl|ruby|faraday|rest-client|guzzle|php|reqwest|hyper|dart|winhttp|unirest|resty|bruno|k6|jmeter)(?![a-z])|\bhttp\b|http-?client/i

const MAX_NAME = 64
const MAX_VERSION = 32

/**
 * Decides whether a user agent is a bot's, and under what name.
 *
 * @param matchesPattern what the pattern list says. It also matches television sets and feature phones, whose user
 * agents are as bare as a script's; those count only if they declare it (Googlebot once posed as a Samsung phone).
 */
export function botOf(userAgent: string, matchesPattern: boolean): Bot | null {
  if (!matchesPattern) return null
  const products = productsOf(userAgent)
  const declared = products.find(({ name }) => declaration.test(name) && !name.startsWith('like '))
  if (declared === undefined && isBareDevice(userAgent)) return null

  const browser = products.find(({ name }) => headless.test(name))
  const reasons: BotReason[] = []
  // An address to read about it is a declaration too.
  if (declared !== undefined || /\+https?:/i.test(userAgent)) reasons.push('self-declared')
  if (browser !== undefined) reasons.push('headless-browser')
  if (products.some(({ name }) => library.test(name))) reasons.push('http-library')
  if (reasons.length === 0) reasons.push('user-agent-pattern')

  const named = declared ?? browser ?? unusualProduct(userAgent)
  return { name: named?.name ?? null, version: named?.version ?? '', reasons }
}

const isBareDevice = (userAgent: string): boolean =>
  isTelevision(userAgent) || isConsole(userAgent) || isFeaturePhone(userAgent)

/** The first product that is not in every browser's user agent: outside comments, else in one with an address. */
function unusualProduct(userAgent: string): Product | undefined {
  const outside = userAgent.replace(/\([^()]*\)/g, ';')
  const telling = userAgent.match(/\([^()]*\)/g)?.filter(comment => /compatible|https?:/i.test(comment)) ?? []
  return [outside, ...telling].flatMap(productsOf).find(({ name }) => !usual.test(name))
}

const usual =
  /^(?:mozilla|applewebkit|webkit|chrome|chromium|(?:mobile )?safari|mobile|gecko|firefox|version|edge?|edga|opr|opera|khtml|like gecko|trident|presto|compatible|msie.*|windows.*|wow64|win64|x64|sv1|\.net.*|macintosh|.*mac os x.*|linux.*|x11|u|rv:.*|[a-z]{2}[-_][a-z]{2})$/i

/** `Screaming Frog SEO Spider/19.0 (+https://…)` → the words up to a slash are a name, what follows it the version. */
function productsOf(userAgent: string): readonly Product[] {
  const bare = userAgent.replace(/https?:\/\/[^\s);,]*/gi, '').replace(/[\w.+-]{1,64}@[\w.-]{1,64}/g, '')
  return bare.split(/[();,+|[\]]/).flatMap(segment => productsOfSegment(segment))
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
