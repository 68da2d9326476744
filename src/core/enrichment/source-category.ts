// What Google takes a source for.
import categories from './data/source-categories.json' with { type: 'json' }

export type SourceCategory = 'search' | 'social' | 'shopping' | 'video'

const countryDomain = /^([^.]+)\.(?:(?:com?|org|net)\.)?[a-z]{2}$/
const categoryBySource = new Map<string, SourceCategory>(
  (['search', 'social', 'shopping', 'video'] as const).flatMap(category =>
    categories[category].map((source): [string, SourceCategory] => [source, category]),
  ),
)

/** Of the source, or of the nearest domain above it. A listed name stands for its domains in all countries. */
export function googleCategory(source: string): SourceCategory | null {
  for (let domain = source; ; ) {
    const name = countryDomain.exec(domain)?.[1] ?? domain
    const category = categoryBySource.get(domain) ?? categoryBySource.get(name)
    if (category !== undefined) return category
    const dot = domain.indexOf('.')
    if (dot === -1) return null
    domain = domain.slice(dot + 1)
  }
}
