// How to reach Kafka, Elasticsearch and a schema registry.
import { z } from 'zod'
import { type Setting, secret, setting } from './setting.ts'
import { duration, list, offOrOn, pemFile, text, topic, whole } from './setting-values.ts'

export const connectionSettings = {
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
  kafkaTls: setting('KAFKA_TLS', 'off', offOrOn, 'Whether to speak TLS with the brokers'),
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
    'Elasticsearch that holds the sessions',
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
  elasticsearchCompression: setting(
    'ELASTICSEARCH_COMPRESSION',
    'off',
    offOrOn,
    'Whether requests and answers are compressed: a twelfth of the bytes, for a fifth more CPU in the worker',
  ),
  schemaRegistryUrl: setting(
    'SCHEMA_REGISTRY_URL',
    '',
    z.union([
      z.literal(''),
      z.url({ protocol: /^https?$/, error: 'expected a URL such as http://localhost:8081' }).refine(
        // Also asked of what is no URL.
        url => !`${URL.parse(url)?.username ?? ''}${URL.parse(url)?.password ?? ''}`,
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
} as const satisfies { readonly [name: string]: Setting }
