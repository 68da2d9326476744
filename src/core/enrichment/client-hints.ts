// User-Agent Client Hints (https://wicg.github.io/ua-client-hints/), as request headers or as `navigator.userAgentData`
// gives them: what the frozen user agent string no longer tells.
import type { JsonObject } from '../json.ts'
import { browserName } from './agent-names.ts'
import type { DeviceType } from './device-type.ts'

/** Header names (`Sec-CH-UA-Platform`, in any case) or the properties of `userAgentData`, mixed at will. */
export type ClientHints = JsonObject

/** What the hints say, in the words of this project; null for what they leave open. */
export type AgentHints = {
  /** `Edge` for `Microsoft Edge`: the names that the user agent parser uses. */
  readonly browser: { readonly name: string; readonly version: string } | null
  readonly os: { readonly name: string; readonly version: string } | null
  readonly model: string | null
  /** From the form factors, which few browsers send. */
  readonly type: DeviceType | null
  readonly mobile: boolean
}

type Brand = { readonly name: string; readonly version: string }

const MAX_VALUE = 1024
const MAX_NAME = 64
const MAX_BRANDS = 16

/** Null where there is nothing to learn; never throws, whatever the values are. */
export function readClientHints(hints: ClientHints | null): AgentHints | null {
  if (hints === null) return null
  const value = byHeaderName(hints)
  const read: AgentHints = {
    browser: browserOf(value),
    os: osOf(string(value('platform')), string(value('platform-version'))),
    model: modelName(string(value('model'))),
    type: typeOf(value('form-factors')),
    mobile: value('mobile') === true || value('mobile') === '?1',
  }
  return read.browser || read.os || read.model || read.type || read.mobile ? read : null
}

/**
 * The user agent with the model in its place. Chrome on Android sends `Android 10; K` for every device, others leave it
 * out; with
 * the model put back the parser's own rules find the brand and whether it is a tablet.
 */
export function withModel(userAgent: string, model: string | null): string {
  if (model === null) return userAgent
  return userAgent.replace(
    /(Android [\d.]+)(?:; K)?(?=;? wv\)|\))/,
    (_, before: string) => `${before}; ${model}`,
  )
}

type HintReader = (name: string) => unknown

/** Looks a hint up by the header's name without its prefix: `platform-version` for `Sec-CH-UA-Platform-Version`. */
function byHeaderName(hints: ClientHints): HintReader {
  const values = new Map<string, unknown>()
  for (const key in hints) {
    const header = /^sec-ch-ua(?:-(.+))?$/i.exec(key)
    const name = header === null ? properties.get(key) : (header[1] ?? 'brands').toLowerCase()
    if (name !== undefined && hints[key] != null) values.set(name, hints[key])
  }
  return name => values.get(name)
}

const properties = new Map([
  ['brands', 'brands'],
  ['fullVersionList', 'full-version-list'],
  ['uaFullVersion', 'full-version'],
  ['platform', 'platform'],
  ['platformVersion', 'platform-version'],
  ['model', 'model'],
  ['mobile', 'mobile'],
  ['formFactors', 'form-factors'],
  ['formFactor', 'form-factors'],
])

function browserOf(value: HintReader): AgentHints['browser'] {
  const full = brandsOf(value('full-version-list'))
  const short = brandsOf(value('brands'))
  const brand = mostTelling(full) ?? mostTelling(short)
  if (brand === null) return null
  // The single full version belongs to the brand that the short list leads to.
  const version = full.length > 0 ? brand.version : (string(value('full-version')) ?? brand.version)
  return { name: browserName(brand.name), version: version.slice(0, MAX_NAME) }
}

/** A browser's own brand before Google Chrome, which some send along, before Chromium, which all of them are. */
function mostTelling(brands: readonly Brand[]): Brand | null {
  const named = brands.filter(({ name }) => !isGrease(name))
  const own = named.filter(({ name }) => name !== 'Chromium')
  return own.find(({ name }) => name !== 'Google Chrome') ?? own[0] ?? named[0] ?? null
}

