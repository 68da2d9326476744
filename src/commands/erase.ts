import { profileSessions } from '../adapters/elasticsearch-profile.ts'
import { KafkaEventWriter, type WrittenEvent } from '../adapters/kafka-event-writer.ts'
import { requireTopic } from '../adapters/kafka-topics.ts'
import { controlOf, encodeControl } from '../core/control.ts'
import { WorkerError } from '../core/worker-error.ts'
import { defineCommand } from './command.ts'
import { connectedElasticsearch, elasticsearchSettings, kafkaClientOf, kafkaSettings } from './connections.ts'
import { counted } from './progress.ts'

export const erase = defineCommand({
  about:
    'Erases the sessions of a profile: writes control records into KAFKA_TOPIC, which the workers apply in the order of ' +
    'the log. Of each session remain its id, and the tab and span, so that no replay brings it back. Events that come ' +
    'later begin new sessions. The records themselves stay in the topic until they expire, and dead letters in theirs.',
  argument: { name: 'PROFILE', about: '`profile.id` as events have it' },
  settings: [...kafkaSettings, 'kafkaTopic', ...elasticsearchSettings, 'indexPrefix', 'sourceEpoch'],
  options: [],
  async run({ config, argument, signal }) {
    const profileId = argument as string
    const everywhere = encodeControl({ kind: 'erase', profileId, tabId: null })
    // No event has such an id, and no worker would take the control for one.
    if (controlOf(JSON.parse(everywhere)) === null)
      throw new WorkerError('input', 'PROFILE: expected an id of 1 to 256 characters, as events have it')
    const client = kafkaClientOf(config, 'sessionloom-erase')
    const partitions = await requireTopic(client, config.kafkaTopic)
    const elasticsearch = await connectedElasticsearch(config, signal)
    const writer = new KafkaEventWriter({ client, topic: config.kafkaTopic })
    try {
      const records: WrittenEvent[] = Array.from({ length: partitions }, (_, partition) => ({
        key: null,
        partition,
        value: everywhere,
      }))
      // A session of an earlier log belongs to whoever has its tab now.
      const tabs = new Set<string>()
      let sessions = 0
      for await (const page of profileSessions(elasticsearch, config.indexPrefix, profileId, signal))
        for (const { tabId, source } of page) {
          sessions++
          if (source.epoch < config.sourceEpoch) tabs.add(tabId)
        }
      for (const tabId of tabs)
        records.push({ key: tabId, value: encodeControl({ kind: 'erase', profileId, tabId }) })
      await writer.write(records)
      process.stderr.write(
        `${counted(sessions, 'session')} of the profile found in ${config.indexPrefix}; asked ` +
          `${counted(partitions, 'partition')} of ${config.kafkaTopic} and ${counted(tabs.size, 'tab')} of earlier epochs to ` +
          'erase the profile. It is gone when the workers have read that: `sessionloom export` then finds nothing.\n',
      )
      return 0
    } finally {
      await writer.close()
      await elasticsearch.close()
    }
  },
})
