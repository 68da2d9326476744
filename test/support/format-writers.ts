// One behaviour, written as each format's own SDKs would: by hand, from their specifications, without the code that reads it.
import type { EventFormatName } from '../../src/core/formats/event-formats.ts'
import { snowplowLine } from './snowplow-line.ts'

/** What a visitor did, in words that every format has. */
export type Deed = {
  readonly id: string
  readonly tab: string
  readonly visitor: string
  /** A page view, or else the name of what was done. */
  readonly name: 'page-view' | string
  /** Epoch ms, right already. */
  readonly at: number
  readonly receivedAt: number
  readonly url: string
  readonly title: string
  readonly referrer: string
  readonly userAgent: string
  readonly locale: string
  readonly timeZone: string
  readonly ip: string
  readonly screen: readonly [width: number, height: number]
  readonly viewport: readonly [width: number, height: number]
  readonly campaign: string | null
  readonly value: number | null
  readonly properties: Readonly<Record<string, string>>
}

const iso = (at: number) => new Date(at).toISOString()

function native(deed: Deed): object {
  const { campaign, screen, viewport, url, title, referrer, userAgent, locale, timeZone, ip } = deed
  return {
    eventId: deed.id,
    tabId: deed.tab,
    type: deed.name,
    timestamp: deed.at,
    receivedAt: deed.receivedAt,
    value: deed.value,
    profile: { id: deed.visitor },
    context: {
      ip,
      userAgent,
      locale,
      timeZone,
      page: { url, title, referrer },
      screen: { width: screen[0], height: screen[1] },
      viewport: { width: viewport[0], height: viewport[1] },
      ...(campaign !== null && { utm: { source: 'news', medium: 'email', campaign } }),
    },
    properties: deed.properties,
  }
}

function segment(deed: Deed): object {
  const { url, title, referrer, screen, viewport, campaign } = deed
  const isPage = deed.name === 'page-view'
  return {
    type: isPage ? 'page' : 'track',
    ...(!isPage && { event: deed.name }),
    messageId: deed.id,
    anonymousId: deed.visitor,
    timestamp: iso(deed.at),
    receivedAt: iso(deed.receivedAt),
    context: {
      tabId: deed.tab,
      ip: deed.ip,
      userAgent: deed.userAgent,
      locale: deed.locale,
      timezone: deed.timeZone,
      page: { url, title, referrer, path: '/', search: '' },
      screen: { width: screen[0], height: screen[1], innerWidth: viewport[0], innerHeight: viewport[1] },
      ...(campaign !== null && { campaign: { source: 'news', medium: 'email', name: campaign } }),
    },
    properties: { ...deed.properties, ...(deed.value !== null && { revenue: deed.value }) },
  }
}

const rudderstack = (deed: Deed): object => ({ ...segment(deed), rudderId: 'r', channel: 'web' })

function posthog(deed: Deed): object {
  const utm = { utm_source: 'news', utm_medium: 'email', utm_campaign: deed.campaign }
  const event = {
    event: deed.name === 'page-view' ? '$pageview' : deed.name,
    properties: {
      ...deed.properties,
      ...(deed.value !== null && { revenue: deed.value }),
      ...(deed.campaign !== null && utm),
      $window_id: deed.tab,
      $session_id: 'shared by all tabs',
      $current_url: deed.url,
      title: deed.title,
      $referrer: deed.referrer,
      $raw_user_agent: deed.userAgent,
      $browser_language: deed.locale,
      $timezone: deed.timeZone,
      $screen_width: deed.screen[0],
      $screen_height: deed.screen[1],
      $viewport_width: deed.viewport[0],
      $viewport_height: deed.viewport[1],
      $lib: 'web',
    },
    timestamp: iso(deed.at),
  }
  return {
    uuid: deed.id,
    distinct_id: deed.visitor,
    ip: deed.ip,
    data: JSON.stringify(event),
    now: iso(deed.receivedAt).replace('Z', '000+00:00'),
    token: 'phc',
  }
}

const spaced = (at: number) => iso(at).replace('T', ' ').replace('Z', '')

