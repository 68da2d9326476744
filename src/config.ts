// Settings → configuration: flag over environment over default, all faults at once. The only reader of the environment.
import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import type { Setting } from './setting.ts'
import { type SettingName, settings } from './settings.ts'

export type Config<N extends SettingName> = { readonly [P in N]: z.output<(typeof settings)[P]['schema']> }

/** One fault of the configuration. Never holds the value: it may be a secret. */
export type Fault = string

type IsBroken = (
  set: (name: SettingName) => boolean,
  values: { readonly [name in SettingName]?: unknown },
) => boolean

/** Settings that need or exclude one another: which one to name, what to say of it, and when. */
const rules: readonly (readonly [SettingName, string, IsBroken])[] = [
  ['kafkaCaFile', 'needs KAFKA_TLS=on', set => set('kafkaCaFile') && !set('kafkaTls')],
  ['kafkaCertFile', 'needs KAFKA_TLS=on', set => set('kafkaCertFile') && !set('kafkaTls')],
  [
    'kafkaKeyFile',
    'KAFKA_CERT_FILE and KAFKA_KEY_FILE go together',
    set => set('kafkaKeyFile') !== set('kafkaCertFile'),
  ],
  [
    'kafkaUsername',
    'is missing for KAFKA_SASL_MECHANISM',
    set => set('kafkaSaslMechanism') && !set('kafkaUsername'),
  ],
  [
    'kafkaPassword',
    'is missing for KAFKA_SASL_MECHANISM',
    set => set('kafkaSaslMechanism') && !set('kafkaPassword'),
  ],
  [
    'kafkaSaslMechanism',
    'is missing for KAFKA_USERNAME',
    set => set('kafkaUsername') && !set('kafkaSaslMechanism'),
  ],
  [
    'elasticsearchUsername',
    'not together with ELASTICSEARCH_API_KEY',
    set => set('elasticsearchUsername') && set('elasticsearchApiKey'),
  ],
  [
    'elasticsearchPassword',
    'ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD go together',
    set => set('elasticsearchPassword') !== set('elasticsearchUsername'),
  ],
  [
    'schemaRegistryPassword',
    'SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD go together',
    set => set('schemaRegistryPassword') !== set('schemaRegistryUsername'),
  ],
  [
    'schemaRegistryUsername',
    'needs SCHEMA_REGISTRY_URL',
    set => set('schemaRegistryUsername') && !set('schemaRegistryUrl'),
  ],
  [
    'schemaRegistryCaFile',
    'needs SCHEMA_REGISTRY_URL',
    set => set('schemaRegistryCaFile') && !set('schemaRegistryUrl'),
  ],
  ['fieldMap', 'not together with EVENT_FORMAT', set => set('fieldMap') && set('eventFormat')],
  ['sessionLookupRate', 'needs SESSION_LOOKUP=on', set => set('sessionLookupRate') && !set('sessionLookup')],
  [
    'sessionLookup',
    'needs an HTTP_ADDRESS, which is `off`',
    (set, { httpAddress }) => set('sessionLookup') && httpAddress === null,
  ],
  [
    'elasticsearchCaFingerprint',
    'not together with ELASTICSEARCH_CA_FILE: one of them is enough',
    set => set('elasticsearchCaFingerprint') && set('elasticsearchCaFile'),
  ],
  [
    'elasticsearchCaFingerprint',
    'needs an ELASTICSEARCH_NODE with https://',
    (set, { elasticsearchNode }) =>
      set('elasticsearchCaFingerprint') && String(elasticsearchNode).startsWith('http:'),
  ],
  [
    // A late event would find its month deleted, and begin anew what was whole.
    'sessionRetention',
    'must be longer than MAX_LATENESS, within which late events change sessions',
    (set, { sessionRetention, maxLateness }) =>
      set('sessionRetention') && (sessionRetention as number) <= (maxLateness as number),
  ],
]

/** A flag is seen by every user of the machine, so a secret has none. */
export const hasFlag = (name: SettingName): boolean => (settings[name] as Setting).isSecret !== true

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
  const set = new Set<SettingName>()
  for (const name of names) {
    const { env, schema, default: fallback } = settings[name] as Setting
    const flag = hasFlag(name) ? flags[name] : undefined
    const variable = hasFlag(name) ? environment[env] || undefined : secretOf(env, environment, faults)
    const given = flag ?? variable ?? fallback
    if (given !== fallback) set.add(name)
    const parsed = schema.safeParse(given)
    if (parsed.success) values[name] = parsed.data
    else
      for (const { message } of parsed.error.issues)
        faults.push(`${flag === undefined ? env : flagOf(name)}: ${message}`)
  }
  for (const [name, message, isBroken] of rules)
    if (names.includes(name as N) && isBroken(other => set.has(other), values))
      faults.push(`${settings[name].env}: ${message}`)
  if (faults.length > 0) return { ok: false, faults }
  return { ok: true, config: Object.freeze(values) as Config<N> }
}

/** A secret from its variable, or from the file that the variable `…_FILE` names. */
function secretOf(
  env: string,
  environment: Readonly<Partial<Record<string, string>>>,
  faults: Fault[],
): string | undefined {
  const [text, path] = [environment[env], environment[`${env}_FILE`]]
  if (!path) return text || undefined
  if (text) faults.push(`${env}: not together with ${env}_FILE`)
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    faults.push(`${env}_FILE: cannot be read: ${(error as NodeJS.ErrnoException).code}`)
    return undefined
  }
}
