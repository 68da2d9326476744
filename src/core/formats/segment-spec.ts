// The calls of the Segment specification, which RudderStack shares:
// https://segment.com/docs/connections/spec/common/ and https://www.rudderstack.com/docs/event-spec/standard-events/
import type { JsonObject } from '../json.ts'
import { deadLetter, type Outcome } from '../outcome.ts'
import {
  amount,
  deviceHints,
  group,
  id,
  members,
  object,
  pixels,
  referrerUrl,
  text,
  time,
  typeName,
} from './fields.ts'
import type { Unjudged } from './format.ts'

export const specCalls: ReadonlySet<unknown> = new Set([
  'identify',
  'track',
  'page',
  'screen',
  'group',
  'alias',
])

const pageProperties = new Set(['url', 'title', 'referrer', 'path', 'search'])

/** All of a call but its tab id. `hasApp`: whether `context.app` is the application that the visitor uses. */
export function specEvent(message: JsonObject, hasApp: boolean): Unjudged {
  const properties = object(message.properties)
  const context = object(message.context)
  const isPage = message.type === 'page' || message.type === 'screen'
  const profileId = id(message.userId) ?? id(message.anonymousId)
  return {
    eventId: id(message.messageId),
    type: typeOf(message),
    ...timesOf(message),
    query: message.type === 'track' ? text(properties.query) : undefined,
    value: amount(properties.revenue, properties.value, properties.total),
    profile: profileId === undefined ? undefined : { id: profileId },
    context: contextOf(context, isPage ? { ...properties, name: message.name ?? null } : {}, hasApp),
    properties: members(message.properties, key => !(isPage && pageProperties.has(key))),
    traits: traitsOf(message) ?? members(context.traits),
  }
}

/** A record that holds several calls, which would have to be several records. */
export function batchOf({ batch }: JsonObject, format: string): Outcome<never> | null {
  if (!Array.isArray(batch)) return null
  return deadLetter('invalid-event', `${format}: a batch of ${batch.length}; one record holds one event`)
}

/** Views of pages and, in apps, of screens are what a session counts as page views; a tracked event has its own name. */
function typeOf({ type, event }: JsonObject): string | undefined {
  if (type === 'page' || type === 'screen') return 'page-view'
  return type === 'track' ? typeName(event) : typeName(type)
}

/**
 * `timestamp` is put right by the server that sets `receivedAt`, so it must not be put right again. Where only the
 * client's own time is there, it is: with `sentAt`, by our rule.
 */
function timesOf({ timestamp, originalTimestamp, sentAt, receivedAt }: JsonObject) {
  const corrected = time(timestamp)
  if (corrected !== undefined) return { timestamp: corrected, receivedAt: time(receivedAt) }
  return { timestamp: time(originalTimestamp), sentAt: time(sentAt), receivedAt: time(receivedAt) }
}

/** RudderStack's SDK for browsers leaves those of `identify` in the context. Those of `group` are not the visitor's. */
const traitsOf = ({ type, traits }: JsonObject): JsonObject | undefined =>
  type === 'identify' ? members(traits) : undefined

function contextOf(context: JsonObject, call: JsonObject, hasApp: boolean) {
  const { width, height, innerWidth, innerHeight, colorDepth } = object(context.screen)
  const { name, source, medium, term, content } = object(context.campaign)
  const [userAgent, location] = [text(context.userAgent), object(context.location)]
  return {
    ip: text(context.ip),
    userAgent,
    clientHints: hintsOf(context, userAgent),
    locale: text(context.locale),
    timeZone: zoneOf(text(context.timezone)),
    page: pageOf(object(context.page), call, object(context.referrer)),
    screen: group({ width: pixels(width), height: pixels(height), colorDepth: pixels(colorDepth) }),
    viewport: group({ width: pixels(innerWidth), height: pixels(innerHeight) }),
    utm: group({
      source: id(source),
      medium: id(medium),
      campaign: id(name),
      term: id(term),
      content: id(content),
    }),
    app: hasApp ? appOf(object(context.app), object(context.device)) : undefined,
    geo: group({
      country: group({ name: text(location.country) }),
      region: text(location.region),
      city: text(location.city),
      latitude: id(location.latitude),
      longitude: id(location.longitude),
    }),
  }
}

/** RudderStack's SDKs tell the offset: `GMT+0530`. */
const zoneOf = (zone: string | undefined): string | undefined =>
  zone?.replace(/^GMT([+-]\d{2})(\d{2})$/, '$1:$2')

/** Segment's and RudderStack's SDKs for browsers name them differently. */
function hintsOf(context: JsonObject, userAgent: string | undefined): JsonObject | undefined {
  const hints = members(context.userAgentData) ?? members(context['ua-ch'])
  if (hints !== undefined || userAgent !== undefined) return hints
  const os = object(context.os)
  return deviceHints(os.name, os.version, object(context.device).model)
}

/** Only apps send what kind of device they run on. */
function appOf(app: JsonObject, device: JsonObject) {
  const name = text(app.name)
  if (name === undefined) return undefined
  return { type: text(device.type) === undefined ? undefined : 'app', name, version: id(app.version) }
}

function pageOf(page: JsonObject, call: JsonObject, referrer: JsonObject) {
  return group({
    url: text(page.url) ?? text(call.url),
    title: text(page.title) ?? text(call.title) ?? text(call.name),
    referrer: referrerUrl(page.referrer) ?? referrerUrl(call.referrer) ?? text(referrer.url),
  })
}
