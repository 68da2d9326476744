import { systemName } from './agent-names.ts'
import { isFeaturePhone } from './device-type.ts'

export type System = { readonly name: string | null; readonly version: string }

const unknown: System = { name: null, version: '' }

/** The system that a user agent names, from what the parsers found and from what they miss or take at its word. */
export function systemOf(
  userAgent: string,
  found: { readonly name: string | null; readonly version: string | null },
): System {
  const told = toldSystem(userAgent, found.name === null ? null : systemName(found.name))
  if (told !== null) return told
  // The parser finds iOS in `J2ME/MIDP; Opera Mini`.
  if (found.name === null || (found.name === 'iOS' && isFeaturePhone(userAgent))) return unknown
  const version = realVersion(userAgent, found.version)
  // It has a name of its own since.
  const isIpad = found.name === 'iOS' && /\biPad/.test(userAgent) && Number.parseInt(version, 10) >= 13
  return { name: isIpad ? 'iPadOS' : systemName(found.name), version }
}

/** Amazon's devices: they call themselves Android, or whatever a desktop is where they pose as one. */
const amazonDevice = /; (?:KF[A-Z]{2,}|AFT[A-Z]|Kindle Fire)|\bSilk\//
/** `TiVoOS/1.0.0`, `ViziOS/1.4`, `VIDAA/5.0`: systems of televisions, which come and go. */
const ownSystem = /\b(VIDAA|KreaTV|(?!Cr|Mac|i|tv|watch|webOS|Fire|Web)[A-Za-z]{3,16}OS)\/(\d[\d.]*)/
/** Apple's network library does not tell its system, but the processor does: no phone of theirs has this one. */
const macNetwork = /\bCFNetwork\/.*\((?:x86_64|i386)\)/
const catalyst = /\bmacOS\b[^\d;)]*\)? ?(\d[\d.]*)?/

/** Null where the parsers know better. */
function toldSystem(userAgent: string, found: string | null): System | null {
  if (found === 'Windows') return windowsOf(userAgent)
  if (['Android', 'Linux', 'macOS'].includes(found ?? '') && amazonDevice.test(userAgent))
    return { name: 'Fire OS', version: '' }
  if (found === null || found === 'Linux') {
    const [, name, version] = ownSystem.exec(userAgent) ?? []
    if (name !== undefined) return { name, version: version ?? '' }
  }
  if (found === null || found === 'iOS') {
    if (macNetwork.test(userAgent)) return { name: 'macOS', version: '' }
    const mac = found === null ? catalyst.exec(userAgent) : null
    if (mac !== null) return { name: 'macOS', version: mac[1] ?? '' }
  }
  return null
}

/** Windows CE and its successors on phones share nothing but the name. */
function windowsOf(userAgent: string): System | null {
  if (/\bWPDesktop\b/.test(userAgent)) return { name: 'Windows Phone', version: '' }
  const ce = /\bWindows CE(?:[ /](\d[\d.]*))?/.exec(userAgent)
  return ce === null ? null : { name: 'Windows CE', version: ce[1] ?? '' }
}

/** The parsers find processors, `TV` and `.` too. Chrome on Android says 10 on every device that it calls K. */
function realVersion(userAgent: string, version: string | null): string {
  if (version === null || /Android 10; K[;)]/.test(userAgent)) return ''
  return /^(?:\d|NT|XP|ME|Vista|RT|CE|Server|One|Series)/.test(version) ? version : ''
}
