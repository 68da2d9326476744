import { ownProduct } from './user-agent-products.ts'

type Named = { readonly name: string | null; readonly version: string | null }
type Hinted = { readonly name: string; readonly version: string }
type Maker = { readonly brand: string | null; readonly model: string | null }
export type Browser = { readonly name: string | null; readonly version: string }

/** Netscape gave its user agent the name that all browsers bear since, and bore it alone. */
const netscape = /^Mozilla\/([1-4][\d.]{0,8})\S{0,16} (?:\[[\w-]{1,8}\] ?)?\((?!compatible)/i

/** The browser, or an app that has none: then all that the parsers find is the browser of its system. */
export function appOf(userAgent: string, browser: Named, device: Maker): Named {
  if (
    browser.name === null ||
    (isBrowserOfSystem(browser.name) && !/Mozilla|WebKit|Opera/i.test(userAgent))
  ) {
    const own = ownProduct(userAgent)
    if (own !== null && !isDevice(own.name, device)) return own
    if (browser.name !== null) return { name: null, version: null }
  }
  const [, version] = (browser.name === null && netscape.exec(userAgent)) || []
  return version === undefined ? browser : { name: 'Netscape', version }
}

const isBrowserOfSystem = (name: string): boolean =>
  ['Android Browser', 'Safari WebView', 'Mobile Safari', 'CFNetwork'].includes(name)

function isDevice(product: string, { brand, model }: Maker): boolean {
  const name = product.toLowerCase()
  return [brand, model].some(
    word => word !== null && (name.includes(word.toLowerCase()) || word.toLowerCase().includes(name)),
  )
}

/** What the user agent and the hints together say of the browser. */
export function browserOf(told: Named, hinted: Hinted | null): Browser {
  // `Cobalt/Version`, `Safari/Mobile`: a version without a digit is a word that stood in its place.
  const fromAgent: Browser = { name: told.name, version: /\d/.test(told.version ?? '') ? told.version! : '' }
  if (hinted === null) return fromAgent
  if (hinted.name === told.name)
    return { name: hinted.name, version: fuller(hinted.version, fromAgent.version) }
  return isMoreParticular(hinted.name, told.name) ? hinted : fromAgent
}

/** Names under which any Chromium goes; everything else in a user agent is more particular than the hints. */
const chromiumNames = ['Chrome', 'Chromium', 'Chrome WebView', 'Android Browser']

function isMoreParticular(hinted: string, told: string | null): boolean {
  if (told === null) return true
  // All are Chromium, and Chrome would have named itself.
  if (hinted === 'Chromium') return told === 'Chrome'
  return chromiumNames.includes(told) || hinted.startsWith(`${told} `)
}

/** The hints' version, unless it is only the start of the one that the user agent has. */
function fuller(hinted: string, told: string): string {
  return hinted === '' || told.startsWith(`${hinted}.`) ? told : hinted
}
