// An iPad asks for pages as a Mac does, in the very same words. But no Mac has a touch screen.
import type { DeviceFacts } from './device.ts'

const mac: DeviceFacts['device'] = {
  name: 'Apple Mac',
  brand: 'Apple',
  model: 'Mac',
  type: 'desktop',
  touch: false,
}
const iPad: DeviceFacts['device'] = {
  name: 'Apple iPad',
  brand: 'Apple',
  model: 'iPad',
  type: 'tablet',
  touch: true,
}

/** Whether what says that it is a Mac is an iPad. `touch` is what the screen says, null if it is silent. */
export const isPosingIpad = ({ device, os }: DeviceFacts, touch: boolean | null): boolean =>
  touch === true && os.name === 'macOS' && device.model === mac.model && device.type === mac.type

/** The facts of a user agent, and what the screen makes of them. Its version is the Mac's that it poses as: nobody's. */
export function withTouch(facts: DeviceFacts, touch: boolean | null): DeviceFacts {
  if (isPosingIpad(facts, touch)) return { device: iPad, os: { name: 'iPadOS', version: '' }, app: facts.app }
  if (touch === null || touch === facts.device.touch) return facts
  return { ...facts, device: { ...facts.device, touch } }
}

/** What {@link withTouch} made an iPad of. */
export const posingFacts = (version: string, app: DeviceFacts['app']): DeviceFacts => ({
  device: mac,
  os: { name: 'macOS', version },
  app,
})
