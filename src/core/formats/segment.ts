import type { JsonObject } from '../json.ts'
import { id, object, withTabId } from './fields.ts'
import type { Format } from './format.ts'
import { batchOf, specCalls, specEvent } from './segment-spec.ts'

const name = 'segment'

/** Segment's calls know no tab and no session: the first two are for producers who add them. */
const tabIdChain = [
  'context.tabId',
  'context.sessionId',
  'anonymousId',
  'context.device.id',
  'userId',
] as const

export const segmentFormat: Format = {
  name,
  tabIdChain,
  map(message) {
    const batch = batchOf(message, name)
    if (batch !== null) return batch
    const context = object(message.context)
    return withTabId(name, specEvent(message, true), tabIdChain, [
      id(context.tabId),
      id(context.sessionId),
      id(message.anonymousId),
      id(object(context.device).id),
      id(message.userId),
    ])
  },
}

export const isSegment = (message: JsonObject): boolean =>
  typeof message.messageId === 'string' &&
  specCalls.has(message.type) &&
  (id(message.anonymousId) !== undefined || id(message.userId) !== undefined)
