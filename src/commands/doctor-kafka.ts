// The checks of the brokers, of the rights there and of the group. Those of the topics are in doctor-topics.ts.
import type { KafkaClientSettings } from '../adapters/kafka-client.ts'
import { type GroupFacts, inspectCluster, inspectGroup, reachBroker } from '../adapters/kafka-inspection.ts'
import { proveJoin, proveRead, proveWrite } from '../adapters/kafka-rights.ts'
import { WorkerError } from '../core/worker-error.ts'
import { broken, type Check, doubtful, type Finding, well } from './doctor-checks.ts'

export type KafkaNames = {
  readonly topic: string
  readonly deadLetterTopic: string
  readonly groupId: string
  readonly epoch: number
}

/** Whether each broker is reached and takes our login, and whether those that they advertise are. */
export function brokerChecks(client: KafkaClientSettings): Check[] {
  const each = client.brokers.map(
    (broker): Check => ({
      name: `broker ${broker}`,
      async run() {
        await reachBroker(client, broker)
        return well(`reached${loginOf(client)}`)
      },
    }),
  )
  return [
    ...each,
    { name: 'kafka', needs: each.map(({ name }) => name), run: () => findCluster(client) },
    { name: 'advertised brokers', needs: ['kafka'], run: () => findAdvertised(client) },
  ]
}

function loginOf({ ssl, sasl }: KafkaClientSettings): string {
  const parts = [ssl === undefined ? null : 'TLS', sasl === undefined ? null : `SASL ${sasl.mechanism}`]
  const accepted = parts.filter(part => part !== null)
  return accepted.length === 0 ? '; without TLS and login' : `; ${accepted.join(' and ')} accepted`
}

async function findCluster(client: KafkaClientSettings): Promise<Finding> {
  const { id, brokers } = await inspectCluster(client)
  return well(`cluster ${id} of ${brokers.length} broker${brokers.length === 1 ? '' : 's'}`)
}

async function findAdvertised(client: KafkaClientSettings): Promise<Finding> {
  const { brokers } = await inspectCluster(client)
  const tried = await Promise.allSettled(brokers.map(broker => reachBroker(client, broker)))
  const away = brokers.filter((_, i) => tried[i]?.status === 'rejected')
  if (away.length === 0) return well(`${brokers.join(', ')} reached`)
  return broken(
    `brokers advertise addresses that cannot be reached from here: ${away.join(', ')}. Start these brokers, or correct ` +
      'their advertised.listeners.',
  )
}

/** Whether this user may do what a worker does. */
export function rightsChecks(client: KafkaClientSettings, names: KafkaNames): Check[] {
  const { topic, deadLetterTopic, groupId } = names
  const right = (name: string, needed: string, what: string, prove: () => Promise<void>): Check => ({
    name,
    needs: [needed],
    async run() {
      try {
        await prove()
        return well(`granted: ${what}`)
      } catch (error) {
        if (!(error instanceof WorkerError) || error.code !== 'unauthorized') throw error
        return broken(`${error.message} Grant ${what}.`)
      }
    },
  })
  return [
    right('right to read', 'source topic', `Read on topic ${topic}`, () => proveRead(client, topic)),
    right('right to join', 'kafka', `Read on group ${groupId}`, () => proveJoin(client, groupId)),
    right('right to write', 'dead-letter topic', `Write on topic ${deadLetterTopic}`, () =>
      proveWrite(client, deadLetterTopic),
    ),
  ]
}

/** Whether the group goes on from where it can. */
export function groupCheck(client: KafkaClientSettings, { groupId, topic, epoch }: KafkaNames): Check {
  return {
    name: 'group',
    needs: ['source topic'],
    async run() {
      return judgeGroup(await inspectGroup(client, groupId, topic), groupId, epoch)
    },
  }
}

function judgeGroup({ state, members, partitions }: GroupFacts, groupId: string, epoch: number): Finding {
  const expired = partitions.filter(({ committed, start }) => committed !== null && committed < start)
  if (expired.length > 0)
    return broken(
      `records expired before they were read, in partitions ${numbersOf(expired)}: their events are lost. Start with ` +
        'ON_DATA_LOSS=continue to go on without them, and give the topic a longer retention.',
    )
  const beyond = partitions.filter(({ committed, end }) => committed !== null && committed > end)
  if (beyond.length > 0)
    return broken(
      `group ${groupId} is beyond the end of partitions ${numbersOf(beyond)}: it is not the log that was read before. If ` +
        `the topic was recreated, run \`sessionloom setup\` and the workers with SOURCE_EPOCH=${epoch + 1}.`,
    )
  const lag = partitions.reduce((sum, { committed, start, end }) => sum + end - (committed ?? start), 0)
  const found = `${state}, ${members} member${members === 1 ? '' : 's'}, lag ${lag}`
  const foreign = partitions.filter(one => one.committed !== null && one.epoch !== epoch)
  if (foreign.length > 0)
    return doubtful(
      `${found}; the offsets of partitions ${numbersOf(foreign)} have no checkpoint of epoch ${epoch}: every event is ` +
        'compared with the store until the log is read, slow and exact. Nothing to do, unless SOURCE_EPOCH or KAFKA_GROUP_ID is wrong.',
    )
  if (/Rebalance/.test(state))
    return doubtful(
      `${found}: members are joining. Ask again in a minute; if it lasts, one of them hangs: see their logs.`,
    )
  if (members > partitions.length)
    return doubtful(`${found}: only ${partitions.length} of them get a partition. Stop the others.`)
  if (members === 0 && lag > 0 && partitions.some(({ committed }) => committed !== null))
    return doubtful(`${found}: no worker runs. Start one with \`sessionloom run\`.`)
  return well(found)
}

const numbersOf = (partitions: readonly { readonly partition: number }[]): string =>
  partitions.map(({ partition }) => partition).join(', ')
