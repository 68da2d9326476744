// Every setting, once: its variable, default and meaning.
import { z } from 'zod'
import { connectionSettings } from './connection-settings.ts'
import { commonlyExcluded } from './core/enrichment/attribution.ts'
import { isTimeZone } from './core/enrichment/weekday.ts'
import { eventFormatNames } from './core/formats/event-formats.ts'
import { commonlyRedacted, ipPrivacies } from './core/privacy.ts'
import { type Setting, setting } from './setting.ts'
import {
  duration,
  fieldMapFile,
  hosts,
  httpAddress,
  list,
  listOrNone,
  offOrOn,
  text,
  whole,
} from './setting-values.ts'

export const settings = {
  ...connectionSettings,
  indexPrefix: setting(
    'INDEX_PREFIX',
    'sessions',
    text.regex(
      /^[a-z][a-z0-9_-]{0,99}$/,
      'expected lower-case letters, digits, `_`, `-`, beginning with a letter',
    ),
    'Alias that users query; indices are named PREFIX-yyyy.MM.01',
  ),
  sessionRetention: setting(
    'SESSION_RETENTION',
    'unlimited',
    duration({ min: 1_000, unlimited: true }),
    'How long a session is kept at least, from its first event on; its whole month is deleted up to a month later. Longer than MAX_LATENESS',
  ),
  kibanaUrl: setting(
    'KIBANA_URL',
    '',
    z.union([
      z.literal(''),
      z.url({ protocol: /^https?$/, error: 'expected a URL such as http://localhost:5601' }),
    ]),
    'Kibana to bring the data view and the dashboards into, with the credentials of Elasticsearch; a space is written `/s/NAME` behind it',
  ),
  sourceEpoch: setting(
    'SOURCE_EPOCH',
    '0',
    whole(0, 1023),
    'Names the log; raised by one whenever the topic is replaced by another',
  ),
  sessionGap: setting(
    'SESSION_GAP',
    '10m',
    duration({ min: 1_000 }),
    'A longer silence of a tab begins a new session; exactly this long does not',
  ),
  eventFormat: setting(
    'EVENT_FORMAT',
    'native',
    z.enum(eventFormatNames, `expected one of ${eventFormatNames.join(', ')}`),
    'What the records are written in: native is the event of this project, auto recognises each record by its marks. Each may be in a CloudEvents envelope',
  ),
  fieldMap: setting(
    'FIELD_MAP',
    '',
    fieldMapFile,
    'A JSON file that maps records of any other JSON to events, instead of EVENT_FORMAT. `map --try` shows what it makes of them',
  ),
  allowedLateness: setting(
    'ALLOWED_LATENESS',
    '5m',
    duration({ min: 0 }),
    'How far behind the newest event time still counts as on time. Later events cost a look-up, never correctness',
  ),
  maxLateness: setting(
    'MAX_LATENESS',
    '30d',
    duration({ min: 1_000, unlimited: true }),
    'An event that happened longer before it was received is a dead letter; `unlimited` for a backfill',
  ),
  flushInterval: setting(
    'FLUSH_INTERVAL',
    '250ms',
    duration({ min: 10 }),
    'Longest wait for a batch to fill; what a document lags behind its event',
  ),
  closedSessionsKept: setting(
    'CLOSED_SESSIONS_KEPT',
    '20000',
    whole(0, 1_000_000),
    'How many closed sessions a worker may keep in memory, each of its partitions an equal share; one over 4 kB counts as several. The more, the less often Elasticsearch must refresh its indices before a look-up for late events',
  ),
  timeZone: setting(
    'TIME_ZONE',
    'UTC',
    text.refine(isTimeZone, 'expected an IANA time zone such as Europe/Berlin'),
    'Zone of weekday and hour',
  ),
  geoDatabase: setting(
    'GEO_DATABASE',
    '',
    z.string(),
    'An MMDB file of your own (MaxMind, DB-IP, IP2Location, IPinfo). Without it, the embedded country database. `run` takes a new one as soon as the file has changed',
  ),
  geoAsnDatabase: setting(
    'GEO_ASN_DATABASE',
    '',
    z.string(),
    'An MMDB file that knows the networks of addresses (autonomous systems), such as GeoLite2-ASN; replaced in the same way',
  ),
  conversionTypes: setting('CONVERSION_TYPES', 'conversion', list, 'Event types that count as a conversion'),
  conversionPaths: setting(
    'CONVERSION_PATHS',
    '',
    listOrNone.refine(
      items => items.every(item => /^[/*]/.test(item)),
      'expected paths such as /checkout/done or /orders/*/thanks, separated by commas',
    ),
    'Paths of pages whose views count as a conversion, with the `value` of the event; `*` stands for any characters',
  ),
  internalDomains: setting(
    'INTERNAL_DOMAINS',
    '',
    hosts,
    "Your own domains, where a visit from one to another begins none: what is below them, and the landing page's own, are internal without being named",
  ),
  excludedReferrers: setting(
    'EXCLUDED_REFERRERS',
    commonlyExcluded.join(','),
    hosts.transform(items => (items[0] === 'none' ? [] : items)),
    'Hosts, and all below them, that are no origin of a visit: it comes back from there. `none` for none',
  ),
  ipPrivacy: setting(
    'IP_PRIVACY',
    'keep',
    z.enum(ipPrivacies, 'expected `keep`, `mask` or `drop`'),
    'What documents show of an address: all, its network (IPv4 /24, IPv6 /48), or nothing. Its place is looked up before',
  ),
  redactedParameters: setting(
    'REDACTED_PARAMETERS',
    commonlyRedacted.join(','),
    list.transform(names => (names[0] === 'none' ? [] : names.map(name => name.toLowerCase()))),
    'URL parameters whose values are not stored, nor e-mail addresses in any; `none` stores all',
  ),
  onDataLoss: setting(
    'ON_DATA_LOSS',
    'stop',
    z.enum(['stop', 'continue'], 'expected `stop` or `continue`'),
    'What to do when records expired before they were read',
  ),
  sessionLookup: setting(
    'SESSION_LOOKUP',
    'off',
    offOrOn,
    'Whether GET /tabs/{tabId}/session is answered at HTTP_ADDRESS: the session of a tab that was seen last, to anyone who reaches the address',
  ),
  sessionLookupRate: setting(
    'SESSION_LOOKUP_RATE',
    '50',
    whole(1, 100_000),
    'How many of these requests are answered a second, each with a search of Elasticsearch; the others get 429',
  ),
  httpAddress: setting(
    'HTTP_ADDRESS',
    '127.0.0.1:0',
    httpAddress,
    'Where /livez, /readyz and /metrics are served, host:port; port 0 takes a free one and logs it; `off` for none',
  ),
  page: setting(
    'PAGE',
    'off',
    offOrOn,
    'Whether a page is served there too that shows how the worker does: partitions, lag, watermarks, open sessions. It shows nothing of any event, and takes no orders',
  ),
  shutdownDeadline: setting(
    'SHUTDOWN_DEADLINE',
    '25s',
    duration({ min: 100 }),
    'How long SIGTERM or SIGINT waits for the batches in work. Shorter than the time until the process is killed',
  ),
  logLevel: setting(
    'LOG_LEVEL',
    'info',
    z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'expected debug, info, warn, error or silent'),
    'Least severe message that is logged',
  ),
  logFormat: setting(
    'LOG_FORMAT',
    'auto',
    z.enum(['auto', 'json', 'pretty'], 'expected auto, json or pretty'),
    'Log lines as JSON, or readable; `auto`: readable on a terminal',
  ),
} as const satisfies { readonly [name: string]: Setting }

export type SettingName = keyof typeof settings
