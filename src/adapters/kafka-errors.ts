// What an error of kafkajs means here: rejoin the group, try again, or end the process.
import { WorkerError } from '../core/worker-error.ts'
import { UnreadableBatchError } from './kafka-inflated.ts'
import { OffsetBeyondEndError } from './kafkajs-repairs.ts'

/** What of the settings a message may name. */
export type KafkaNames = {
  readonly brokers: readonly string[]
  readonly topic?: string
  readonly groupId?: string
}

type KafkaFailure = {
  readonly name: string
  readonly message: string
  /** Kafka's name of a protocol error. */
  readonly type?: string
  readonly retriable?: boolean
  readonly broker?: string
}

/** The group has gone on without this member, or is about to: only joining it again helps. */
const rejoins = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'NOT_COORDINATOR_FOR_GROUP',
])

/** kafkajs calls these final, but they pass. */
const passing = new Set([
  'KafkaJSTimeout',
  'KafkaJSLockTimeout',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSBrokerNotFound',
  'UNKNOWN',
  'BROKER_NOT_AVAILABLE',
  'MEMBER_ID_REQUIRED',
])

const misconfigured = new Set([
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'POLICY_VIOLATION',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INCONSISTENT_GROUP_PROTOCOL',
  'GROUP_MAX_SIZE_REACHED',
  'OFFSET_METADATA_TOO_LARGE',
])

const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/** Whether kafkajs must join the group again. It does so by itself if it gets this very error back. */
export function isRejoin(error: unknown): boolean {
  return rejoins.has(typeOf(error))
}

/** Whether the partitions may belong to another member by now. In a rebalance they do not yet. */
export function isFenced(error: unknown): boolean {
  return ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'].includes(typeOf(error))
}

/** Whether the broker says that there is no such topic. */
export function isTopicMissing(error: unknown): boolean {
  return typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
}

/** Whether this user may not do what was asked. */
export function isUnauthorized(error: unknown): boolean {
  return /AUTHORIZATION_FAILED$/.test(typeOf(error))
}

/** Whether the broker found a message, or a batch of them, over its limit. */
export function isTooLarge(error: unknown): boolean {
  return tooLarge.has(typeOf(error))
}

/** Whether an offset lies outside the log. */
export function isOutOfRange(error: unknown): boolean {
  return typeOf(error) === 'OFFSET_OUT_OF_RANGE'
}

/** One line for a message or a log. kafkajs puts no credentials into its errors. */
export function reasonOf(error: unknown): string {
  const { message, type, broker } = rootOf(error)
  const place = broker === undefined || message.includes(broker) ? '' : ` (${broker})`
  return `${type === undefined ? '' : `${type}: `}${message.replace(/\.$/, '')}${place}`
}

/** The end of the process that an error means; null if it can heal. */
export function endOf(error: unknown, names: KafkaNames): WorkerError | null {
  if (error instanceof WorkerError) return error
  const root = rootOf(error)
  if (root instanceof OffsetBeyondEndError) return otherLog(root, names)
  if (root.name === 'KafkaJSNotImplemented' || root instanceof UnreadableBatchError)
    return unreadable(root, names)
  if (
    root.name === 'KafkaJSSASLAuthenticationError' ||
    /AUTH(ENTICAT|ORIZAT)ION_FAILED|SASL/.test(root.type ?? '')
  )
    return unauthorized(error, names)
  if (misconfigured.has(root.type ?? '')) return refused('configuration', error, names)
  if (heals(root)) return null
  return refused('source-refused', error, names)
}

/** The topic is not there. */
export function topicMissing(topic: string): WorkerError {
  return new WorkerError(
    'topic-missing',
    `Kafka has no topic ${topic}. Create it with \`sessionloom setup\`, or correct its name in the settings.`,
  )
}

function heals({ name, type, retriable }: KafkaFailure): boolean {
  // A fault in kafkajs, or bytes that it cannot read, come back with the same batch.
  if (['TypeError', 'RangeError', 'SyntaxError', 'ReferenceError'].includes(name)) return false
  return retriable !== false || passing.has(name) || passing.has(type ?? '') || rejoins.has(type ?? '')
}

/** kafkajs wraps what it gives up on; the first cause has the type. */
function rootOf(error: unknown): KafkaFailure {
  let root = error
  while (!(root instanceof UnreadableBatchError) && root instanceof Error && root.cause instanceof Error)
    root = root.cause
  if (root instanceof Error) return root
  return { name: 'Error', message: String(root) }
}

function typeOf(error: unknown): string {
  return rootOf(error).type ?? ''
}

function unauthorized(cause: unknown, { brokers, topic, groupId }: KafkaNames): WorkerError {
  return new WorkerError(
    'unauthorized',
    `Kafka at ${brokers.join(', ')} refused this user: ${reasonOf(cause)}. Check the user name, its password and ` +
      `its rights${topic === undefined ? '' : ` on topic ${topic}`}${groupId === undefined ? '' : ` and group ${groupId}`} ` +
      '(README.md lists them, under Rights).',
    { cause },
  )
}

function unreadable(cause: KafkaFailure, { topic }: KafkaNames): WorkerError {
  return new WorkerError(
    'input',
    `records of topic ${topic} cannot be read: ${cause.message}. Gzip, Snappy, LZ4 and (from Node 22.15 on) zstd can. ` +
      'compression.type=gzip on the topic makes the broker compress anew what comes from now on; what is there already ' +
      'must expire or be copied.',
    { cause },
  )
}

function otherLog(cause: OffsetBeyondEndError, { topic, groupId }: KafkaNames): WorkerError {
  return new WorkerError(
    'epoch-mismatch',
    `group ${groupId} has committed offset ${cause.offset} of topic ${topic}, partition ${cause.partition}, but the ` +
      `log ends at ${cause.end}: it is not the log that was read before. If the topic was recreated, run ` +
      '`sessionloom setup` and the workers with the next SOURCE_EPOCH.',
    { cause },
  )
}

function refused(
  code: 'configuration' | 'source-refused',
  cause: unknown,
  { brokers, topic, groupId }: KafkaNames,
): WorkerError {
  const place = topic === undefined ? '' : ` on topic ${topic}`
  const group = groupId === undefined ? '' : ` in group ${groupId}`
  return new WorkerError(
    code,
    `Kafka at ${brokers.join(', ')} cannot go on${place}${group}: ${reasonOf(cause)}. ${
      code === 'configuration'
        ? 'Correct the settings of this worker, or of the others in its group.'
        : 'Look for this error in the log of the broker; nothing was committed for the batch that it concerns.'
    }`,
    { cause },
  )
}
