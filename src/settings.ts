// Every setting, once: its variable, default and meaning.
import { z } from 'zod'
import { commonlyExcluded } from './core/enrichment/attribution.ts'
import { isTimeZone } from './core/enrichment/weekday.ts'
import { eventFormatNames } from './core/formats/event-formats.ts'
import { commonlyRedacted, ipPrivacies } from './core/privacy.ts'
import {
  duration,
  fieldMapFile,
  hosts,
  httpAddress,
  list,
  listOrNone,
  pemFile,
  text,
  topic,
  whole,
} from './setting-values.ts'

export type Setting = {
  readonly env: string
  readonly default: string
  readonly about: string
  readonly schema: z.ZodType
  /** May be read from the file that `…_FILE` names, and has no flag. */
  readonly isSecret?: true
}
const setting = <S extends z.ZodType>(env: string, fallback: string, schema: S, about: string) => ({
  env,
  default: fallback,
  schema,
  about,
})
const secret = (env: string, about: string) => ({
  ...setting(env, '', z.string(), about),
  isSecret: true as const,
})

export const settings = {
  kafkaBrokers: setting(
    'KAFKA_BROKERS',
    'localhost:9092',
    list,
    'Brokers to start from, host:port, separated by commas',
  ),
  kafkaTopic: setting('KAFKA_TOPIC', 'raw-events', topic, 'Topic of raw events, keyed by tab id'),
  kafkaGroupId: setting('KAFKA_GROUP_ID', 'sessionloom', text, 'Consumer group of the workers'),
  kafkaDeadLetterTopic: setting(
    'KAFKA_DEAD_LETTER_TOPIC',
    'raw-events.dead-letters',
    topic,
    'Topic for records that cannot become events',
  ),
  deadLetterRetention: setting(
    'DEAD_LETTER_RETENTION',
    '14d',
    duration({ min: 60_000, unlimited: true }),
    'How long the dead-letter topic that `setup` creates keeps its letters, which hold the original bytes',
  ),
  kafkaPartitions: setting(
    'KAFKA_PARTITIONS',
    '4',
    whole(1, 10_000),
    'Partitions of a topic that `setup` creates',
  ),
  kafkaReplication: setting(
    'KAFKA_REPLICATION',
    '1',
    whole(1, 15),
    'Replication factor of a topic that `setup` creates; 3 in production',
  ),
  kafkaSessionTimeout: setting(
    'KAFKA_SESSION_TIMEOUT',
    '30s',
    duration({ min: 1_000 }),
    'A worker that sends no heartbeat for this long loses its partitions; within the limits of the broker (6s to 30m)',
  ),
  kafkaTls: setting(
    'KAFKA_TLS',
    'off',
    z.enum(['off', 'on'], 'expected `off` or `on`'),
    'Whether to speak TLS with the brokers',
  ),
  kafkaCaFile: setting(
    'KAFKA_CA_FILE',
    '',
    pemFile('certificate'),
    'PEM file of who signed the certificates of the brokers',
  ),
  kafkaCertFile: setting(
    'KAFKA_CERT_FILE',
    '',
    pemFile('certificate'),
    'PEM file of this client’s certificate, for mTLS',
  ),
  kafkaKeyFile: setting(
    'KAFKA_KEY_FILE',
    '',
    pemFile('private key'),
    'PEM file of the key to that certificate',
  ),
  kafkaSaslMechanism: setting(
    'KAFKA_SASL_MECHANISM',
    'none',
    z.enum(
      ['none', 'plain', 'scram-sha-256', 'scram-sha-512'],
      'expected none, plain, scram-sha-256 or scram-sha-512',
    ),
    'How to log in to Kafka. `plain` sends the password as it is: use TLS with it',
  ),
  kafkaUsername: setting('KAFKA_USERNAME', '', z.string(), 'User of Kafka'),
  kafkaPassword: secret('KAFKA_PASSWORD', 'Its password'),
  elasticsearchNode: setting(
    'ELASTICSEARCH_NODE',
    'http://localhost:9200',
    z.url({ protocol: /^https?$/, error: 'expected a URL such as http://localhost:9200' }),
    'Elasticsearch to write to',
  ),
  elasticsearchApiKey: secret('ELASTICSEARCH_API_KEY', 'API key, encoded as Elasticsearch gives it'),
  elasticsearchUsername: setting('ELASTICSEARCH_USERNAME', '', z.string(), 'User, where there is no API key'),
  elasticsearchPassword: secret('ELASTICSEARCH_PASSWORD', 'Its password'),
  elasticsearchCaFile: setting(
    'ELASTICSEARCH_CA_FILE',
    '',
    pemFile('certificate'),
    'PEM file of who signed the certificate of the node',
  ),
  elasticsearchCaFingerprint: setting(
    'ELASTICSEARCH_CA_FINGERPRINT',
    '',
    z
      .string()
      .regex(/^([0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){31})?$/, 'expected the SHA-256 fingerprint in hexadecimal'),
    'SHA-256 fingerprint of that certificate authority, as Elasticsearch prints it at its first start',
  ),
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
    z.enum(eventFormatNames, `expected ${eventFormatNames.join(', ')}`),
    'What the records are written in: native is the event of this project, auto recognises each record by its marks. Each may be in a CloudEvents envelope',
  ),
  fieldMap: setting(
    'FIELD_MAP',
    '',
    fieldMapFile,
    'A JSON file that maps records of any other JSON to events, instead of EVENT_FORMAT. `map --try` shows what it makes of them',
  ),
  schemaRegistryUrl: setting(
    'SCHEMA_REGISTRY_URL',
    '',
    z.union([
      z.literal(''),
      z
        .url({ protocol: /^https?$/, error: 'expected a URL such as http://localhost:8081' })
        .refine(
          url => new URL(url).username === '',
          'has a user in it: use SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD',
        ),
    ]),
    'Schema registry (of Confluent, or one that speaks its API) in which the schemas are that the records were written with, in Avro, JSON or Protobuf. Without it, records are texts',
  ),
  schemaRegistryUsername: setting('SCHEMA_REGISTRY_USERNAME', '', z.string(), 'User of the schema registry'),
  schemaRegistryPassword: secret('SCHEMA_REGISTRY_PASSWORD', 'Its password'),
  schemaRegistryCaFile: setting(
    'SCHEMA_REGISTRY_CA_FILE',
    '',
    pemFile('certificate'),
    'PEM file of who signed the certificate of the schema registry',
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
    '500ms',
    duration({ min: 10 }),
    'Longest wait for a batch to fill; what a document lags behind its event',
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
  httpAddress: setting(
    'HTTP_ADDRESS',
    '127.0.0.1:0',
    httpAddress,
    'Where /livez, /readyz and /metrics are served, host:port; port 0 takes a free one and logs it; `off` for none',
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
