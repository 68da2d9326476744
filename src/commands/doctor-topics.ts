// The checks of the two topics: whether they are there, and whether they keep what a worker relies on.
import type { KafkaClientSettings } from '../adapters/kafka-client.ts'
import { inspectTopic, type TopicFacts } from '../adapters/kafka-inspection.ts'
import { moreRoomBytes } from '../adapters/kafka-topics.ts'
import { broken, type Check, doubtful, type Finding, well } from './doctor-checks.ts'

export type TopicNames = {
  readonly topic: string
  readonly deadLetterTopic: string
  /** Infinity for no limit. */
  readonly maxLatenessMs: number
}

type Config = Readonly<Record<string, string>>

export function topicChecks(client: KafkaClientSettings, names: TopicNames): Check[] {
  const { topic, deadLetterTopic, maxLatenessMs } = names
  const source = inspectOnce(client, topic)
  const letters = inspectOnce(client, deadLetterTopic)
  return [
    { name: 'source topic', needs: ['kafka'], run: async () => judgeTopic(await source(), topic) },
    {
      name: 'cleanup policy',
      needs: ['source topic'],
      run: async () => judgeCleanup((await source()).config, topic, 'only the last event of each tab'),
    },
    {
      name: 'retention',
      needs: ['source topic'],
      run: async () => judgeRetention((await source()).config, topic, maxLatenessMs),
    },
    {
      name: 'dead-letter topic',
      needs: ['kafka'],
      async run() {
        const facts = await letters()
        const policy = judgeCleanup(facts.config, deadLetterTopic, 'only the last letter of each tab')
        return policy.verdict === 'fail' ? policy : judgeTopic(facts, deadLetterTopic)
      },
    },
    {
      name: 'room for dead letters',
      needs: ['dead-letter topic'],
      run: async () => judgeRoom((await source()).config, (await letters()).config, deadLetterTopic),
    },
  ]
}

/** Several checks look at one topic. */
function inspectOnce(client: KafkaClientSettings, topic: string): () => Promise<TopicFacts> {
  let facts: Promise<TopicFacts> | undefined
  return () => {
    facts ??= inspectTopic(client, topic)
    return facts
  }
}

function judgeTopic(
  { partitions, replicas, withoutLeader, underReplicated }: TopicFacts,
  topic: string,
): Finding {
  if (withoutLeader.length > 0)
    return broken(
      `${topic}: partitions ${withoutLeader.join(', ')} have no leader. Start the brokers that hold them.`,
    )
  if (underReplicated.length > 0)
    return doubtful(
      `${topic}: partitions ${underReplicated.join(', ')} are not on all of their ${replicas} replicas. Look at the brokers: ` +
        'if another one fails, records are lost.',
    )
  return well(`${topic}: ${counted(partitions, 'partition')}, ${counted(replicas, 'replica')}`)
}

const unreadable = (topic: string): Finding =>
  doubtful(`the configuration of ${topic} may not be read. Grant DescribeConfigs on it to have it checked.`)

function judgeCleanup(config: Config | null, topic: string, kept: string): Finding {
  if (config === null) return unreadable(topic)
  const policy = config['cleanup.policy'] ?? ''
  if (!policy.includes('compact')) return well(`${topic}: ${policy}`)
  return broken(
    `${topic} is compacted (cleanup.policy=${policy}): Kafka keeps ${kept} and drops the rest. Set cleanup.policy=delete.`,
  )
}

const dayMs = 86_400_000

/** By the record's timestamp, which a producer may set to the event's time. */
function judgeRetention(config: Config | null, topic: string, maxLatenessMs: number): Finding {
  if (config === null) return unreadable(topic)
  const ms = Number(config['retention.ms'])
  const retentionMs = ms < 0 ? Number.POSITIVE_INFINITY : ms
  const bytes = Number(config['retention.bytes'])
  const size = bytes > 0 ? `, at most ${bytes} bytes a partition` : ''
  const found = `${topic} keeps records for ${spanOf(retentionMs)}${size}, MAX_LATENESS is ${spanOf(maxLatenessMs)}`
  if (retentionMs >= maxLatenessMs)
    return bytes > 0
      ? doubtful(`${found}: the size may cut that short. Set retention.bytes=-1, or watch it.`)
      : well(found)
  return doubtful(
    `${found}: events that late may expire unread where producers set the record’s timestamp to the event’s time, workers ` +
      'that stand still longer lose records, and a rebuild reaches no further back. Set retention.ms to MAX_LATENESS, ' +
      'or lower MAX_LATENESS.',
  )
}

/** A letter is its record and headers that tell of it. */
function judgeRoom(source: Config | null, letters: Config | null, topic: string): Finding {
  if (source === null || letters === null) return unreadable(topic)
  const [record, letter] = [source, letters].map(config => Number(config['max.message.bytes'])) as [
    number,
    number,
  ]
  const found = `${topic} takes ${letter} bytes, the source ${record}`
  if (letter >= record + moreRoomBytes) return well(found)
  return doubtful(
    `${found}: letters of the largest records are cut and marked. Set max.message.bytes=${record + moreRoomBytes} on ${topic}.`,
  )
}

const spanOf = (ms: number): string =>
  ms === Number.POSITIVE_INFINITY
    ? 'ever'
    : ms >= dayMs
      ? `${Math.round((10 * ms) / dayMs) / 10}d`
      : `${ms / 1000}s`

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
