import type { JsonObject } from '../json.ts'
import type { Format, Mapped } from './format.ts'

/** What the README calls a raw event: taken as it is. */
export const nativeFormat: Format = { name: 'native', tabIdChain: ['tabId'], map: null }

export const unmapped = (event: JsonObject): Mapped => ({
  event,
  format: nativeFormat.name,
  tabIdFrom: 'tabId',
  tabIdChain: nativeFormat.tabIdChain,
})
