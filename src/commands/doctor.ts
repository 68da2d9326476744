import { type ElasticsearchClient, elasticsearchClient } from '../adapters/elasticsearch-client.ts'
import { requireTopic } from '../adapters/kafka-topics.ts'
import { registryName } from '../adapters/registry-http.ts'
import { inspectRegistry } from '../adapters/registry-retry.ts'
import type { Config } from '../config.ts'
import { defineCommand } from './command.ts'
import {
  elasticsearchOf,
  elasticsearchSettings,
  kafkaClientOf,
  kafkaSettings,
  registryOf,
  registrySettings,
} from './connections.ts'
import { type Check, type Verdict, verdicts, well } from './doctor-checks.ts'
import { elasticsearchChecks } from './doctor-elasticsearch.ts'
import { geoCheck } from './doctor-geo.ts'
import { brokerChecks, groupCheck, rightsChecks } from './doctor-kafka.ts'
import { topicChecks } from './doctor-topics.ts'

const settings = [
  ...kafkaSettings,
  'kafkaTopic',
  'kafkaGroupId',
  'kafkaDeadLetterTopic',
  ...elasticsearchSettings,
  'indexPrefix',
  'sourceEpoch',
  ...registrySettings,
  'sessionGap',
  'maxLateness',
  'geoDatabase',
  'geoAsnDatabase',
] as const

export const doctor = defineCommand({
  about:
    'Looks at everything that a worker depends on: brokers, topics, rights, group, Elasticsearch, index template, disks, ' +
    'clocks, schema registry, geo database. One verdict a line: ok, warn or fail, what was found, and what to do. Changes nothing. ' +
    'Exit code 1 if anything fails, 2 for wrong settings. Give it the settings of `run`.',
  settings,
  options: [{ flags: '--json', about: 'one JSON object a line: check, verdict, message' }],
  async run({ config, options }) {
    const store = elasticsearchClient({ ...elasticsearchOf(config), requestTimeoutMs: 10_000 })
    let exitCode = 0
    try {
      for await (const verdict of verdicts(checksOf(config, store))) {
        if (verdict.verdict === 'fail') exitCode = 1
        process.stdout.write(`${options.json ? JSON.stringify(verdict) : lineOf(verdict)}\n`)
      }
    } finally {
      await store.close()
    }
    return exitCode
  },
})

type DoctorConfig = Config<(typeof settings)[number]>

function checksOf(config: DoctorConfig, store: ElasticsearchClient): Check[] {
  const { kafkaTopic: topic, kafkaDeadLetterTopic: deadLetterTopic, kafkaGroupId: groupId } = config
  const { sourceEpoch: epoch, sessionGap: gapMs, maxLateness: maxLatenessMs } = config
  const client = kafkaClientOf(config, 'sessionloom')
  const names = { topic, deadLetterTopic, groupId, epoch, maxLatenessMs }
  const stored = {
    node: config.elasticsearchNode,
    prefix: config.indexPrefix,
    identity: { gapMs, epoch, topic },
    partitions: () => requireTopic(client, topic),
  }
  return [
    ...brokerChecks(client),
    ...topicChecks(client, names),
    ...rightsChecks(client, names),
    groupCheck(client, names),
    ...elasticsearchChecks(store, stored),
    ...registryChecks(config),
    geoCheck(config),
  ]
}

/** None where records are texts. */
function registryChecks(config: DoctorConfig): Check[] {
  const registry = registryOf(config)
  if (registry === null) return []
  const name = registryName(registry.url)
  return [
    {
      name: 'schema registry',
      run: async () => well(`${name}: reached, it knows ${await inspectRegistry(registry, patience())}`),
    },
  ]
}

const patience = () => AbortSignal.timeout(10_000)

const lineOf = ({ check, verdict, message }: Verdict): string => `${verdict.padEnd(4)} ${check}: ${message}`
