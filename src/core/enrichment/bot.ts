import { isConsole, isFeaturePhone, isTelevision } from './device-type.ts'
import { type Product, productsOf, unusualProduct } from './user-agent-products.ts'

/** Why something counts as a bot; `user-agent-pattern` where only the pattern list knows. */
export type BotReason = 'self-declared' | 'headless-browser' | 'http-library' | 'user-agent-pattern'

/** `name` is null when the user agent names nothing but browsers. */
export type Bot = {
  readonly name: string | null
  readonly version: string
  readonly reasons: readonly BotReason[]
}

// A Cubot is a phone; `bot.html` stands in addresses, which are taken out before.
const declaration =
  /(?<!cu)bots?(?![a-z])|crawl|spider|slurp|scrap(?:e|y)|fetcher|external(?:hit|agent|ua)|archiver|monitor|preview|lighthouse/i
/** Probes of orchestrators, and what assistants send on behalf of their users (ChatGPT-User): the pattern list lacks some. */
const agent = /\w-(?:user|probe)$/i
const isMereWord = /^(?:web ?)?(?:ro)?(?:bot|crawler|spider)s?$/i
const headless =
  /headless|phantomjs|slimerjs|puppeteer|playwright|selenium|cypress|webdriver|htmlunit|wkhtmlto/i
const library =
  /^(?:curl|libcurl|wget|python|aiohttp|httpx|go-http-client|okhttp|java|apache-httpclient|jakarta|axios|node|node-fetch|undici|got|postman|insomnia|httpie|libwww|lwp|perl|ruby|faraday|rest-client|guzzle|php|reqwest|hyper|dart|winhttp|unirest|resty|bruno|k6|jmeter)(?![a-z])|\bhttp\b|http-?client/i

/**
 * What in the pattern list matches: a word that bots have, or only a shape that browsers' user agents do not have. That of
 * an app, a television set or a feature phone is as bare as a script's.
 */
export type BotPattern = 'word' | 'shape'

/** What {@link botOf} goes by. */
export type BotEvidence = {
  readonly userAgent: string
  /** What matches the user agent {@link withoutModel}. */
  readonly pattern: BotPattern | null
  /** Whether it names something that people hold in their hands, or watch. */
  readonly namesDevice: boolean
  /** Whether it names a browser that is not one of those that everybody poses as. */
  readonly namesBrowser: boolean
}

/** Decides whether a user agent is a bot's, and under what name. */
export function botOf(evidence: BotEvidence): Bot | null {
  const { userAgent, pattern } = evidence
  const products = productsOf(withoutModel(userAgent))
  const browser = products.find(({ name }) => headless.test(name))
  const sent = products.find(({ name }) => agent.test(name))
  // With a device in it, it is what an app fetches with.
  const isLibrary = library.test(products[0]?.name ?? '') && !evidence.namesDevice
  const isCertain = browser !== undefined || sent !== undefined || isLibrary
  if (pattern === null && !isCertain) return null
  const declaring = products.filter(({ name }) => declaration.test(name) && !name.startsWith('like '))
  // An address to read about it is a declaration too.
  const isDeclared = sent !== undefined || declaring.length > 0 || /\+https?:/i.test(userAgent)
  // Whatever says that it is one is one, whatever else it says: Googlebot once posed as a Samsung phone.
  if (!isDeclared && !isCertain && isOfPeople(evidence)) return null

  const reasons: BotReason[] = []
  if (isDeclared) reasons.push('self-declared')
  if (browser !== undefined) reasons.push('headless-browser')
  if (products.some(({ name }) => library.test(name))) reasons.push('http-library')
  if (reasons.length === 0) reasons.push('user-agent-pattern')

  const named = sent ?? nameOf(declaring, browser, unusualProduct(userAgent))
  return { name: named?.name ?? null, version: named?.version ?? '', reasons }
}

/** What has a version is a name; without one it may be an explanation (`Foo/1.0 (a crawler of the Bar project)`). */
function nameOf(
  declaring: readonly Product[],
  browser: Product | undefined,
  unusual: Product | undefined,
): Product | undefined {
  const versioned = [...declaring, browser, unusual].find(product => product && product.version !== '')
  return versioned ?? declaring.find(({ name }) => !isMereWord.test(name)) ?? browser ?? unusual
}

/** What matches a pattern, and is something else: bots pose as Chrome on a phone, not as Sogou or as an app on one. */
function isOfPeople({ userAgent, pattern, namesDevice, namesBrowser }: BotEvidence): boolean {
  if (namesBrowser || isBareDevice(userAgent)) return true
  return namesDevice && (pattern === 'shape' || !/^(?:Mozilla|Opera)\//.test(userAgent))
}

/** There are phones called M bot, Spider and Newsday: what an Android says its model is, is not who sends. */
export const withoutModel = (userAgent: string): string =>
  userAgent.replace(/(; Android [\d.]+; (?:[a-z]{2}[-_][A-Za-z]{2}; )?)[^;()/]+(?= Build\/|[;)])/, '$1K')

const isBareDevice = (userAgent: string): boolean =>
  isTelevision(userAgent) || isConsole(userAgent) || isFeaturePhone(userAgent)
