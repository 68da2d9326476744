import { createIsbotFromList, isbot, list } from 'isbot'
import { UAParser } from 'ua-parser-js'
import { boundedCache } from '../core/bounded-cache.ts'
import { type BotPattern, withoutModel } from '../core/enrichment/bot.ts'
import { type AgentHints, readClientHints, withModel } from '../core/enrichment/client-hints.ts'
import {
  type DeviceFacts,
  type DeviceLookup,
  deviceFacts,
  type ParsedAgent,
  unknownDevice,
} from '../core/enrichment/device.ts'
import { combineAnswers, isParticularBrowser, type ParserAnswer } from '../core/enrichment/parser-answers.ts'
import { withoutAddresses } from '../core/enrichment/user-agent-products.ts'
import { withFlatTexts } from '../core/flat-texts.ts'
import { readPatterns } from './ua-parser-patterns.ts'

/** Real ones stay under 300; the parser cuts at 500. */
const MAX_USER_AGENT = 512
const CACHED_AGENTS = 10_000

/**
 * Looks devices up with ua-parser-js and isbot. Real traffic repeats itself (952 user agents in 10,000 visits), so
 * answers are kept; a user agent over the cap is cut, and its answer not kept.
 */
export function createDeviceLookup(): DeviceLookup {
  const cache = boundedCache<string, DeviceFacts>(CACHED_AGENTS)
  return evidence => {
    const sent = evidence.userAgent?.trim() ?? ''
    // Access logs write a hyphen for a header that was not sent.
    const userAgent = sent === '-' ? '' : sent
    const hints = readClientHints(evidence.clientHints)
    if (userAgent === '' && hints === null) return unknownDevice
    if (userAgent.length > MAX_USER_AGENT) return look(userAgent.slice(0, MAX_USER_AGENT), hints)

    // Hints by what was read from them: they arrive in two shapes and any order, and with things nobody reads.
    const key = hints === null ? userAgent : `${userAgent}\n${JSON.stringify(hints)}`
    let facts = cache.get(key)
    if (facts === undefined) {
      facts = withFlatTexts(look(userAgent, hints))
      cache.set(key, facts)
    }
    return facts
  }
}

const look = (userAgent: string, hints: AgentHints | null): DeviceFacts =>
  deviceFacts(parse(userAgent, hints?.model ?? null), hints)

function parse(userAgent: string, model: string | null): ParsedAgent {
  const withRealModel = withModel(withoutAddresses(userAgent), model)
  const parsed = askParser(withRealModel)
  return {
    userAgent,
    ...combineAnswers(askPatterns(withRealModel), parsed),
    // The patterns name bots among the browsers.
    namesBrowser: parsed.browser.name !== null && isParticularBrowser(parsed.browser.name),
    botPattern: botPatternOf(withoutModel(userAgent)),
  }
}

/** Names of bots have three letters in a row at least; ` Mozilla/5.0 (compatible)` and `.com` are no names. */
const isWord = (pattern: string): boolean =>
  /[a-z0-9]{3}/i.test(pattern.replace(/\\[a-z]|mozilla|compatible|com\\b/gi, ''))
const isbotByWord = createIsbotFromList(list.filter(isWord))

function botPatternOf(userAgent: string): BotPattern | null {
  if (!isbot(userAgent)) return null
  return isbotByWord(userAgent) ? 'word' : 'shape'
}

function askParser(userAgent: string): ParserAnswer {
  const parser = new UAParser(userAgent)
  // Not getResult(), which also works out engine and processor.
  const browser = parser.getBrowser()
  const os = parser.getOS()
  const device = parser.getDevice()
  return {
    browser: { name: browser.name ?? null, version: browser.version ?? null },
    os: { name: os.name ?? null, version: os.version ?? null },
    device: { brand: device.vendor ?? null, model: device.model ?? null, type: device.type ?? null },
  }
}

let patterns: ReturnType<typeof readPatterns> | undefined

function askPatterns(userAgent: string): ParserAnswer {
  patterns ??= readPatterns()
  const device = patterns.device(userAgent)
  return {
    browser: patterns.browser(userAgent) ?? nameless,
    os: patterns.os(userAgent) ?? nameless,
    device: { brand: device?.brand ?? null, model: device?.model ?? null, type: null },
  }
}

const nameless = { name: null, version: null }
