// The Session document, defined once. The TypeScript type below, the Elasticsearch mapping and the field
// table of the README are all derived from `documentFields`.
import type { Json, JsonObject } from './json.ts'

/** How a field is stored and searched; the names are Elasticsearch's mapping types. */
export type FieldKind =
  | 'keyword'
  | 'keywords'
  | 'date'
  | 'double'
  | 'long'
  | 'integer'
  | 'byte'
  | 'boolean'
  | 'ip'
  | 'geo_point'
  | 'flattened'
  | 'opaque'

export type Field = { readonly kind: FieldKind; readonly nullable: boolean; readonly about: string }
export type FieldTree = { readonly [name: string]: Field | FieldTree }

const always = <const K extends FieldKind>(kind: K, about: string) =>
  ({ kind, nullable: false, about }) as const
const maybe = <const K extends FieldKind>(kind: K, about: string) =>
  ({ kind, nullable: true, about }) as const

const page = (which: string) =>
  ({
    url: maybe('keyword', `URL of the ${which} page view`),
    host: maybe('keyword', 'Its host'),
    path: maybe('keyword', 'Its path'),
    title: maybe('keyword', 'Its title'),
  }) as const

export const documentFields = {
  id: always('keyword', 'Unique identifier of the session: UUID v5 of gap, cell of the start, and tab'),
  sessionTrackingToken: always('keyword', 'The same as `id`'),
  tabId: always('keyword', 'The browser tab'),
  lastSeen: always('date', 'Event time of the latest event'),
  lastQuery: maybe('keyword', 'The latest search text'),
  metadata: {
    time: {
      insert: always('date', 'Event time of the first event'),
      create: maybe('date', "Wall clock of the document's first write"),
      update: maybe('date', "Wall clock of the document's latest write"),
      timestamp: always('double', '`insert` in Unix seconds'),
      duration: always('integer', 'Whole seconds from the first event to the latest'),
      weekday: always('byte', 'Weekday of `insert` in TIME_ZONE: 0 = Sunday … 6 = Saturday'),
      hour: always('byte', 'Hour of `insert` in TIME_ZONE: 0–23'),
      weekdayLocal: maybe('byte', "Weekday of `insert` in the visitor's time zone"),
      hourLocal: maybe('byte', "Hour of `insert` in the visitor's time zone"),
    },
    channel: always(
      'keyword',
      '`context.channel` of the first event, else the default channel of Google Analytics 4 or `AI Assistants`; empty without a page',
    ),
    aux: always('flattened', '`context.aux` of the first event'),
    status: always('keyword', '`active` or `ended`; redirects have `merged`, erased sessions `erased`'),
  },
  operation: {
    new: always('boolean', 'True on the first write'),
    update: always('boolean', 'True on later writes'),
    segment: always('boolean', 'Always false'),
    merge: always('keywords', 'Ids that this session absorbed'),
  },
  profile: {
    id: always('keyword', 'Profile id'),
    primary_id: maybe('keyword', 'Primary profile id'),
    metadata: maybe('flattened', 'Profile metadata'),
  },
  device: {
    name: always('keyword', 'Brand and model where known, else "Other"'),
    brand: maybe('keyword', 'Brand'),
    model: maybe('keyword', 'Model'),
    type: maybe('keyword', 'desktop, mobile, tablet, tv, console, wearable, embedded, or bot'),
    touch: always('boolean', 'Whether the device has a touch screen'),
    ip: maybe('ip', 'IP address'),
    resolution: maybe('keyword', 'Screen, as 1920x1080'),
    geo: {
      country: { name: maybe('keyword', 'Country'), code: maybe('keyword', 'ISO 3166-1 alpha-2') },
      city: maybe('keyword', 'City'),
      county: maybe('keyword', 'Second subdivision, else first'),
      region: maybe('keyword', 'First subdivision'),
      postal: maybe('keyword', 'Postal code'),
      latitude: maybe('keyword', 'Latitude, degrees'),
      longitude: maybe('keyword', 'Longitude, degrees'),
      location: maybe('geo_point', '"latitude,longitude"'),
      time_zone: maybe('keyword', 'IANA time zone'),
      asn: maybe('long', 'Autonomous system number'),
      as_org: maybe('keyword', 'Its organisation'),
    },
    color_depth: maybe('keyword', 'Bits per pixel'),
    orientation: maybe('keyword', 'Screen orientation'),
  },
  os: { name: always('keyword', 'Operating system, or "Other"'), version: always('keyword', 'Its version') },
  app: {
    type: always('keyword', 'Type of application; `browser` unless told otherwise'),
    name: always('keyword', 'Browser or application, or "Other"'),
    version: always('keyword', 'Its version'),
    language: maybe('keyword', 'Locale'),
    bot: always('boolean', 'Whether it is a robot'),
    bot_reasons: always('keywords', 'Why it is held for one; see Devices and robots'),
    resolution: maybe('keyword', 'Viewport, as 1280x720'),
  },
  utm: {
    source: maybe('keyword', 'UTM source of the first event'),
    medium: maybe('keyword', 'UTM medium'),
    campaign: maybe('keyword', 'UTM campaign'),
    term: maybe('keyword', 'UTM term'),
    content: maybe('keyword', 'UTM content'),
  },
  context: { ip: maybe('ip', 'IP address of the session') },
  properties: always('flattened', 'Custom properties; per key the latest event wins'),
  traits: always('flattened', 'Custom traits; per key the latest event wins'),
  aux: always('flattened', 'Auxiliary data; per key the latest event wins'),
  activity: {
    events: always('integer', 'Distinct events'),
    page_views: always('integer', 'Events of type `page-view`'),
    searches: always('integer', 'Events of type `search`, or with a query'),
    conversions: always('integer', 'Events of CONVERSION_TYPES, and views of pages of CONVERSION_PATHS'),
    conversion_value: always('double', 'Sum of their values'),
    bounced: always('byte', '1 if at most one page view and no conversion, else 0'),
    engaged_seconds: maybe(
      'integer',
      'Sum of the gaps of at most 30 s between successive events; null if the session is longer than 12 hours',
    ),
  },
  pages: { entry: page('first'), exit: page('last') },
  referrer: {
    url: maybe('keyword', 'Referrer of the first event'),
    host: maybe('keyword', 'Its host'),
    class: maybe(
      'keyword',
      'search, social, e-mail, ai-assistant, internal (the same site), excluded (EXCLUDED_REFERRERS), other',
    ),
    name: maybe('keyword', 'Name of the search engine, network, mail or assistant'),
  },
  click_id: { name: maybe('keyword', 'gclid, fbclid…'), value: maybe('keyword', 'Its value') },
  site: maybe('keyword', 'Site or application'),
  quality: {
    late_events: always('integer', 'Events that came after the watermark had passed them'),
    duplicates: always('integer', 'Repeats that were left out'),
    clock_skew_ms: always('long', "Largest correction of the client's clock"),
    overlong: always('boolean', 'Over 12 hours or 10,000 events: a robot or a kiosk'),
    dedupe_limited: always('boolean', 'Over 1,024 events: a very late repeat may have been counted'),
    reduced: maybe('keyword', 'Why user-supplied objects are missing, if they are'),
  },
  source: {
    topic: maybe('keyword', 'Kafka topic'),
    partition: always('integer', 'Partition'),
    offset: always('long', 'One past the last record applied to this session'),
    epoch: always('integer', 'SOURCE_EPOCH of the log'),
    timestamp: maybe('date', "That record's timestamp"),
    format: maybe('keyword', 'What that record was written in: EVENT_FORMAT, field-map, or cloudevents+…'),
    tab_id_from: maybe('keyword', 'Field of that record that its tab id was taken from'),
  },
  schema_version: always('integer', 'Version of this document'),
  state: always('opaque', 'What merging on needs; not searchable'),
} as const satisfies FieldTree

/** Raised whenever a document of an older release needs a change before it is merged on. */
export const schemaVersion = 1

type Value<K extends FieldKind> = K extends 'keyword' | 'date' | 'ip' | 'geo_point'
  ? string
  : K extends 'keywords'
    ? readonly string[]
    : K extends 'boolean'
      ? boolean
      : K extends 'flattened'
        ? JsonObject
        : K extends 'opaque'
          ? Json
          : number

type FieldValue<F> = F extends { kind: infer K extends FieldKind; nullable: infer N }
  ? N extends true
    ? Value<K> | null
    : Value<K>
  : { readonly [P in keyof F]: FieldValue<F[P]> }

type Fields = { readonly [P in keyof typeof documentFields]: FieldValue<(typeof documentFields)[P]> }

export function isField(node: Field | FieldTree): node is Field {
  return typeof (node as Field).kind === 'string' && typeof (node as Field).about === 'string'
}

/** Dates are ISO 8601 in UTC with milliseconds. `profile` is null until an event carries one. */
export type DocumentFields = Omit<Fields, 'profile' | 'state'> & {
  readonly profile: Fields['profile'] | null
}
