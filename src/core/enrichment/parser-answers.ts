// Two parsers make more of a user agent than one: each knows products that the other takes for their engine.
import { browserName, systemName } from './agent-names.ts'

export type ParserNamed = { readonly name: string | null; readonly version: string | null }
/** In the parser's own words. */
export type ParserAnswer = {
  readonly browser: ParserNamed
  readonly os: ParserNamed
  readonly device: {
    readonly brand: string | null
    readonly model: string | null
    readonly type: string | null
  }
}

/** What both make of one user agent, in the document's names. Where they disagree, the more particular answer counts. */
export function combineAnswers(first: ParserAnswer, second: ParserAnswer): ParserAnswer {
  return {
    browser: moreParticular(browserOf(first.browser), browserOf(second.browser), browserRank),
    os: moreParticular(osOf(first.os), osOf(second.os), systemRank),
    device: deviceOf(first.device, second.device),
  }
}

function browserOf({ name, version }: ParserNamed): ParserNamed {
  // `Firefox (Minefield)`
  const bare = name?.replace(/ \(.*$/, '')
  // That version is the system's.
  return { name: bare ? browserName(bare) : null, version: bare === 'Android' ? null : version }
}

const osOf = ({ name, version }: ParserNamed): ParserNamed =>
  name === null || noSystems.has(name) ? nameless : { name: systemName(name), version }

const nameless: ParserNamed = { name: null, version: null }
/** Makers and standards that stand where a television names its system. */
const noSystems: ReadonlySet<string> = new Set([
  'NETTV',
  'NETRANGE',
  'Samsung',
  'Sony',
  'Philips',
  'LG',
  'Panasonic',
  'FireHbbTV',
])

/** The first where neither is more particular. Of one product, the longer version. */
function moreParticular(
  first: ParserNamed,
  second: ParserNamed,
  rank: (name: string | null) => number,
): ParserNamed {
  if (first.name === second.name) return isLonger(second.version, first.version) ? second : first
  return rank(second.name) > rank(first.name) ? second : first
}

/** A lone full stop stands in some places of a version. */
const numbersIn = (version: string | null): number => version?.match(/\d+/g)?.length ?? 0
const isLonger = (version: string | null, other: string | null): boolean =>
  numbersIn(version) > numbersIn(other)

const PARTICULAR = Number.POSITIVE_INFINITY

/** From what is no browser at all, over what browsers call themselves to be let in, to a name that nobody else uses. */
function ranking(...groups: readonly (readonly (string | null)[])[]): (name: string | null) => number {
  const ranks = new Map(groups.flatMap((names, index) => names.map(name => [name, index] as const)))
  return name => ranks.get(name) ?? PARTICULAR
}

const browserRank = ranking(
  [null],
  ['HbbTV', 'WebKit', 'Mozilla', 'CFNetwork', 'Safari WebView', 'Apple Mail', 'Phantom'],
  ['Safari', 'Mobile Safari', 'MobileSafari'],
  ['Android Browser', 'IE', 'Netscape'],
  ['Chrome', 'Chromium', 'Chrome WebView', 'Edge', 'Electron', 'Firefox', 'Opera'],
  ['Samsung Internet', 'QQ Browser', 'IE Mobile', 'Crosswalk', 'Google App'],
)
/** Whether it is a browser of its own kind, not what others call themselves too. */
export const isParticularBrowser = (name: string): boolean => browserRank(browserName(name)) === PARTICULAR
const systemRank = ranking([null], ['Linux', 'Unix'], ['macOS'], ['Windows', 'Android', 'iOS'])

/** Brand and model from one hand: the models of the two are named by different rules. */
function deviceOf(first: ParserAnswer['device'], second: ParserAnswer['device']): ParserAnswer['device'] {
  const type = first.type ?? second.type
  const { brand, model } = isNamed(first) ? first : second
  return { brand, model: model ?? (isNamed(first) ? second.model : first.model), type }
}

const isNamed = ({ brand }: ParserAnswer['device']): boolean =>
  brand !== null && !/^(?:generic|spider)/i.test(brand)
