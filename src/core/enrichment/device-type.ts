export type DeviceType = 'desktop' | 'mobile' | 'tablet' | 'tv' | 'console' | 'wearable' | 'embedded' | 'bot'

/** The words are those that television sets, set-top boxes and sticks name themselves and their systems by. */
const tvToken =
  /\b(?:(?:android|apple|google|smart|opera|fire|lg|philips|tsbnet|net|inet|mi)[ -]?tv|hbbtv|hybridcast|inettvbrowser|ce-html|netcast|web0s|webos[. ]tv|tv safari|bravia|viera|vidaa|aquos|roku|crkey|netrange|mibox|dtv|stb|tv|tv[ _-]?box|settop|set-top|blu-ray|directfb|omi)(?![a-z])|appletv|; AFT[A-Z]|\bnettv\/|_atv_|_tv_/i
/** Opera's television browser writes names with a zero, so as not to be taken for a phone. */
const disguised = /\bAndr0id\b|\bChr0me\b/
const headsetToken = /\bVR Safari\b|\bOculusBrowser\/|\bPicoBrowser\/|\bApple ?Watch\b|\bwatchOS\b/i
const carToken = /\bQtCarBrowser\b|\bTesla\//
const consoleToken = /\b(?:playstation|nintendo|xbox|ouya)/i
const featurePhoneToken = /\bmidp\b|\bcldc\b|\bj2me\b|\bmaui\b|wap[-_ ]?browser/i

export const isTelevision = (userAgent: string): boolean =>
  tvToken.test(userAgent) || disguised.test(userAgent)
export const isConsole = (userAgent: string): boolean => consoleToken.test(userAgent)
/** A phone that runs Java ME applets or browses by WAP, and does little else. */
export const isFeaturePhone = (userAgent: string): boolean => featurePhoneToken.test(userAgent)

const desktopSystem =
  /^(?:Windows|macOS|ChromeOS|Linux|GNU|.*(?:BSD|buntu|Linux|Solaris)|DragonFly|Debian|Fedora|SUSE|openSUSE|OS\/2|AmigaOS|MorphOS|RISC OS|IRIX|SunOS|OpenVMS|SerenityOS|QNX|CentOS|Red ?Hat|Gentoo|Slackware|Mint|Mageia|Mandriva|Manjaro|Arch|Deepin|elementary OS|Raspbian|Haiku|UNIX|BeOS|AIX|HP-UX)$/i
const phoneSystem =
  /^(?:iOS|KaiOS|Windows (?:Phone|Mobile|CE).*|Symbian|Series40|BlackBerry|Bada|MeeGo|Maemo|Firefox OS|Sailfish|Palm|(?:Open)?Harmony ?OS)$/i

/** What {@link deviceTypeOf} goes by: `parsed` and `osName` in this project's words, the rest from client hints. */
export type TypeEvidence = {
  readonly userAgent: string
  readonly parsed: DeviceType | null
  /** Whether a parser found its maker. */
  readonly isBranded: boolean
  readonly osName: string | null
  readonly hinted: DeviceType | null
  readonly hintedMobile: boolean
}

/** The rules in their order; the first that knows decides. */
export function deviceTypeOf({
  userAgent,
  parsed,
  isBranded,
  osName,
  hinted,
  hintedMobile,
}: TypeEvidence): DeviceType | null {
  // Televisions and consoles run Android, Tizen or Windows, and say so first.
  if (isConsole(userAgent)) return 'console'
  if (isTelevision(userAgent)) return 'tv'
  if (headsetToken.test(userAgent)) return 'wearable'
  if (carToken.test(userAgent)) return 'embedded'
  if (hinted !== null) return hinted
  if (/\biPad/.test(userAgent)) return 'tablet'
  if (parsed !== null) return parsed
  if (hintedMobile || isFeaturePhone(userAgent)) return 'mobile'
  if (osName === null) return nakedType(userAgent, isBranded)
  if (osName === 'Android' || osName === 'Fire OS') return androidType(userAgent)
  if (phoneSystem.test(osName)) return 'mobile'
  return desktopSystem.test(osName) ? 'desktop' : null
}

/** A phone before smartphones told its maker and model, and nothing else. */
function nakedType(userAgent: string, isBranded: boolean): DeviceType | null {
  if (/\bX11\b/.test(userAgent)) return 'desktop'
  return isBranded ? 'mobile' : null
}

/** Google's rule, which holds for browsers only: a phone's user agent has `Mobile`, a tablet's has not. */
function androidType(userAgent: string): DeviceType | null {
  if (/\bMobile\b/.test(userAgent)) return 'mobile'
  return userAgent.startsWith('Mozilla/') ? 'tablet' : null
}

/** From the parser's word for it. */
export function deviceTypeOfParser(type: string | null): DeviceType | null {
  return type === null ? null : (parserTypes.get(type) ?? null)
}

const parserTypes = new Map<string, DeviceType>([
  ['mobile', 'mobile'],
  ['tablet', 'tablet'],
  ['smarttv', 'tv'],
  ['console', 'console'],
  ['wearable', 'wearable'],
  ['embedded', 'embedded'],
])

/** Whether one touches such a device; a touch screen on a desktop cannot be told from its user agent. */
export const isTouchType = (type: DeviceType | null): boolean =>
  type === 'mobile' || type === 'tablet' || type === 'wearable'
