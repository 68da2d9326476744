// Where a visit came from, by going through the lists from top to bottom. The lists are the product's; the reading of
// them is not.
import { readFileSync } from 'node:fs'
import type { Loose } from './oracle-event.ts'

const list = (name: string): Loose =>
  JSON.parse(readFileSync(new URL(`../../src/core/enrichment/data/${name}.json`, import.meta.url), 'utf8'))
const sites = list('referring-sites')
const webMail = list('web-mail').services
const categories = list('source-categories')
const clickIds: readonly Loose[] = list('click-ids').parameters

export type AttributionOptions = {
  readonly internalDomains: readonly string[]
  readonly excludedReferrers: readonly string[]
}
export const oracleAttribution: AttributionOptions = {
  internalDomains: [],
  excludedReferrers: list('payment-providers').hosts,
}

/** The entry event alone tells. */
export function attributionOf(entry: Loose, options: AttributionOptions) {
  const landing = new URLSearchParams(/\?([^#]*)/.exec(entry.page?.url ?? '')?.[1] ?? '')
  const derived = (name: string) => landing.get(name)?.slice(0, 512) || null
  const names = ['source', 'medium', 'campaign', 'term', 'content']
  const isGiven = names.some(name => entry.utm?.[name])
  const utm: Loose = Object.fromEntries(
    names.map(name => [name, isGiven ? entry.utm[name] || null : derived(`utm_${name}`)]),
  )
  const click = clickIds.find(({ name }) => landing.get(name))
  const referrer = ['-', '', null, undefined].includes(entry.page?.referrer) ? null : entry.page.referrer
  const known = referrerOf(referrer, entry.page?.url, options)
  const nothing = !entry.page?.url && known.class === null && !isGiven
  return {
    channel: entry.channel || (nothing ? '' : channelOf(utm, click, known)),
    fields: {
      utm,
      click_id: { name: click?.name ?? null, value: click ? derived(click.name) : null },
      referrer: { url: referrer, host: hostOf(referrer), class: known.class, name: known.name },
    },
  }
}

export const hostOf = (url: string | null | undefined): string | null =>
  typeof url === 'string' && URL.canParse(url) ? new URL(url).host || null : null

const bare = (url: string): string => new URL(url).hostname.replace(/^www\./, '').replace(/\.$/, '')
const below = (host: string, domain: string): boolean => `.${host}`.endsWith(`.${domain}`)

type Known = { readonly class: string | null; readonly name: string | null; readonly host: string }

function referrerOf(
  url: string | null,
  landing: string | null | undefined,
  options: AttributionOptions,
): Known {
  if (hostOf(url) === null) return { class: null, name: null, host: '' }
  const host = bare(url as string)
  const own = hostOf(landing) === null ? null : bare(landing as string)
  const site = siteOf(host, new URL(url as string).searchParams)
  const isInternal =
    options.internalDomains.some(domain => below(host, domain)) ||
    (own !== null && (below(host, own) || (below(own, host) && site === null)))
  if (isInternal) return { class: 'internal', name: null, host }
  if (options.excludedReferrers.some(domain => below(host, domain)))
    return { class: 'excluded', name: null, host }
  return { ...(site ?? { class: 'other', name: null }), host }
}

const simple = [
  ...pairs(sites.aiAssistants, 'ai-assistant'),
  ...pairs(webMail, 'e-mail'),
  ...pairs(sites.socialNetworks, 'social'),
]

function pairs(named: Record<string, string[]>, kind: string) {
  return Object.entries(named).flatMap(([name, hosts]) => hosts.map(host => ({ host, class: kind, name })))
}

export function siteOf(host: string, parameters: URLSearchParams) {
  if (host.length > 253) return null
  const parents = simple.filter(site => below(host, site.host)).sort((a, b) => b.host.length - a.host.length)
  const nearest = parents[0]
  const engine = nearest?.host === host ? undefined : engineOf(host, parameters)
  if (engine !== undefined) return { class: 'search', name: engine }
  if (nearest !== undefined) return { class: nearest.class, name: nearest.name }
  const category = googleCategory(host)
  return category === 'search' || category === 'social' ? { class: category, name: null } : null
}

const country = '[a-z][a-z]'
const expressions = Object.entries<Loose>(sites.searchEngines).flatMap(([name, settings]) =>
  settings.flatMap((setting: Loose) =>
    setting.hosts.map((host: string) => ({
      name,
      needed: host.startsWith('search.') ? undefined : setting.parameters,
      isPattern: host.includes('{}'),
      matches: new RegExp(
        `^${host
          .replaceAll('.', '\\.')
          .replace(/\{\}$/, `(${country}|(com|org|net|co|it|edu)\\.${country})`)
          .replace('{}', country)}$`,
      ),
    })),
  ),
)

function engineOf(host: string, parameters: URLSearchParams): string | undefined {
  const fitting = expressions.filter(
    ({ matches, needed }) =>
      matches.test(host) && (needed === undefined || needed.some((name: string) => parameters.has(name))),
  )
  return (fitting.find(({ isPattern }) => !isPattern) ?? fitting[0])?.name
}

function channelOf(utm: Loose, click: Loose, known: Known): string {
  const isOrigin = known.class !== null && !['internal', 'excluded'].includes(known.class)
  const isTagged = Boolean(utm.source || utm.medium || utm.campaign)
  if (!isTagged && !click && !isOrigin) return 'Direct'
  const untagged = known.class === 'search' ? 'organic' : known.class === 'e-mail' ? 'email' : 'referral'
  const source = utm.source ?? click?.source ?? (isOrigin ? known.host : '')
  const medium = utm.medium ?? click?.medium ?? (isTagged || click ? '' : untagged)
  const lower = (text: string | null) => (text ?? '').trim().toLowerCase()
  return groupOf(lower(source), lower(medium), lower(utm.campaign))
}

/** Google's table, with the regular expressions that it is written in. */
function groupOf(source: string, medium: string, campaign: string): string {
  const category = categoryOf(source)
  const isPaid = /^(.*cp.*|ppc|retargeting|paid.*)$/s.test(medium)
  const isShopping = category === 'shopping' || /^(.*(([^a-df-z]|^)shop|shopping).*)$/s.test(campaign)
  const isMail = (text: string) => /^(email|e-mail|e_mail|e mail)$/.test(text)
  const table: [string, boolean][] = [
    ['Direct', source === '(direct)' && /^\((not set|none)\)$/.test(medium)],
    ['Cross-network', /cross-network/.test(campaign)],
    ['Paid Shopping', isShopping && isPaid],
    ['Paid Search', category === 'search' && isPaid],
    ['Paid Social', category === 'social' && isPaid],
    ['Paid Video', category === 'video' && isPaid],
    ['Display', /^(display|banner|expandable|interstitial|cpm)$/.test(medium)],
    ['Paid Other', isPaid],
    ['AI Assistants', category === 'ai-assistant'],
    ['Organic Shopping', isShopping],
    ['Organic Social', category === 'social' || /^(social([- ](network|media))?|sm)$/.test(medium)],
    ['Organic Video', category === 'video' || /video/.test(medium)],
    ['Organic Search', category === 'search' || medium === 'organic'],
    ['Referral', /^(referral|app|link)$/.test(medium)],
    ['Email', isMail(source) || isMail(medium)],
    ['Affiliates', medium === 'affiliate'],
    ['Audio', medium === 'audio'],
    ['SMS', source === 'sms' || medium === 'sms'],
    ['Mobile Push Notifications', /push$|mobile|notification/.test(medium) || source === 'firebase'],
  ]
  return table.find(([, fits]) => fits)?.[0] ?? 'Unassigned'
}

function categoryOf(source: string): string | null {
  const url = source.includes('.') && URL.canParse(`https://${source}`) ? new URL(`https://${source}`) : null
  const own = url === null ? assistantOf(source) : siteOf(bare(url.href), url.searchParams)?.class
  if (own === 'ai-assistant' || own === 'e-mail') return own
  return googleCategory(source) ?? own ?? null
}

function googleCategory(source: string): string | null {
  const labels = source.split('.')
  for (let skipped = 0; skipped < labels.length; skipped++)
    for (const name of [labels.slice(skipped).join('.'), nameInCountry(labels.slice(skipped))])
      for (const category of ['search', 'social', 'shopping', 'video'])
        if (categories[category].includes(name)) return category
  return null
}

/** `amazon` of amazon.de and amazon.co.uk. */
function nameInCountry(labels: readonly string[]): string | undefined {
  const [name, ...rest] = labels
  return /^((com|co|org|net)\.)?[a-z][a-z]$/.test(rest.join('.')) ? name : undefined
}

function assistantOf(source: string): string | undefined {
  const names = Object.keys(sites.aiAssistants)
  return names.some(name => name.toLowerCase() === source) ? 'ai-assistant' : undefined
}
