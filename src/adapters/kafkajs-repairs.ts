// Repairs of kafkajs 2.2.4, which has no maintainer any more. Each replaces one function, and only if that
// function is, to the letter, the one that was read when the repair was written.
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { WorkerError } from '../core/worker-error.ts'
import { readRecords } from './kafka-record-batch.ts'

const require = createRequire(import.meta.url)

export const repairedVersion = '2.2.4'

/** SHA-256 of the source of each function that is replaced. */
export const repairedSources = {
  scheduleCheckPendingRequests: '04347ea969c6f2e3754427c0cbaee0bd4ce947fbd82f7b6e027506a06dfc581a',
  decodeMessages: '1b27174fb8b38bbdc4f816f8cf122614d867e4ab612a5771ce2208f6eab45130',
  setDefaultOffset: '4ebfa038e4f955bd1df233a59a5ee5e6741f8d7931c07e2bfe18c2ece4769cfe',
  connect: 'f62881754acb28b9649343a621f36c450fed94751126a6570498975fb1c48a58',
} as const

type RepairName = keyof typeof repairedSources
type AnyFunction = (...args: never[]) => unknown

type RequestQueue = {
  pending: readonly unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
}

type OffsetManager = {
  cluster: {
    fetchTopicsOffset(
      topics: { topic: string; partitions: { partition: number }[]; fromBeginning: boolean }[],
    ): Promise<{ partitions: { partition: number; offset: string }[] }[]>
  }
  resolvedOffsets: Record<string, Record<number, string>>
  nextOffset(topic: string, partition: number): { toString(): string }
}

const places = {
  scheduleCheckPendingRequests: 'kafkajs/src/network/requestQueue',
  decodeMessages: 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages',
  setDefaultOffset: 'kafkajs/src/consumer/offsetManager',
  connect: 'kafkajs/src/network/connection',
} as const satisfies Record<RepairName, string>

/** What replaces each function; what it replaced is in `originals`. */
const repairs: Record<RepairName, AnyFunction> = {
  scheduleCheckPendingRequests,
  decodeMessages: readRecords,
  setDefaultOffset,
  connect,
}
const originals: Partial<Record<RepairName, AnyFunction>> = {}

/** A committed offset that lies beyond the end of the log: it was made from another one. */
export class OffsetBeyondEndError extends Error {
  /** kafkajs's retrier asks for this: false ends the consumer instead of trying for ever. */
  readonly retriable = false
  readonly partition: number
  readonly offset: string
  readonly end: string

  constructor(partition: number, offset: string, end: string) {
    super(`offset ${offset} of partition ${partition} lies beyond the end of the log, ${end}`)
    this.name = 'OffsetBeyondEndError'
    this.partition = partition
    this.offset = offset
    this.end = end
  }
}

/** Repairs kafkajs for this process. To be called before a client is made; again does nothing. */
export function repairKafkajs(): void {
  const { version } = require('kafkajs/package.json') as { version: string }
  if (version !== repairedVersion) throw notRepairable(`its version is ${version}`)
  for (const name of Object.keys(places) as RepairName[]) repair(name)
}

/** SHA-256 of a function's source. */
export function sourceHash(fn: AnyFunction): string {
  return createHash('sha256').update(fn.toString()).digest('hex')
}

function repair(name: RepairName): void {
  const current = currentFunction(name)
  if (current === repairs[name]) return
  if (sourceHash(current) !== repairedSources[name]) throw notRepairable(`${name} has changed`)
  originals[name] = current
  replace(name)
}

/** A module that is itself the function, or a class with it. */
const isModule = (name: RepairName): boolean => name === 'decodeMessages'

function currentFunction(name: RepairName): AnyFunction {
  const exported = require(places[name])
  return isModule(name) ? exported : exported.prototype[name]
}

function replace(name: RepairName): void {
  if (!isModule(name)) require(places[name]).prototype[name] = repairs[name]
  // Its users load it when the first fetch of their protocol version is answered, so the cache is in time.
  else require.cache[require.resolve(places[name])]!.exports = repairs[name]
}

function notRepairable(why: string): WorkerError {
  return new WorkerError(
    'configuration',
    `kafkajs cannot be repaired: ${why}. The repairs are for version ${repairedVersion} exactly; without them ` +
      'records can be lost. Run `npm ci`, or read src/adapters/kafkajs-repairs.ts again before upgrading.',
  )
}

/**
 * kafkajs arms the timer although nothing is pending, with a negative time that becomes 1 ms: thousands of
 * timers a second per connection, and Node's TimeoutNegativeWarning (tulios/kafkajs#1556, #1704, #1751).
 */
function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
  const wait = this.throttledUntil - Date.now()
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    wait > 0 ? wait : 10,
  )
}

const connecting = new WeakMap<object, Promise<unknown>>()

/**
 * Two requests that find their connection closed both open a socket. kafkajs forgets the first one: it keeps
 * the process alive, and when the broker closes it for idleness, the requests of the other are rejected.
 */
function connect(this: object): Promise<unknown> {
  const started = connecting.get(this)
  if (started !== undefined) return started
  const connected = (originals.connect as (this: object) => Promise<unknown>)
    .call(this)
    .finally(() => connecting.delete(this))
  connecting.set(this, connected)
  return connected
}

/**
 * On OFFSET_OUT_OF_RANGE kafkajs commits -2 for the group, even with `autoCommit: false`: the commit that
 * says how far the documents go is gone. Here the position moves and nothing is committed. Below the log's
 * start, records have expired: the next batch's first offset says so, and the worker decides. Beyond its end,
 * it is another log: nothing of it may be read.
 */
async function setDefaultOffset(
  this: OffsetManager,
  { topic, partition }: { topic: string; partition: number },
): Promise<void> {
  const position = this.nextOffset(topic, partition).toString()
  const start = await logOffset(this, topic, partition, true)
  if (BigInt(position) < BigInt(start)) {
    this.resolvedOffsets[topic]![partition] = start
    return
  }
  const end = await logOffset(this, topic, partition, false)
  if (BigInt(position) > BigInt(end)) throw new OffsetBeyondEndError(partition, position, end)
}

async function logOffset(
  { cluster }: OffsetManager,
  topic: string,
  partition: number,
  fromBeginning: boolean,
): Promise<string> {
  const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions: [{ partition }], fromBeginning }])
  const offset = answer?.partitions[0]?.offset
  if (offset === undefined) throw new Error(`no broker leads partition ${partition} of ${topic} now`)
  return offset
}