function snowplow(deed: Deed): string {
  const isPage = deed.name === 'page-view'
  const vendor = 'com.snowplowanalytics.snowplow'
  const described = { schema: 'iglu:com.acme/deed/jsonschema/1-0-0', data: deed.properties }
  const tab = { schema: `iglu:${vendor}/browser_context/jsonschema/2-0-0`, data: { tabId: deed.tab } }
  return snowplowLine({
    event_id: deed.id,
    event: isPage ? 'page_view' : 'unstruct',
    event_name: deed.name,
    v_collector: 'ssc',
    collector_tstamp: spaced(deed.receivedAt),
    derived_tstamp: spaced(deed.at),
    domain_userid: deed.visitor,
    domain_sessionid: 'shared by all tabs',
    user_ipaddress: deed.ip,
    useragent: deed.userAgent,
    br_lang: deed.locale,
    os_timezone: deed.timeZone,
    page_url: deed.url,
    page_title: deed.title,
    page_referrer: deed.referrer,
    dvce_screenwidth: String(deed.screen[0]),
    dvce_screenheight: String(deed.screen[1]),
    br_viewwidth: String(deed.viewport[0]),
    br_viewheight: String(deed.viewport[1]),
    ...(deed.campaign !== null && { mkt_source: 'news', mkt_medium: 'email', mkt_campaign: deed.campaign }),
    ...(deed.value !== null && { tr_total: String(deed.value) }),
    contexts: JSON.stringify({ schema: `iglu:${vendor}/contexts/jsonschema/1-0-0`, data: [tab] }),
    unstruct_event: JSON.stringify({
      schema: `iglu:${vendor}/unstruct_event/jsonschema/1-0-0`,
      data: described,
    }),
  })
}

function tracardi(deed: Deed): object {
  const { url, title, referrer: referer, screen, viewport, campaign } = deed
  const utm = { source: 'news', medium: 'email', campaign }
  const time = { insert: iso(deed.receivedAt).replace('Z', '000'), create: iso(deed.at).replace('Z', '000') }
  return {
    source: { id: 'shop' },
    session: { id: 'shared by all tabs' },
    profile: { id: deed.visitor },
    context: {
      tabId: deed.tab,
      ip: deed.ip,
      time: { tz: deed.timeZone },
      page: { url, title, referer },
      screen: { width: screen[0], height: screen[1], innerWidth: viewport[0], innerHeight: viewport[1] },
      browser: { local: { browser: { userAgent: deed.userAgent, language: deed.locale } } },
    },
    events: [
      {
        id: deed.id,
        type: deed.name,
        metadata: { time },
        properties: { ...deed.properties, ...(deed.value !== null && { value: deed.value }) },
        ...(campaign !== null && { utm }),
      },
    ],
  }
}

const cloudEvent = (deed: Deed): object => ({
  specversion: '1.0',
  id: deed.id,
  source: '/shop',
  type: deed.name,
  time: iso(deed.at),
  partitionkey: deed.tab,
  data: { ...native(deed), eventId: null, tabId: null, type: null, timestamp: null },
})

const json = (write: (deed: Deed) => object) => (deed: Deed) => JSON.stringify(write(deed))

/** By what EVENT_FORMAT says, the text of a record's value; for each, where the tab id is. */
export const formatWriters: readonly {
  readonly name: string
  readonly format: EventFormatName
  readonly tabIdFrom: string
  readonly write: (deed: Deed) => string
}[] = [
  { name: 'native', format: 'native', tabIdFrom: 'tabId', write: json(native) },
  { name: 'segment', format: 'segment', tabIdFrom: 'context.tabId', write: json(segment) },
  { name: 'rudderstack', format: 'rudderstack', tabIdFrom: 'context.tabId', write: json(rudderstack) },
  { name: 'posthog', format: 'posthog', tabIdFrom: '$window_id', write: json(posthog) },
  { name: 'snowplow', format: 'snowplow', tabIdFrom: 'browser_context.tabId', write: snowplow },
  { name: 'tracardi', format: 'tracardi', tabIdFrom: 'context.tabId', write: json(tracardi) },
  { name: 'cloudevents+native', format: 'native', tabIdFrom: 'ce_partitionkey', write: json(cloudEvent) },
]
