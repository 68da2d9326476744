import { type Bot, botOf } from './bot.ts'
import type { AgentHints, ClientHints } from './client-hints.ts'
import { brandOfModel } from './device-brand.ts'
import {
  type DeviceType,
  deviceTypeOf,
  deviceTypeOfParser,
  isFeaturePhone,
  isTouchType,
} from './device-type.ts'

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
  readonly matchesBotPattern: boolean
}
type Named = { readonly name: string | null; readonly version: string | null }
type Known = { readonly name: string | null; readonly version: string }

/** The rules over what the parser found: names, types and bots as the document has them, hints where they know more. */
export function deviceFacts(agent: ParsedAgent, hints: AgentHints | null): DeviceFacts {
  const os = osOf(agent, hints)
  const browser = browserOf(agent.browser, hints?.browser ?? null)
  const bot = botOf(agent.userAgent, agent.matchesBotPattern)
  return {
    device: bot === null ? deviceOf(agent, hints, os.name) : { ...unknownDevice.device, type: 'bot' },
    os: { name: os.name ?? 'Other', version: os.version },
    app: bot === null ? person(browser) : robot(bot, browser),
  }
}

const person = ({ name, version }: Known): DeviceFacts['app'] => ({
  name: name ?? 'Other',
  version,
  bot: false,
  bot_reasons: [],
})

function robot(bot: Bot, browser: Known): DeviceFacts['app'] {
  const shown: Known = bot.name === null ? browser : bot
  return { name: shown.name ?? 'Other', version: shown.version, bot: true, bot_reasons: bot.reasons }
}

function deviceOf(
  agent: ParsedAgent,
  hints: AgentHints | null,
  osName: string | null,
): DeviceFacts['device'] {
  const model = realModel(agent.device.model) ?? hints?.model ?? null
  const vendor = agent.device.brand === 'Generic' ? null : agent.device.brand
  const brand = vendor ?? (model === null ? null : brandOfModel(model))
  const type = deviceTypeOf({
    userAgent: agent.userAgent,
    parsed: deviceTypeOfParser(agent.device.type),
    osName,
    hinted: hints?.type ?? null,
    hintedMobile: hints?.mobile ?? false,
  })
  return { name: deviceName(brand, model), brand, model, type, touch: isTouchType(type) }
}

/** The parser takes whatever stands where a model should: `K`, a locale, the word Mobile. */
function realModel(model: string | null): string | null {
  return model !== null && /^(?:k|u|wv|mobile|tablet|linux|unknown|[a-z]{2}[-_][a-z]{2})$/i.test(model)
    ? null
    : model
}

function deviceName(brand: string | null, model: string | null): string {
  if (brand === null || model === null) return model ?? brand ?? 'Other'
  return model.toLowerCase().startsWith(brand.toLowerCase()) ? model : `${brand} ${model}`
}

const osNames = new Map([
  ['Mac OS', 'macOS'],
  ['Chromium OS', 'ChromeOS'],
])

function osOf(agent: ParsedAgent, hints: AgentHints | null): Known {
  const told = osOfAgent(agent)
  const hinted = hints?.os ?? null
  if (hinted === null || isBuiltOn(told.name, hinted.name)) return told
  if (hinted.version !== '' || hinted.name !== told.name) return hinted
  return told
}

function osOfAgent({ userAgent, os }: ParsedAgent): Known {
  // The parser finds iOS in `J2ME/MIDP; Opera Mini`.
  if (os.name === null || (os.name === 'iOS' && isFeaturePhone(userAgent))) return { name: null, version: '' }
  const name = osNames.get(os.name) ?? os.name
  // Chrome on Android says 10 on every device that it calls K, and the parser says TV for the version of LG's.
  const isInvented = /Android 10; K[;)]/.test(userAgent) || (name === 'webOS' && os.version === 'TV')
  return { name, version: isInvented ? '' : (os.version ?? '') }
}

/** Ubuntu is a Linux, HarmonyOS calls itself an Android: then the user agent knows better than the hint. */
function isBuiltOn(name: string | null, base: string): boolean {
  if (name === null || name === base) return false
  if (base === 'Linux') return !['Windows', 'macOS', 'iOS'].includes(name)
  return base === 'Android' && !['Windows', 'macOS', 'iOS', 'ChromeOS', 'Linux'].includes(name)
}

/** Names under which any Chromium goes; everything else in a user agent is more particular than the hints. */
const chromiumNames = ['Chrome', 'Chromium', 'Chrome WebView', 'Android Browser']

function browserOf(told: Named, hinted: { readonly name: string; readonly version: string } | null): Known {
  // `Cobalt/Version`, `Safari/Mobile`: a version without a digit is a word that stood in its place.
  const fromAgent: Known = { name: told.name, version: /\d/.test(told.version ?? '') ? told.version! : '' }
  if (hinted === null) return fromAgent
  if (hinted.name === told.name)
    return { name: hinted.name, version: fuller(hinted.version, fromAgent.version) }
  return told.name === null || chromiumNames.includes(told.name) ? hinted : fromAgent
}

/** The hints' version, unless it is only the start of the one that the user agent has. */
function fuller(hinted: string, told: string): string {
  return hinted === '' || told.startsWith(`${hinted}.`) ? told : hinted
}
