// What is taken out of an event before anything of it is stored: parts of addresses, and parameters of URLs.
import { z } from 'zod'
import type { RawEvent } from './raw-event.ts'

export const ipPrivacies = ['keep', 'mask', 'drop'] as const

export type Privacy = {
  /** What documents show of an IP address. Where it is was looked up before. */
  readonly ip: (typeof ipPrivacies)[number]
  /** Names of URL parameters whose values are not stored, in lower case. */
  readonly redactedParameters: ReadonlySet<string>
}

/** Names under which sites are known to put secrets or addresses of people into their URLs. */
export const commonlyRedacted = [
  'access_token',
  'id_token',
  'refresh_token',
  'token',
  'auth',
  'authorization',
  'jwt',
  'api_key',
  'apikey',
  'client_secret',
  'secret',
  'password',
  'passwd',
  'pwd',
  'sid',
  'session_id',
  'sessionid',
  'phpsessid',
  'jsessionid',
  'email',
  'e-mail',
  'mail',
  'phone',
] as const

const redacted = 'redacted'
const userInfo = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i
const parameter = /([?&;#])([^=&;#?]*)=([^&;#]*)/g
const emailAddress = /[^\s@]{1,64}@[^\s@]{1,255}\.\p{L}{2}/u

/** The event with the URLs of its page and referrer redacted. */
export function redactEvent(raw: RawEvent, { redactedParameters }: Privacy): RawEvent {
  const page = raw.context?.page
  if (!page || redactedParameters.size === 0) return raw
  const url = page.url && redactUrl(page.url, redactedParameters)
  const referrer = page.referrer && redactUrl(page.referrer, redactedParameters)
  if (url === page.url && referrer === page.referrer) return raw
  return { ...raw, context: { ...raw.context, page: { ...page, url, referrer } } }
}

/**
 * A URL without user name and password, and with `redacted` in place of each parameter's value that has one of
 * these names or holds an e-mail address, in the query and in the fragment. All else stays as it is.
 */
export function redactUrl(url: string, names: ReadonlySet<string>): string {
  return url
    .replace(userInfo, '$1')
    .replace(parameter, (whole, before: string, name: string, value: string) => {
      if (value === '') return whole
      const isHidden = names.has(decoded(name).toLowerCase()) || emailAddress.test(decoded(value))
      return isHidden ? `${before}${name}=${redacted}` : whole
    })
}

function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * What may be shown of an address: all, its network (the first 24 bits of IPv4, the first 48 of IPv6), or nothing.
 * What is no address has no network. Showing the network of a network changes nothing.
 */
export function shownAddress(ip: string | null, privacy: Privacy['ip']): string | null {
  if (ip === null || privacy === 'drop') return null
  return privacy === 'keep' ? ip : networkOf(ip)
}

const [ipv4, ipv6] = [z.ipv4(), z.ipv6()]

function networkOf(ip: string): string | null {
  if (ipv4.safeParse(ip).success) return ip.replace(/\d+$/, '0')
  const mapped = /^::ffff:([\d.]+)$/i.exec(ip)?.[1]
  if (mapped !== undefined) return networkOf(mapped)
  if (!ipv6.safeParse(ip).success) return null
  const [head = ''] = ip.split('::')
  const groups = [...head.split(':').filter(Boolean), '0', '0', '0'].slice(0, 3)
  return `${groups.map(group => Number.parseInt(group, 16).toString(16)).join(':')}::`
}
