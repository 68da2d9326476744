import { appOf, type Browser, browserOf } from './agent-browser.ts'
import { type System, systemOf } from './agent-os.ts'
import { type Bot, type BotPattern, botOf } from './bot.ts'
import type { AgentHints, ClientHints } from './client-hints.ts'
import { brandName, brandOfModel } from './device-brand.ts'
import { type DeviceType, deviceTypeOf, deviceTypeOfParser, isTouchType } from './device-type.ts'
import { televisionOf } from './television.ts'

/** What an event says about the software that sent it. */
export type UserAgentEvidence = {
  readonly userAgent: string | null
  readonly clientHints: ClientHints | null
}

/** The session document's `device`, `os` and `app`, as far as a user agent tells. */
export type DeviceFacts = {
  readonly device: {
    /** Brand and model, as far as they are known. */
    readonly name: string
    readonly brand: string | null
    readonly model: string | null
    readonly type: DeviceType | null
    readonly touch: boolean
  }
  readonly os: { readonly name: string; readonly version: string }
  readonly app: {
    readonly name: string
    readonly version: string
    readonly bot: boolean
    /** Values of BotReason; empty for people. */
    readonly bot_reasons: readonly string[]
  }
}

/** Never throws; without evidence {@link unknownDevice}. A missing user agent is no evidence of a bot. */
export type DeviceLookup = (evidence: UserAgentEvidence) => DeviceFacts

export const unknownDevice: DeviceFacts = {
  device: { name: 'Other', brand: null, model: null, type: null, touch: false },
  os: { name: 'Other', version: '' },
  app: { name: 'Other', version: '', bot: false, bot_reasons: [] },
}

/** What a user agent parser and a list of bot patterns make of a user agent, in their own words. */
export type ParsedAgent = {
  /** As it was sent, without a model from the hints. */
  readonly userAgent: string
  readonly browser: Named
  readonly os: Named
  readonly device: {
    readonly brand: string | null
    readonly model: string | null
    readonly type: string | null
  }
  /** Whether it names a browser that nobody poses as. */
  readonly namesBrowser: boolean
  readonly botPattern: BotPattern | null
}
type Named = { readonly name: string | null; readonly version: string | null }

/** The rules over what the parser found: names, types and bots as the document has them, hints where they know more. */
export function deviceFacts(agent: ParsedAgent, hints: AgentHints | null): DeviceFacts {
  const os = osOf(agent, hints)
  const browser = browserOf(appOf(agent.userAgent, agent.browser, agent.device), hints?.browser ?? null)
  const bot = botOf({
    userAgent: agent.userAgent,
    pattern: agent.botPattern,
    namesDevice: namesDevice(agent, os.name) || hints?.model != null || hints?.type != null,
    namesBrowser: agent.namesBrowser,
  })
  return {
    device: bot === null ? deviceOf(agent, hints, os.name) : { ...unknownDevice.device, type: 'bot' },
    os: { name: os.name ?? 'Other', version: os.version },
    app: bot === null ? person(browser) : robot(bot, browser),
  }
}

/** A Mac is named by every program that runs on one, scripts too. */
function namesDevice({ device }: ParsedAgent, osName: string | null): boolean {
  const isBranded = !isGeneric(device.brand)
  return (
    device.type !== null ||
    (isBranded && !isMac(device.model)) ||
    /^(?:Android|iOS|iPadOS)$/.test(osName ?? '')
  )
}

const isMac = (model: string | null): boolean => model === 'Mac' || model === 'Macintosh'

const person = ({ name, version }: Browser): DeviceFacts['app'] => ({
  name: name ?? 'Other',
  version,
  bot: false,
  bot_reasons: [],
})

function robot(bot: Bot, browser: Browser): DeviceFacts['app'] {
  const shown: Browser = bot.name === null ? browser : bot
  return { name: shown.name ?? 'Other', version: shown.version, bot: true, bot_reasons: bot.reasons }
}

function deviceOf(
  agent: ParsedAgent,
  hints: AgentHints | null,
  osName: string | null,
): DeviceFacts['device'] {
  const type = deviceTypeOf({
    userAgent: agent.userAgent,
    parsed: deviceTypeOfParser(agent.device.type),
    isBranded: !isGeneric(agent.device.brand),
    osName,
    hinted: hints?.type ?? null,
    hintedMobile: hints?.mobile ?? false,
  })
  const { brand, model } = makerOf(agent, hints, type, osName)
  return { name: deviceName(brand, model), brand, model, type, touch: isTouchType(type) }
}

function makerOf(
  { userAgent, device }: ParsedAgent,
  hints: AgentHints | null,
  type: DeviceType | null,
  osName: string | null,
) {
  // All that either parser says of a computer of Apple's.
  if (osName === 'macOS' && type === 'desktop') return { brand: 'Apple', model: 'Mac' }
  const television = type === 'tv' ? televisionOf(userAgent) : null
  const model = realModel(device.model) ?? hints?.model ?? television?.model ?? null
  const vendor = isGeneric(device.brand) ? null : device.brand
  const brand = vendor ?? television?.brand ?? (model === null ? null : brandOfModel(model))
  return { brand: brand === null ? null : brandName(brand), model }
}

/** A parser's word for a brand that it does not know. */
const isGeneric = (brand: string | null): boolean => brand === null || /^(?:generic|spider)/i.test(brand)

/** The parsers take whatever stands where a model should: `K`, a locale, the word Mobile. */
function realModel(model: string | null): string | null {
  return model !== null &&
    /^(?:k|u|wv|mobile|tablet|smartphone|feature phone|ios-device|desktop|linux|unknown|[a-z]{2}[-_][a-z]{2})$/i.test(
      model,
    )
    ? null
    : model
}

function deviceName(brand: string | null, model: string | null): string {
  if (brand === null || model === null) return model ?? brand ?? 'Other'
  return model.toLowerCase().startsWith(brand.toLowerCase()) ? model : `${brand} ${model}`
}

function osOf(agent: ParsedAgent, hints: AgentHints | null): System {
  const told = systemOf(agent.userAgent, agent.os)
  const hinted = hints?.os ?? null
  if (hinted === null || isBuiltOn(told.name, hinted.name)) return told
  if (hinted.version !== '' || hinted.name !== told.name) return hinted
  return told
}

/** Ubuntu is a Linux, HarmonyOS calls itself an Android: then the user agent knows better than the hint. */
function isBuiltOn(name: string | null, base: string): boolean {
  if (name === null || name === base) return false
  if (base === 'Linux') return !['Windows', 'macOS', 'iOS', 'iPadOS'].includes(name)
  return base === 'Android' && !['Windows', 'macOS', 'iOS', 'iPadOS', 'ChromeOS', 'Linux'].includes(name)
}
