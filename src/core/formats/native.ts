import type { Format } from './format.ts'

/** What the README calls a raw event: taken as it is. */
export const nativeFormat: Format = { name: 'native', tabIdChain: ['tabId'], map: null }
