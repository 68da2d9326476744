import { hostAndPath } from './enrichment/attribution.ts'
import type { RawEvent } from './raw-event.ts'

/** Which events count as a conversion: those of a type, and views of a page whose path is of a pattern. */
export type ConversionRules = {
  readonly types: ReadonlySet<string>
  /** The texts between the stars of each pattern. */
  readonly paths: readonly (readonly string[])[]
}

/** In a path pattern `*` stands for any characters, none and `/` too. */
export function conversionRules(types: readonly string[], paths: readonly string[] = []): ConversionRules {
  return { types: new Set(types), paths: paths.map(pattern => pattern.split('*')) }
}

export function isConversion(raw: RawEvent, { types, paths }: ConversionRules): boolean {
  if (types.has(raw.type)) return true
  if (paths.length === 0 || raw.type !== 'page-view') return false
  const { path } = hostAndPath(raw.context?.page?.url ?? null)
  return path !== null && paths.some(pattern => matches(path, pattern))
}

/** Not a regular expression: with several stars, one would take minutes for a path that was made for it. */
function matches(path: string, pattern: readonly string[]): boolean {
  const [first = '', ...middle] = pattern
  const last = middle.pop()
  if (last === undefined) return path === first
  if (path.length < first.length + last.length || !path.startsWith(first) || !path.endsWith(last))
    return false
  let from = first.length
  for (const text of middle) {
    const at = path.indexOf(text, from)
    if (at === -1) return false
    from = at + text.length
  }
  return from <= path.length - last.length
}
