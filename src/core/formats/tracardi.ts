// Tracardi: the payload of its tracker (https://github.com/Tracardi/tracardi-js) with one event in it, and an event as
// Tracardi stores it and hands it on.
import type { Json, JsonObject } from '../json.ts'
import { deadLetter, type Outcome } from '../outcome.ts'
import {
  amount,
  group,
  id,
  members,
  object,
  pixels,
  text,
  time,
  typeName,
  utcTime,
  withTabId,
} from './fields.ts'
import type { Format, Mapped } from './format.ts'

const name = 'tracardi'
const tabIdChain = ['context.tabId', 'session.id', 'profile.id'] as const

export const tracardiFormat: Format = {
  name,
  tabIdChain,
  map(record) {
    const { events } = record
    if (!Array.isArray(events)) return mapped(record, record)
    if (events.length === 1) return mapped(record, object(events[0]))
    return deadLetter('invalid-event', `${name}: ${events.length} events; one record holds one event`)
  },
}

export const isTracardi = (record: JsonObject): boolean =>
  typeof object(record.source).id === 'string' &&
  typeof object(record.session).id === 'string' &&
  (Array.isArray(record.events) ||
    (typeof record.type === 'string' && object(record.metadata).time !== undefined))

function mapped(payload: JsonObject, event: JsonObject): Outcome<Mapped> {
  const context = { ...object(payload.context), ...object(event.context) }
  return withTabId(name, eventOf(payload, event, context), tabIdChain, [
    id(context.tabId),
    id(object(payload.session).id),
    id(object(payload.profile).id),
  ])
}

function eventOf(payload: JsonObject, event: JsonObject, context: JsonObject) {
  const profile = object(payload.profile)
  const properties = object(event.properties)
  const profileId = id(profile.id)
  return {
    eventId: id(event.id),
    type: typeName(event.type),
    ...timesOf(object(object(event.metadata).time), object(object(payload.metadata).time)),
    query: text(object(event.hit).query) ?? text(properties.query),
    value: amount(properties.value, properties.price),
    site: id(object(payload.source).id),
    profile: profileId === undefined ? undefined : { id: profileId, primaryId: id(profile.primary_id) },
    context: contextOf(context, event, payload),
    properties: members(event.properties),
    traits: members(event.traits ?? profile.traits),
  }
}

/** Tracardi's own times have no offset, and mean UTC. `insert` is when it came in. */
function timesOf(own: JsonObject, shared: JsonObject) {
  const receivedAt = utcTime(own.insert) ?? utcTime(shared.insert)
  return { timestamp: utcTime(time(own.create) ?? time(shared.create)) ?? receivedAt, receivedAt }
}

function contextOf(context: JsonObject, event: JsonObject, payload: JsonObject) {
  const [page, hit, screen, utm] = [context.page, event.hit, context.screen, event.utm].map(object) as [
    JsonObject,
    JsonObject,
    JsonObject,
    JsonObject,
  ]
  const browser = object(object(object(context.browser).local ?? context.browser).browser)
  return {
    ip: text(context.ip) ?? text(object(payload.metadata).ip),
    userAgent: text(browser.userAgent) ?? text(context.user_agent),
    locale: text(browser.language),
    timeZone: text(object(context.time).tz),
    page: group({
      url: text(page.url) ?? text(hit.url),
      title: text(page.title) ?? text(hit.name),
      referrer: referrerOf(page.referer) ?? text(hit.referer),
    }),
    screen: group({
      width: pixels(screen.width),
      height: pixels(screen.height),
      colorDepth: pixels(screen.colorDepth),
      orientation: screen.orientation === 'n/a' ? undefined : text(screen.orientation),
    }),
    viewport: group({ width: pixels(screen.innerWidth), height: pixels(screen.innerHeight) }),
    utm: group({
      source: id(utm.source),
      medium: id(utm.medium),
      campaign: id(utm.campaign),
      term: id(utm.term),
      content: id(utm.content),
    }),
  }
}

/** The tracker tells no more of it than its host. */
function referrerOf(referer: Json | undefined): string | undefined {
  const host = text(object(referer).host)
  return host === undefined ? text(referer) : `https://${host}/`
}
