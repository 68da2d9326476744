// The default channel group of Google Analytics 4 (https://support.google.com/analytics/answer/9756891), rule by rule
// and in its order, and one more for AI assistants. Its rules for Google Ads need an account, and are left out.
import { assistantNamed, referringSite } from './referring-sites.ts'
import { googleCategory, type SourceCategory } from './source-category.ts'

/** Where a visit came from, in the words of campaign parameters; empty where nothing tells. */
export type Traffic = { readonly source: string; readonly medium: string; readonly campaign: string }

export const direct: Traffic = { source: '(direct)', medium: '(none)', campaign: '' }

type Category = SourceCategory | 'ai-assistant' | 'e-mail'
type Sorted = Traffic & { readonly category: Category | null }

const paid = ({ medium }: Sorted) =>
  medium.includes('cp') || medium === 'ppc' || medium === 'retargeting' || medium.startsWith('paid')
const from = (category: Category) => (traffic: Sorted) => traffic.category === category
const shopping = (traffic: Sorted) =>
  traffic.category === 'shopping' || /([^a-df-z]|^)shop|shopping/.test(traffic.campaign)
const mediumIs =
  (...media: readonly string[]) =>
  ({ medium }: Sorted) =>
    media.includes(medium)
const email = ['email', 'e-mail', 'e_mail', 'e mail']

const rules: readonly (readonly [channel: string, is: (traffic: Sorted) => boolean])[] = [
  ['Direct', t => t.source === direct.source && mediumIs('(not set)', '(none)')(t)],
  ['Cross-network', t => t.campaign.includes('cross-network')],
  ['Paid Shopping', t => shopping(t) && paid(t)],
  ['Paid Search', t => from('search')(t) && paid(t)],
  ['Paid Social', t => from('social')(t) && paid(t)],
  ['Paid Video', t => from('video')(t) && paid(t)],
  ['Display', mediumIs('display', 'banner', 'expandable', 'interstitial', 'cpm')],
  ['Paid Other', paid],
  ['AI Assistants', from('ai-assistant')],
  ['Organic Shopping', shopping],
  [
    'Organic Social',
    t =>
      from('social')(t) ||
      mediumIs('social', 'social-network', 'social-media', 'sm', 'social network', 'social media')(t),
  ],
  ['Organic Video', t => from('video')(t) || t.medium.includes('video')],
  ['Organic Search', t => from('search')(t) || t.medium === 'organic'],
  ['Referral', mediumIs('referral', 'app', 'link')],
  ['Email', t => email.includes(t.source) || email.includes(t.medium)],
  ['Affiliates', mediumIs('affiliate')],
  ['Audio', mediumIs('audio')],
  ['SMS', t => t.source === 'sms' || t.medium === 'sms'],
  [
    'Mobile Push Notifications',
    t => t.medium.endsWith('push') || /mobile|notification/.test(t.medium) || t.source === 'firebase',
  ],
]

/** The channel of a visit. Upper and lower case are the same, as they are for Google. */
export function channelOf(traffic: Traffic): string {
  const source = traffic.source.trim().toLowerCase()
  const sorted: Sorted = {
    source,
    medium: traffic.medium.trim().toLowerCase(),
    campaign: traffic.campaign.trim().toLowerCase(),
    category: categoryOf(source),
  }
  return rules.find(([, is]) => is(sorted))?.[0] ?? 'Unassigned'
}

/** Google's list names mail and assistants search engines where they share a host's name, so ours come first. */
function categoryOf(source: string): Category | null {
  const url = source.includes('.') ? URL.parse(`https://${source}`) : null
  const site = url === null ? assistantNamed(source) : referringSite(url)
  if (site?.class === 'ai-assistant' || site?.class === 'e-mail') return site.class
  return googleCategory(source) ?? site?.class ?? null
}
