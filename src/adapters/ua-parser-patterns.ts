// The patterns of the ua-parser project (npm package `uap-core`), read by its rules: the first that matches decides, and
// what it captures fills the fields. https://github.com/ua-parser/uap-core/blob/master/docs/specification.md
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parse } from 'yaml'
import { patternIndex } from './ua-parser-index.ts'

export type PatternNamed = { readonly name: string; readonly version: string }
export type PatternDevice = {
  readonly name: string
  readonly brand: string | null
  readonly model: string | null
}

/** Null where no pattern matches. */
export type PatternParser = {
  readonly browser: (userAgent: string) => PatternNamed | null
  readonly os: (userAgent: string) => PatternNamed | null
  readonly device: (userAgent: string) => PatternDevice | null
}

type Entry = {
  readonly regex: string
  readonly regex_flag?: string
  readonly [replacement: string]: string | undefined
}
type Files = { readonly [list in 'user_agent_parsers' | 'os_parsers' | 'device_parsers']: readonly Entry[] }

type Found = { readonly entry: Entry; readonly captured: RegExpExecArray }

export function readPatterns(): PatternParser {
  const path = createRequire(import.meta.url).resolve('uap-core/regexes.yaml')
  const files = parse(readFileSync(path, 'utf8')) as Files
  const browserOf = firstMatch(files.user_agent_parsers)
  const osOf = firstMatch(files.os_parsers)
  const deviceOf = firstMatch(files.device_parsers)
  return {
    browser: userAgent => named(browserOf(userAgent), 'family_replacement', 'v'),
    os: userAgent => named(osOf(userAgent), 'os_replacement', 'os_v'),
    device(userAgent) {
      const found = deviceOf(userAgent)
      if (found === null) return null
      const { entry, captured } = found
      return {
        name: filled(entry.device_replacement, captured) ?? captured[1] ?? '',
        brand: filled(entry.brand_replacement, captured),
        model: filled(entry.model_replacement, captured) ?? captured[1] ?? null,
      }
    },
  }
}

/** @returns a search for the first entry, in their order, that matches */
function firstMatch(entries: readonly Entry[]): (userAgent: string) => Found | null {
  const candidates = patternIndex(
    entries.map(({ regex, regex_flag }) => ({ source: regex, isCaseless: regex_flag === 'i' })),
  )
  const expressions = entries.map(({ regex, regex_flag }) => new RegExp(regex, regex_flag ?? ''))
  return userAgent => {
    for (const place of candidates(userAgent)) {
      const captured = expressions[place]!.exec(userAgent)
      if (captured !== null) return { entry: entries[place]!, captured }
    }
    return null
  }
}

function named(found: Found | null, nameKey: string, versionKey: string): PatternNamed | null {
  if (found === null) return null
  const { entry, captured } = found
  const name = filled(entry[nameKey], captured) ?? captured[1] ?? ''
  const parts: string[] = []
  for (const number of [1, 2, 3]) {
    const part = filled(entry[`${versionKey}${number}_replacement`], captured) ?? captured[number + 1]
    if (!part) break
    parts.push(part)
  }
  return name === '' ? null : { name, version: parts.join('.') }
}

/** A replacement with the captured groups in the places of `$1` to `$9`; null without one, or when it comes out empty. */
function filled(replacement: string | undefined, captured: RegExpExecArray): string | null {
  if (replacement === undefined) return null
  const text = replacement.replace(/\$(\d)/g, (_, group: string) => captured[Number(group)] ?? '').trim()
  return text === '' ? null : text
}
