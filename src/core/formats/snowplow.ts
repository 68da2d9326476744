// Snowplow's enriched events, as lines of 131 columns and as the JSON of its Analytics SDKs:
// https://docs.snowplow.io/docs/fundamentals/canonical-event/
import type { JsonObject } from '../json.ts'
import {
  amount,
  deviceHints,
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
import type { Format } from './format.ts'
import { parseSnowplowTsv } from './snowplow-tsv.ts'

const name = 'snowplow'
const tabIdChain = [
  'browser_context.tabId',
  'domain_sessionid',
  'client_session.sessionId',
  'domain_userid',
  'network_userid',
  'user_id',
] as const

export const snowplowFormat: Format = {
  name,
  tabIdChain,
  parse: parseSnowplowTsv,
  map: record =>
    withTabId(name, eventOf(record), tabIdChain, [
      id(entity(record, 'com_snowplowanalytics_snowplow_browser_context').tabId),
      id(record.domain_sessionid),
      id(entity(record, 'com_snowplowanalytics_snowplow_client_session').sessionId),
      id(record.domain_userid),
      id(record.network_userid),
      id(record.user_id),
    ]),
}

export const isSnowplow = (record: JsonObject): boolean =>
  typeof record.event_id === 'string' &&
  record.collector_tstamp !== undefined &&
  typeof record.v_collector === 'string'

/** The first entity of a schema, of whatever version it is. */
function entity(record: JsonObject, schema: string): JsonObject {
  const entities = ['1', '2', '3'].map(version => record[`contexts_${schema}_${version}`]).find(Array.isArray)
  return object(entities?.[0])
}

function eventOf(record: JsonObject) {
  const described = selfDescribing(record)
  const profileId = id(record.user_id) ?? id(record.domain_userid) ?? id(record.network_userid)
  return {
    eventId: id(record.event_id),
    type: typeOf(record),
    ...timesOf(record),
    query: searched(described),
    value: amount(record.tr_total, record.se_value),
    site: text(record.app_id),
    profile: profileId === undefined ? undefined : { id: profileId },
    context: contextOf(record),
    properties: propertiesOf(record, described),
  }
}

/** The data of a self-describing event. */
function selfDescribing(record: JsonObject): JsonObject {
  const key = Object.keys(record).find(key => key.startsWith('unstruct_event_'))
  return key === undefined ? {} : object(record[key])
}

function typeOf({ event, event_name, se_action }: JsonObject): string | undefined {
  if (event === 'page_view' || event_name === 'screen_view') return 'page-view'
  if (event === 'struct') return typeName(se_action) ?? 'struct'
  return event === 'unstruct' ? typeName(event_name) : (typeName(event) ?? typeName(event_name))
}

/** `derived_tstamp` is put right by the pipeline; where it is missing, the device's own time is, by our rule. */
function timesOf(record: JsonObject) {
  const receivedAt = utcTime(record.collector_tstamp)
  const corrected = time(record.derived_tstamp) ?? time(record.true_tstamp)
  if (corrected !== undefined) return { timestamp: utcTime(corrected), receivedAt }
  return {
    timestamp: utcTime(record.dvce_created_tstamp),
    sentAt: utcTime(record.dvce_sent_tstamp),
    receivedAt,
  }
}

/** The words of a `site_search`. */
function searched({ terms }: JsonObject): string | undefined {
  return Array.isArray(terms) ? text(terms.filter(term => typeof term === 'string').join(' ')) : undefined
}

const structured = new Set(['se_category', 'se_action', 'se_label', 'se_property', 'tr_orderid'])

const propertiesOf = (record: JsonObject, described: JsonObject): JsonObject | undefined =>
  members({
    ...described,
    ...members(record, key => structured.has(key) && text(record[key]) !== undefined),
  })

function contextOf(record: JsonObject) {
  const userAgent = text(record.useragent)
  const { page_url, page_title, page_referrer } = record
  return {
    ip: text(record.user_ipaddress),
    userAgent,
    clientHints: hintsOf(record, userAgent),
    locale: text(record.br_lang),
    timeZone: text(record.os_timezone),
    page: group({ url: text(page_url), title: text(page_title), referrer: text(page_referrer) }),
    screen: group({
      width: pixels(record.dvce_screenwidth),
      height: pixels(record.dvce_screenheight),
      colorDepth: pixels(record.br_colordepth),
    }),
    viewport: group({ width: pixels(record.br_viewwidth), height: pixels(record.br_viewheight) }),
    utm: group({
      source: id(record.mkt_source),
      medium: id(record.mkt_medium),
      campaign: id(record.mkt_campaign),
      term: id(record.mkt_term),
      content: id(record.mkt_content),
    }),
    app: appOf(entity(record, 'com_snowplowanalytics_mobile_application')),
    geo: geoOf(record),
  }
}

const geoOf = (record: JsonObject) =>
  group({
    country: group({ code: text(record.geo_country) }),
    region: text(record.geo_region_name),
    city: text(record.geo_city),
    postal: id(record.geo_zipcode),
    latitude: id(record.geo_latitude),
    longitude: id(record.geo_longitude),
    time_zone: text(record.geo_timezone),
    as_org: text(record.ip_organization),
  })

function hintsOf(record: JsonObject, userAgent: string | undefined): JsonObject | undefined {
  const { isMobile, ...hints } = entity(record, 'org_ietf_http_client_hints')
  if (Object.keys(hints).length > 0) return isMobile === undefined ? hints : { ...hints, mobile: isMobile }
  if (userAgent !== undefined) return undefined
  const { osType, osVersion, deviceModel } = entity(record, 'com_snowplowanalytics_snowplow_mobile_context')
  return deviceHints(osType, osVersion, deviceModel)
}

const appOf = ({ version }: JsonObject) =>
  version === undefined ? undefined : { type: 'app', version: id(version) }
