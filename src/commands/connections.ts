// Settings → how to reach Kafka, Elasticsearch and a schema registry, for every command that does.
import { type ConnectSettings, connectElasticsearch } from '../adapters/elasticsearch-client.ts'
import type { KafkaClientSettings } from '../adapters/kafka-client.ts'
import type { RegistrySettings } from '../adapters/registry-http.ts'
import { HttpSchemaRegistry } from '../adapters/registry-schemas.ts'
import type { Config } from '../config.ts'
import type { SchemaRegistry } from '../ports/schema-registry.ts'
import type { Telemetry } from '../ports/telemetry.ts'

export const kafkaSettings = [
  'kafkaBrokers',
  'kafkaTls',
  'kafkaCaFile',
  'kafkaCertFile',
  'kafkaKeyFile',
  'kafkaSaslMechanism',
  'kafkaUsername',
  'kafkaPassword',
] as const

export const elasticsearchSettings = [
  'elasticsearchNode',
  'elasticsearchApiKey',
  'elasticsearchUsername',
  'elasticsearchPassword',
  'elasticsearchCaFile',
  'elasticsearchCaFingerprint',
  'elasticsearchCompression',
] as const

export const registrySettings = [
  'schemaRegistryUrl',
  'schemaRegistryUsername',
  'schemaRegistryPassword',
  'schemaRegistryCaFile',
] as const

type ElasticsearchConfig = Config<(typeof elasticsearchSettings)[number]>
type RegistryConfig = Config<(typeof registrySettings)[number]>

/** Pairs each mechanism with options of its own, which are the same for all of ours. */
type Sasl = NonNullable<KafkaClientSettings['sasl']>

export function kafkaClientOf(
  config: Config<(typeof kafkaSettings)[number]>,
  clientId: string,
): KafkaClientSettings {
  const { kafkaCaFile: ca, kafkaCertFile: cert, kafkaKeyFile: key } = config
  const { kafkaSaslMechanism: mechanism, kafkaUsername: username, kafkaPassword: password } = config
  return {
    brokers: config.kafkaBrokers,
    clientId,
    ...(config.kafkaTls === 'on' && {
      ssl: { ...(ca !== null && { ca }), ...(cert !== null && key !== null && { cert, key }) },
    }),
    ...(mechanism !== 'none' && { sasl: { mechanism, username, password } as Sasl }),
  }
}

export function elasticsearchOf(config: ElasticsearchConfig): ConnectSettings {
  const { elasticsearchApiKey: apiKey, elasticsearchUsername: username, elasticsearchCaFile: ca } = config
  return {
    node: config.elasticsearchNode,
    ...(apiKey !== '' && { auth: { apiKey } }),
    ...(username !== '' && { auth: { username, password: config.elasticsearchPassword } }),
    ...(ca !== null && { ca }),
    ...(config.elasticsearchCaFingerprint !== '' && { caFingerprint: config.elasticsearchCaFingerprint }),
    compression: config.elasticsearchCompression === 'on',
  }
}

/** For a command that somebody sits before: says what it waits for. */
export function connectedElasticsearch(config: ElasticsearchConfig, signal: AbortSignal) {
  const onWait = (reason: string) => process.stderr.write(`waiting for Elasticsearch at ${reason}\n`)
  return connectElasticsearch({ ...elasticsearchOf(config), signal, onWait })
}

/** Null where SCHEMA_REGISTRY_URL is not set. */
export function registryOf(config: RegistryConfig): RegistrySettings | null {
  const { schemaRegistryUrl: url, schemaRegistryUsername: username, schemaRegistryCaFile: ca } = config
  if (url === '') return null
  return {
    url,
    ...(username !== '' && { auth: { username, password: config.schemaRegistryPassword } }),
    ...(ca !== null && { ca }),
  }
}

/** Null where records are texts. */
export function openRegistry(config: RegistryConfig, telemetry: Telemetry): SchemaRegistry | null {
  const settings = registryOf(config)
  return settings && new HttpSchemaRegistry({ ...settings, telemetry })
}
