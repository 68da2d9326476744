// PostHog: an event as the capture API takes it (https://posthog.com/docs/api/capture), as its capture service puts it
// on Kafka (the event as text in `data`), and as it goes on from there (`properties` as text).
import { parseInstant } from '../instant.ts'
import type { Json, JsonObject } from '../json.ts'
import {
  amount,
  deviceHints,
  group,
  id,
  members,
  number,
  objectOrText,
  pixels,
  referrerUrl,
  text,
  typeName,
  utcTime,
  withTabId,
} from './fields.ts'
import type { Format } from './format.ts'
import { batchOf } from './segment-spec.ts'

const name = 'posthog'
const tabIdChain = ['$window_id', '$session_id', '$device_id', 'distinct_id'] as const

export const posthogFormat: Format = {
  name,
  tabIdChain,
  map(record) {
    const captured =
      typeof record.data === 'string' ? { ...objectOrText(record.data), ...aroundData(record) } : record
    const batch = batchOf(captured, name)
    if (batch !== null) return batch
    const properties = objectOrText(captured.properties)
    const distinctId = id(captured.distinct_id) ?? id(properties.distinct_id)
    return withTabId(name, eventOf(captured, properties, distinctId), tabIdChain, [
      id(properties.$window_id) ?? id(captured.window_id),
      id(properties.$session_id) ?? id(captured.session_id),
      id(properties.$device_id),
      distinctId,
    ])
  },
}

export const isPosthog = (record: JsonObject): boolean =>
  typeof record.distinct_id === 'string' &&
  (typeof record.event === 'string' || (typeof record.data === 'string' && typeof record.token === 'string'))

/** What the capture service says of an event is worth more than what the event says of itself. */
const aroundData = (record: JsonObject): JsonObject =>
  members(record, key => key !== 'data' && record[key] !== null) ?? {}

const ownProperties = new Set(['distinct_id', 'token', 'title'])

function eventOf(captured: JsonObject, properties: JsonObject, distinctId: string | undefined) {
  const isView = captured.event === '$pageview' || captured.event === '$screen'
  return {
    eventId: id(captured.uuid) ?? id(properties.$insert_id),
    type: isView ? 'page-view' : typeName(captured.event),
    ...timesOf(captured, properties),
    value: amount(properties.revenue, properties.value),
    profile: distinctId === undefined ? undefined : { id: distinctId },
    context: contextOf(captured, properties),
    // Those with a dollar are PostHog's own: what of them has a place is in the context.
    properties: members(properties, key => !ownProperties.has(key) && !/^(\$|utm_)/.test(key)),
    traits: members(captured.$set) ?? members(properties.$set),
  }
}

/** https://posthog.com/docs/data/timestamps: `timestamp`, put right by `sent_at` unless told not to, else `offset`. */
function timesOf({ timestamp, offset, sent_at, now }: JsonObject, { $ignore_sent_at }: JsonObject) {
  const receivedAt = utcTime(now)
  const occurred = utcTime(timestamp)
  if (occurred === undefined) return { timestamp: before(receivedAt, number(offset)), receivedAt }
  return { timestamp: occurred, receivedAt, sentAt: $ignore_sent_at === true ? undefined : utcTime(sent_at) }
}

/** So many ms before it was received. Only where both are there and right: all else is the schema's to judge. */
function before(receivedAt: Json | undefined, offsetMs: number | undefined): number | undefined {
  const received = typeof receivedAt === 'string' ? parseInstant(receivedAt) : number(receivedAt)
  return received == null || offsetMs === undefined ? undefined : received - offsetMs
}

function contextOf(captured: JsonObject, properties: JsonObject) {
  const { $raw_user_agent, $user_agent, $os, $os_version, $device_model } = properties
  const { utm_source, utm_medium, utm_campaign, utm_term, utm_content } = properties
  const userAgent = text($raw_user_agent) ?? text($user_agent)
  return {
    ip: text(properties.$ip) ?? text(captured.ip),
    userAgent,
    clientHints: userAgent === undefined ? deviceHints($os, $os_version, $device_model) : undefined,
    locale: text(properties.$browser_language) ?? text(properties.$locale),
    timeZone: text(properties.$timezone),
    page: pageOf(properties),
    screen: group({ width: pixels(properties.$screen_width), height: pixels(properties.$screen_height) }),
    viewport: group({
      width: pixels(properties.$viewport_width),
      height: pixels(properties.$viewport_height),
    }),
    utm: group({
      source: id(utm_source),
      medium: id(utm_medium),
      campaign: id(utm_campaign),
      term: id(utm_term),
      content: id(utm_content),
    }),
    app: appOf(properties),
    geo: geoOf(properties),
  }
}

function pageOf({ $current_url, title, $title, $screen_name, $referrer }: JsonObject) {
  return group({
    url: text($current_url),
    title: text(title) ?? text($title) ?? text($screen_name),
    referrer: referrerUrl($referrer),
  })
}

/** Only the SDKs of apps name one. */
function appOf({ $app_name, $app_version }: JsonObject) {
  const appName = text($app_name)
  return appName === undefined ? undefined : { type: 'app', name: appName, version: id($app_version) }
}

const geoOf = (properties: JsonObject) =>
  group({
    country: group({
      name: text(properties.$geoip_country_name),
      code: text(properties.$geoip_country_code),
    }),
    region: text(properties.$geoip_subdivision_1_name),
    city: text(properties.$geoip_city_name),
    postal: id(properties.$geoip_postal_code),
    latitude: id(properties.$geoip_latitude),
    longitude: id(properties.$geoip_longitude),
    time_zone: text(properties.$geoip_time_zone),
  })
