// Every setting, once: its variable, flag, default and meaning. The only reader of the environment.
import { z } from 'zod'
import { isTimeZone } from './core/enrichment/weekday.ts'

/** Milliseconds of `500ms`, `30s`, `10m`, `12h`, `30d`; Infinity of `unlimited`; null of anything else. */
export function parseDuration(text: string): number | null {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text)
  if (match === null) return null
  const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as 'ms']
  return Number(match[1]) * unitMs
}

const text = z.string().trim().min(1, 'must not be empty')
const list = text.transform(value =>
  value
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== ''),
)

function duration({ min, unlimited = false }: { min: number; unlimited?: boolean }) {
  const example = unlimited ? '`30s`, `10m`, `30d` or `unlimited`' : '`500ms`, `30s`, `10m` or `30d`'
  return text.transform((value, context) => {
    const ms = parseDuration(value)
    if (ms === null || (ms === Number.POSITIVE_INFINITY && !unlimited)) {
      context.addIssue(`expected a duration such as ${example}`)
      return z.NEVER
    }
    if (ms >= min) return ms
    context.addIssue(`must be at least ${min} ms`)
    return z.NEVER
  })
}

function whole(min: number, max: number) {
  return text
    .refine(value => /^\d+$/.test(value), `expected a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine(value => value >= min && value <= max, `expected a whole number from ${min} to ${max}`)
}

const topic = text.regex(/^[a-zA-Z0-9._-]{1,249}$/, 'expected a topic name: letters, digits, `.`, `_`, `-`')

type Setting = {
  readonly env: string
  readonly default: string
  readonly about: string
  readonly schema: z.ZodType
}
const setting = <S extends z.ZodType>(env: string, fallback: string, schema: S, about: string) => ({
  env,
  default: fallback,
  schema,
  about,
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
  elasticsearchNode: setting(
    'ELASTICSEARCH_NODE',
    'http://localhost:9200',
    z.url({ protocol: /^https?$/, error: 'expected a URL such as http://localhost:9200' }),
    'Elasticsearch to write to',
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
    'An MMDB file of your own (MaxMind, DB-IP). Without it, the embedded country database',
  ),
  conversionTypes: setting('CONVERSION_TYPES', 'conversion', list, 'Event types that count as a conversion'),
  onDataLoss: setting(
    'ON_DATA_LOSS',
    'stop',
    z.enum(['stop', 'continue'], 'expected `stop` or `continue`'),
    'What to do when records expired before they were read',
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
} as const satisfies { readonly [name: string]: Setting }

export type SettingName = keyof typeof settings
export type Config<N extends SettingName> = { readonly [P in N]: z.output<(typeof settings)[P]['schema']> }

/** One fault of the configuration. Never holds the value: it may be a secret. */
export type Fault = string

export const flagOf = (name: SettingName): string =>
  `--${settings[name].env.toLowerCase().replaceAll('_', '-')}`

/**
 * The settings of these names: flag over environment over default. An empty variable counts as unset.
 * Gives every fault at once, or the frozen values.
 */
export function readConfig<const N extends SettingName>(
  names: readonly N[],
  flags: Readonly<Partial<Record<string, string>>>,
  environment: Readonly<Partial<Record<string, string>>> = process.env,
):
  | { readonly ok: true; readonly config: Config<N> }
  | { readonly ok: false; readonly faults: readonly Fault[] } {
  const values: Record<string, unknown> = {}
  const faults: Fault[] = []
  for (const name of names) {
    const { env, schema, default: fallback } = settings[name] as Setting
    const flag = flags[name]
    const variable = environment[env] || undefined
    const parsed = schema.safeParse(flag ?? variable ?? fallback)
    if (parsed.success) values[name] = parsed.data
    else faults.push(`${flag === undefined ? env : flagOf(name)}: ${parsed.error.issues[0]?.message}`)
  }
  if (faults.length > 0) return { ok: false, faults }
  return { ok: true, config: Object.freeze(values) as Config<N> }
}
