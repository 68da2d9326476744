import { requirePrivileges, setupPrivileges } from '../adapters/elasticsearch-privileges.ts'
import { type InstalledTemplate, installTemplate } from '../adapters/elasticsearch-template.ts'
import { ensureTopics } from '../adapters/kafka-topics.ts'
import { kibanaObjects } from '../adapters/kibana-dashboards.ts'
import { importIntoKibana } from '../adapters/kibana-import.ts'
import type { Config } from '../config.ts'
import { defineCommand } from './command.ts'
import {
  connectedElasticsearch,
  elasticsearchOf,
  elasticsearchSettings,
  kafkaClientOf,
  kafkaSettings,
} from './connections.ts'

const settings = [
  ...kafkaSettings,
  'kafkaTopic',
  'kafkaDeadLetterTopic',
  'deadLetterRetention',
  'kafkaPartitions',
  'kafkaReplication',
  'maxLateness',
  ...elasticsearchSettings,
  'indexPrefix',
  'sessionRetention',
  'sourceEpoch',
  'sessionGap',
  'kibanaUrl',
] as const

type SetupConfig = Config<(typeof settings)[number]>

export const setup = defineCommand({
  about:
    'Creates KAFKA_TOPIC, which keeps records for MAX_LATENESS or a week, and KAFKA_DEAD_LETTER_TOPIC if they are missing, and installs the index template of ' +
    'INDEX_PREFIX, which records the gap and, for this SOURCE_EPOCH, the topic and its partition count, and the lifecycle policy that keeps sessions ' +
    'for SESSION_RETENTION. With KIBANA_URL it brings a data view and the dashboards there. Safe to repeat. ' +
    'It refuses to change what the stored sessions depend on.',
  settings,
  options: [],
  async run({ config, signal }) {
    const { indexPrefix, kibanaUrl } = config
    const client = await connectedElasticsearch(config, signal)
    try {
      await requirePrivileges(client, indexPrefix, setupPrivileges)
      const partitions = await setUpTopics(config)
      const identity = {
        gapMs: config.sessionGap,
        epoch: config.sourceEpoch,
        topic: config.kafkaTopic,
        partitions,
      }
      const retentionMs = config.sessionRetention
      tell(await installTemplate(client, indexPrefix, identity, { retentionMs }), config)
    } finally {
      await client.close()
    }
    if (kibanaUrl === '') return 0
    const { auth } = elasticsearchOf(config)
    const objects = kibanaObjects(indexPrefix)
    await importIntoKibana({ url: kibanaUrl, ...(auth && { auth }), signal }, objects)
    say(`Kibana: data view and dashboards (${objects.length} objects) are there`)
    return 0
  },
})

/** Gives the partition count of the source topic. */
async function setUpTopics(config: SetupConfig): Promise<number> {
  const { kafkaTopic, kafkaDeadLetterTopic, kafkaReplication: replicationFactor } = config
  const topics = await ensureTopics(kafkaClientOf(config, 'sessionloom'), [
    {
      topic: kafkaTopic,
      partitions: config.kafkaPartitions,
      replicationFactor,
      config: { 'retention.ms': retentionMs(Math.max(weekMs, config.maxLateness)) },
    },
    {
      topic: kafkaDeadLetterTopic,
      partitions: 1,
      replicationFactor,
      config: {
        'retention.ms': retentionMs(config.deadLetterRetention),
        // The broker's clock: it refuses letters from a worker whose own is ahead by more than an hour.
        'message.timestamp.type': 'LogAppendTime',
      },
      moreRoomThan: kafkaTopic,
    },
  ])
  for (const { topic, created, partitions } of topics)
    say(
      `topic ${topic}: ${created ? 'created' : 'was there'}, ${partitions} partition${partitions === 1 ? '' : 's'}`,
    )
  return topics[0]?.partitions as number
}

function tell({ template, isNewEpoch, updatedIndices, lifecycle }: InstalledTemplate, config: SetupConfig) {
  const { indexPrefix, sourceEpoch, kafkaTopic, sessionRetention } = config
  const epoch = isNewEpoch ? `, epoch ${sourceEpoch} is ${kafkaTopic}` : ''
  say(`index template ${indexPrefix}: ${template}${epoch}`)
  const keepsAll = sessionRetention === Number.POSITIVE_INFINITY
  if (lifecycle.policy !== 'absent')
    say(
      `lifecycle policy ${indexPrefix}@lifecycle: ${lifecycle.policy}, ${keepsAll ? 'nothing is deleted' : 'old months are deleted'}`,
    )
  else if (keepsAll)
    say('lifecycle policy: none, since this server has no lifecycle management; nothing is deleted')
  else
    say(
      'lifecycle policy: NONE, since this server has no lifecycle management. SESSION_RETENTION has no effect: delete ' +
        `indices ${indexPrefix}-yyyy.MM.01 of old months yourself`,
    )
  for (const index of updatedIndices) say(`index ${index}: got the fields of this release`)
  for (const index of lifecycle.adopted) say(`index ${index}: got the lifecycle policy`)
}

/**
 * Kafka's own default. What is not too late yet can still be read, and read again; a small MAX_LATENESS is no reason to
 * keep less.
 */
const weekMs = 7 * 86_400_000

/** As Kafka writes it: -1 for ever. */
const retentionMs = (ms: number): string => (ms === Number.POSITIVE_INFINITY ? '-1' : String(ms))

const say = (line: string) => process.stdout.write(`${line}\n`)
