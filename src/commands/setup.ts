import { connectElasticsearch } from '../adapters/elasticsearch-client.ts'
import { requirePrivileges, setupPrivileges } from '../adapters/elasticsearch-privileges.ts'
import { installTemplate } from '../adapters/elasticsearch-template.ts'
import { ensureTopics } from '../adapters/kafka-topics.ts'
import { defineCommand } from './command.ts'
import { elasticsearchOf, elasticsearchSettings, kafkaClientOf, kafkaSettings } from './connections.ts'

export const setup = defineCommand({
  about:
    'Creates KAFKA_TOPIC, which keeps records for MAX_LATENESS or a week, and KAFKA_DEAD_LETTER_TOPIC if they are missing, and installs the index template of ' +
    'INDEX_PREFIX, which records the gap and, for this SOURCE_EPOCH, the topic and its partition count. Safe to repeat. ' +
    'It refuses to change what the stored sessions depend on.',
  settings: [
    ...kafkaSettings,
    'kafkaTopic',
    'kafkaDeadLetterTopic',
    'deadLetterRetention',
    'kafkaPartitions',
    'kafkaReplication',
    'maxLateness',
    ...elasticsearchSettings,
    'indexPrefix',
    'sourceEpoch',
    'sessionGap',
  ],
  options: [],
  async run({ config, signal }) {
    const { kafkaTopic, kafkaDeadLetterTopic, indexPrefix, sourceEpoch } = config
    const client = await connectElasticsearch({ ...elasticsearchOf(config), signal })
    try {
      await requirePrivileges(client, indexPrefix, setupPrivileges)
      const replicationFactor = config.kafkaReplication
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
      const partitions = topics[0]?.partitions as number
      const installed = await installTemplate(client, indexPrefix, {
        gapMs: config.sessionGap,
        epoch: sourceEpoch,
        topic: kafkaTopic,
        partitions,
      })
      say(
        `index template ${indexPrefix}: ${installed.template}${installed.isNewEpoch ? `, epoch ${sourceEpoch} is ${kafkaTopic}` : ''}`,
      )
      for (const index of installed.updatedIndices) say(`index ${index}: got the fields of this release`)
      return 0
    } finally {
      await client.close()
    }
  },
})

/**
 * Kafka's own default. What is not too late yet can still be read, and read again; a small MAX_LATENESS is no reason to
 * keep less.
 */
const weekMs = 7 * 86_400_000

/** As Kafka writes it: -1 for ever. */
const retentionMs = (ms: number): string => (ms === Number.POSITIVE_INFINITY ? '-1' : String(ms))

const say = (line: string) => process.stdout.write(`${line}\n`)
