// The sites that send visitors: search engines, social networks, AI assistants, web mail. The lists are data files
// with their source and date; matching is here.
import known from './data/referring-sites.json' with { type: 'json' }
import webMail from './data/web-mail.json' with { type: 'json' }
import { googleCategory } from './source-category.ts'

export type SiteClass = 'search' | 'social' | 'e-mail' | 'ai-assistant'
/** The name is null where Google alone lists the site. */
export type ReferringSite = { readonly class: SiteClass; readonly name: string | null }

/** `parameters`: only where the URL has one of them; null where the host has nothing but the search. */
type Engine = { readonly site: ReferringSite; readonly parameters: readonly string[] | null }

/** As the DNS has it. */
const maxHostLength = 253

/** These are met on their subdomains too. */
const sites = new Map<string, ReferringSite>([
  ...listed('social', known.socialNetworks),
  ...listed('e-mail', webMail.services),
  ...listed('ai-assistant', known.aiAssistants),
])
/** A portal's other hosts are not its search: `mail.google.com`. */
const engines = listedEngines()
const assistants = new Map(Object.keys(known.aiAssistants).map(name => [name.toLowerCase(), name]))

/** The site that a URL is on, or null for one that is not listed. */
export function referringSite(url: URL): ReferringSite | null {
  const host = bareHost(url)
  // No name is longer, and one of thousands of parts would take its time.
  if (host.length > maxHostLength) return null
  return sites.get(host) ?? engineOf(host, url.searchParams) ?? listedParent(host) ?? categorised(host)
}

/** The assistant of this name, as some are named in `utm_source`. */
export function assistantNamed(name: string): ReferringSite | null {
  const known = assistants.get(name)
  return known === undefined ? null : { class: 'ai-assistant', name: known }
}

/** The name of the host without what does not tell sites apart. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^www\./, '').replace(/\.$/, '')
}

/** Whether a host is this domain, or one below it. */
export function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}

function categorised(host: string): ReferringSite | null {
  const category = googleCategory(host)
  return category === 'search' || category === 'social' ? { class: category, name: null } : null
}

function listed(
  siteClass: SiteClass,
  hostsByName: Readonly<Record<string, readonly string[]>>,
): [string, ReferringSite][] {
  return Object.entries(hostsByName).flatMap(([name, hosts]) =>
    hosts.map((host): [string, ReferringSite] => [host, { class: siteClass, name }]),
  )
}

function listedEngines(): ReadonlyMap<string, readonly Engine[]> {
  const byHost = new Map<string, Engine[]>()
  for (const [name, settings] of Object.entries(known.searchEngines))
    for (const setting of settings)
      for (const host of setting.hosts) {
        const parameters = 'parameters' in setting && !host.startsWith('search.') ? setting.parameters : null
        const engine: Engine = { site: { class: 'search', name }, parameters: parameters ?? null }
        byHost.set(host, [...(byHost.get(host) ?? []), engine])
      }
  return byHost
}

function engineOf(host: string, parameters: URLSearchParams): ReferringSite | null {
  for (const key of [host, ...withoutCountry(host)])
    for (const engine of engines.get(key) ?? [])
      if (engine.parameters === null || engine.parameters.some(name => parameters.has(name)))
        return engine.site
  return null
}

/** `google.co.uk` → `google.{}`, `de.bing.com` → `{}.bing.com`: as the lists write a country. */
function withoutCountry(host: string): string[] {
  const labels = host.split('.')
  const keys = labels.flatMap((label, i) =>
    /^[a-z]{2}$/.test(label) ? [labels.with(i, '{}').join('.')] : [],
  )
  const combined = /^(.+)\.(?:com|org|net|co|it|edu)\.[a-z]{2}$/.exec(host)?.[1]
  return combined === undefined ? keys : [`${combined}.{}`, ...keys]
}

function listedParent(host: string): ReferringSite | null {
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    const site = sites.get(host.slice(dot + 1))
    if (site !== undefined) return site
  }
  return null
}
