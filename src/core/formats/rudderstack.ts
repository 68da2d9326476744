import type { JsonObject } from '../json.ts'
import { id, object, text, withTabId } from './fields.ts'
import type { Format } from './format.ts'
import { isSegment } from './segment.ts'
import { batchOf, specEvent } from './segment-spec.ts'

const name = 'rudderstack'

/** Its session id is a time, which visitors may share: only with the visitor's id is it one of a kind. */
const tabIdChain = [
  'context.tabId',
  'anonymousId:context.sessionId',
  'anonymousId',
  'context.device.id',
  'userId',
] as const

export const rudderstackFormat: Format = {
  name,
  tabIdChain,
  map(message) {
    const batch = batchOf(message, name)
    if (batch !== null) return batch
    const context = object(message.context)
    const [visitor, session] = [id(message.anonymousId), id(context.sessionId)]
    // In a browser its SDK gives its own name as that of the application.
    const event = specEvent(withAddress(message, context), message.channel !== 'web')
    return withTabId(name, event, tabIdChain, [
      id(context.tabId),
      visitor !== undefined && session !== undefined ? `${visitor}:${session}` : undefined,
      visitor,
      id(object(context.device).id),
      id(message.userId),
    ])
  },
}

/** Its gateway notes where a request came from. On behalf of a visitor, it comes from a server. */
function withAddress(message: JsonObject, context: JsonObject): JsonObject {
  const { channel, request_ip: ip = null } = message
  const isVisitors = channel === 'web' || channel === 'mobile'
  return isVisitors && text(context.ip) === undefined ? { ...message, context: { ...context, ip } } : message
}

export const isRudderstack = (message: JsonObject): boolean =>
  isSegment(message) &&
  (typeof message.rudderId === 'string' ||
    /\brudder/i.test(text(object(object(message.context).library).name) ?? ''))
