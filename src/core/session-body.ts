// What a session is restored from, beyond its head, as one short text: the values of a document without their
// names. A million restored sessions wait like this for their next event: text costs a third of the memory of
// objects, and the collector of garbage next to nothing. Written out line by line, once there and once back: a
// walk over a list of names takes several times as long.
import type { SessionDocument } from './session-document.ts'

type Document = SessionDocument
type Page = Pick<Document['pages']['entry'], 'url' | 'title'>

/** What `restored-session.ts` reads of a document; what is not named here it cannot see. */
export type SessionBody = Pick<
  Document,
  | 'lastQuery'
  | 'profile'
  | 'properties'
  | 'traits'
  | 'aux'
  | 'site'
  | 'state'
  | 'device'
  | 'os'
  | 'app'
  | 'utm'
  | 'click_id'
> & {
  readonly metadata: Pick<Document['metadata'], 'channel' | 'aux'> & {
    readonly time: Pick<Document['metadata']['time'], 'create'>
  }
  readonly activity: Pick<Document['activity'], 'events' | 'page_views' | 'searches' | 'conversions'>
  readonly pages: { readonly entry: Page; readonly exit: Page }
  readonly referrer: Pick<Document['referrer'], 'url' | 'class' | 'name'>
  readonly quality: Pick<Document['quality'], 'late_events' | 'duplicates' | 'clock_skew_ms' | 'reduced'>
}

export function packBody(document: SessionBody): string {
  return JSON.stringify(valuesOf(document))
}

type Values = ReturnType<typeof valuesOf>

// biome-ignore format: a line of the list is a line of `unpackBody`
function valuesOf(document: SessionBody) {
  const { metadata, device, os, app, utm, activity, pages, quality } = document
  const { geo } = device
  return [
    document.lastQuery, document.profile, document.properties, document.traits, document.aux, document.site, document.state,
    document.referrer.url, document.referrer.class, document.referrer.name, document.click_id.name, document.click_id.value,
    metadata.channel, metadata.aux, metadata.time.create,
    device.name, device.brand, device.model, device.type, device.touch,
    device.ip, device.resolution, device.color_depth, device.orientation,
    geo.country.name, geo.country.code, geo.city, geo.county, geo.region, geo.postal,
    geo.latitude, geo.longitude, geo.location, geo.time_zone, geo.asn, geo.as_org,
    os.name, os.version,
    app.type, app.name, app.version, app.language, app.bot, app.bot_reasons, app.resolution,
    utm.source, utm.medium, utm.campaign, utm.term, utm.content,
    activity.events, activity.page_views, activity.searches, activity.conversions,
    pages.entry.url, pages.entry.title, pages.exit.url, pages.exit.title,
    quality.late_events, quality.duplicates, quality.clock_skew_ms, quality.reduced,
  ] as const
}

/** The inverse of `packBody`. */
// biome-ignore format: see `valuesOf`
export function unpackBody(packed: string): SessionBody {
  const [
    lastQuery, profile, properties, traits, aux, site, state,
    referrer, referrerClass, referrerName, clickName, clickValue,
    channel, metadataAux, create,
    name, brand, model, type, touch,
    ip, resolution, color_depth, orientation,
    country, code, city, county, region, postal,
    latitude, longitude, location, time_zone, asn, as_org,
    osName, osVersion,
    appType, appName, appVersion, language, bot, bot_reasons, viewport,
    source, medium, campaign, term, content,
    events, page_views, searches, conversions,
    entryUrl, entryTitle, exitUrl, exitTitle,
    late_events, duplicates, clock_skew_ms, reduced,
  ] = JSON.parse(packed) as Values
  const geo = {
    country: { name: country, code }, city, county, region, postal, latitude, longitude, location, time_zone, asn,
    as_org,
  }
  return {
    lastQuery, profile, properties, traits, aux, site, state,
    referrer: { url: referrer, class: referrerClass, name: referrerName },
    click_id: { name: clickName, value: clickValue },
    metadata: { channel, aux: metadataAux, time: { create } },
    device: { name, brand, model, type, touch, ip, resolution, color_depth, orientation, geo },
    os: { name: osName, version: osVersion },
    app: { type: appType, name: appName, version: appVersion, language, bot, bot_reasons, resolution: viewport },
    utm: { source, medium, campaign, term, content },
    activity: { events, page_views, searches, conversions },
    pages: { entry: { url: entryUrl, title: entryTitle }, exit: { url: exitUrl, title: exitTitle } },
    quality: { late_events, duplicates, clock_skew_ms, reduced },
  }
}
