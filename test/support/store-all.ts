import type { Privacy } from '../../src/core/privacy.ts'

/** Nothing is taken out of events: what most tests are not about. */
export const storeAll: Privacy = { ip: 'keep', redactedParameters: new Set() }