/** `Not(A:Brand`, `Not/A)Brand`, ` Not A;Brand`…: sent so that nobody relies on the list's order. */
const isGrease = (name: string): boolean => name.replace(/[^a-z]/gi, '').toLowerCase() === 'notabrand'

function brandsOf(list: unknown): readonly Brand[] {
  if (typeof list === 'string') return brandsOfHeader(list.slice(0, MAX_VALUE))
  if (!Array.isArray(list)) return []
  return list.slice(0, MAX_BRANDS).flatMap((item: { brand?: unknown; version?: unknown } | null) => {
    const name = string(item?.brand)
    return name === null ? [] : [{ name: name.slice(0, MAX_NAME), version: string(item?.version) ?? '' }]
  })
}

/** A structured-field list: `"Chromium";v="124", "Not-A.Brand";v="99"`, with `\"` and `\\` inside the quotes. */
function brandsOfHeader(header: string): readonly Brand[] {
  const brands: Brand[] = []
  for (const [, name = '', version = ''] of header.matchAll(
    /"((?:[^"\\]|\\.)*)"\s*;\s*v="((?:[^"\\]|\\.)*)"/g,
  )) {
    if (brands.length === MAX_BRANDS) break
    brands.push({ name: unescaped(name).slice(0, MAX_NAME), version: unescaped(version) })
  }
  return brands
}

function osOf(platform: string | null, version: string | null): AgentHints['os'] {
  const name = platform === null ? undefined : platforms.get(platform.toLowerCase())
  if (name === undefined) return null
  const known = version ?? ''
  if (name === 'Windows') return { name, version: windowsVersion(known) }
  // On Linux the hint is the kernel's version.
  return { name, version: name === 'Linux' ? '' : known.slice(0, MAX_NAME) }
}

const platforms = new Map([
  ['windows', 'Windows'],
  ['macos', 'macOS'],
  ['android', 'Android'],
  ['linux', 'Linux'],
  ['chrome os', 'ChromeOS'],
  ['chromium os', 'ChromeOS'],
  ['ios', 'iOS'],
])

/** The hint counts Windows' API contracts: https://learn.microsoft.com/microsoft-edge/web-platform/how-to-detect-win11 */
function windowsVersion(platformVersion: string): string {
  if (/^0\.[123](\.|$)/.test(platformVersion)) return { 1: '7', 2: '8', 3: '8.1' }[platformVersion[2]!] ?? ''
  const major = Number.parseInt(platformVersion, 10)
  if (major >= 13) return '11'
  return major >= 1 ? '10' : ''
}

/** Safe to stand in a user agent: what would end the field or the comment there is taken out. */
function modelName(model: string | null): string | null {
  const name = model?.slice(0, MAX_NAME).replace(/[;()]/g, ' ').trim()
  return name ? name : null
}

function typeOf(formFactors: unknown): DeviceType | null {
  const list = Array.isArray(formFactors) ? formFactors : (string(formFactors)?.match(/[A-Za-z]+/g) ?? [])
  return formFactorTypes.find(([formFactor]) => list.includes(formFactor))?.[1] ?? null
}

/** The most particular first: a headset may call itself `"Mobile", "XR"`. */
const formFactorTypes = [
  ['XR', 'wearable'],
  ['Watch', 'wearable'],
  ['Automotive', 'embedded'],
  ['Tablet', 'tablet'],
  ['Mobile', 'mobile'],
  ['Desktop', 'desktop'],
] as const

/** A header's string without its quotes, or a property's; null when empty or not a string. */
function string(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const short = value.slice(0, MAX_VALUE).trim()
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(short)
  const bare = quoted === null ? short : unescaped(quoted[1]!).trim()
  return bare === '' ? null : bare
}

const unescaped = (quoted: string): string => quoted.replace(/\\(.)/g, '$1')
