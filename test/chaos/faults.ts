// The faults of a chaos run. Each resolves when it is over and the world is as it was.
import { setTimeout as sleep } from 'node:timers/promises'
import { readUpTo } from '../support/group-lag.ts'
import type { Random } from '../support/seeded-random.ts'
import { overloaded, refusingSome, rejectingOne, unavailable } from './store-proxy.ts'
import type { ChaosWorker } from './worker-pool.ts'
import { partitions, sessionTimeoutMs, type World, workerCount } from './world.ts'

export type FaultKind = {
  readonly name: string
  /** Cards in the deck. */
  readonly weight: number
  /** Runs while nothing else is broken: it stops all workers. */
  readonly isAlone?: true
  /** Gives false if there was nothing to break. */
  readonly inject: (world: World, random: Random) => Promise<unknown>
}

const someMs = (random: Random, from: number, to: number) => from + random.below(to - from)

const pickWorker = (world: World, random: Random): ChaosWorker | undefined => {
  const { running } = world.workers
  return running.length === 0 ? undefined : random.pick(running)
}

async function killed(world: World, random: Random): Promise<boolean> {
  const worker = pickWorker(world, random)
  if (worker === undefined) return false
  await world.workers.kill(worker)
  await sleep(someMs(random, 0, 2_000))
  world.workers.start()
  return true
}

async function terminated(world: World, random: Random): Promise<boolean> {
  const worker = pickWorker(world, random)
  if (worker === undefined) return false
  await world.workers.terminate(worker)
  world.workers.start()
  return true
}

/** Longer than the session timeout: it wakes up as a zombie. */
async function frozen(world: World, random: Random): Promise<boolean> {
  const worker = pickWorker(world, random)
  if (worker === undefined) return false
  worker.isFrozen = true
  worker.child.kill('SIGSTOP')
  await sleep(sessionTimeoutMs + someMs(random, 1_000, 4_000))
  worker.child.kill('SIGCONT')
  worker.isFrozen = false
  return true
}

async function joined(world: World): Promise<void> {
  if (world.workers.size >= workerCount.most) {
    const worker = world.workers.running[0]
    if (worker !== undefined) await world.workers.terminate(worker)
  }
  world.workers.start()
}

async function left(world: World, random: Random): Promise<unknown> {
  if (world.workers.size <= workerCount.least) world.workers.start()
  const worker = pickWorker(world, random)
  return worker === undefined ? false : world.workers.terminate(worker)
}

async function storeStopped(world: World): Promise<void> {
  await world.restart(world.node, async () => {
    const { pid } = world.node
    if (pid === undefined) return
    process.kill(pid, 'SIGTERM')
    for (let i = 0; i < 60 && world.node.pid !== undefined; i++) await sleep(250)
  })
}

async function deadLettersRefused({ workers }: World, random: Random): Promise<unknown> {
  const before = workers.refusals
  workers.refuseLetters(true)
  await sleep(someMs(random, 3_000, 6_000))
  workers.refuseLetters(false)
  return workers.refusals > before
}

async function clockWrong(world: World, random: Random): Promise<void> {
  const worker = pickWorker(world, random)
  if (worker !== undefined) await world.workers.terminate(worker)
  const hours = random.pick([-30, -5, -1, 2, 7, 26])
  world.workers.start({ clockShiftMs: hours * 3_600_000 })
}

/** All workers stop, something happens to the topic or the group, and they go on. */
async function whileStopped(world: World, random: Random, happen: () => Promise<void>): Promise<void> {
  const count = world.workers.size
  await world.workers.stopAll(random.chance(0.5) ? 'kill' : 'terminate')
  await groupEmpty(world)
  await happen()
  world.startWorkers(count)
}

/** Offsets can be set only when the last member is gone, or taken for it. */
async function groupEmpty(world: World): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const { groups } = await world.admin.describeGroups([world.group])
    if (['Empty', 'Dead'].includes(groups[0]?.state ?? 'Dead')) return
    await sleep(500)
  }
  throw new Error('the consumer group does not become empty')
}

const offsetsRewound = (world: World, random: Random) =>
  whileStopped(world, random, () =>
    world.admin.resetOffsets({ groupId: world.group, topic: world.topic, earliest: true }),
  )

const newGroup = (world: World, random: Random) => whileStopped(world, random, async () => world.newGroup())

const offsetsOutOfRange = (world: World, random: Random) =>
  whileStopped(world, random, async () => {
    const state = await world.logState()
    const { ends } = state
    const set = (offsets: ReadonlyMap<number, number>) =>
      world.admin.setOffsets({
        groupId: world.group,
        topic: world.topic,
        partitions: [...offsets].map(([partition, offset]) => ({
          partition,
          offset: String(offset),
        })),
      })
    await set(new Map([...ends].map(([partition, end]) => [partition, end + 1_000_000])))
    await world.refused(/the log ends at \d+/)
    await groupEmpty(world)
    // Not before the log's start, where a group that has committed nothing yet would seem to have lost records.
    await set(new Map([...ends.keys()].map(partition => [partition, readUpTo(state, partition)])))
  })

/** Refused; and the topic that has them is given up for a new one, with nothing unread. */
async function partitionsAdded(world: World, random: Random): Promise<void> {
  await world.workload.pause()
  await world.drained()
  await whileStopped(world, random, async () => {
    await world.capture()
    await world.admin.createPartitions({ topicPartitions: [{ topic: world.topic, count: partitions + 2 }] })
    await world.refused(/partitions/)
    await world.nextEpoch()
  })
  world.workload.resume()
}

/** Some records that no worker has read are in the log. */
async function unread(world: World, random: Random): Promise<void> {
  await world.workload.send(someMs(random, 50, 400))
  await world.capture()
}

async function topicRecreated(world: World, random: Random): Promise<void> {
  await world.workload.pause()
  await world.drained()
  await whileStopped(world, random, async () => {
    const { ends: before } = await world.logState()
    await unread(world, random)
    const { ends } = await world.logState()
    for (const [partition, end] of ends) world.lose(partition, before.get(partition) ?? 0, end)
    await world.recreateTopic()
    await world.refused(/SOURCE_EPOCH=\d+/)
    await world.nextEpoch()
  })
  world.workload.resume()
}

async function recordsExpired(world: World, random: Random): Promise<void> {
  await world.workload.pause()
  await world.drained()
  const count = world.workers.size
  await world.workers.stopAll('terminate')
  await groupEmpty(world)
  const { ends: before } = await world.logState()
  await unread(world, random)
  const { ends } = await world.logState()
  const starts = new Map([...ends].map(([p, end]) => [p, end - random.below(end - (before.get(p) ?? 0) + 1)]))
  await world.admin.deleteTopicRecords({
    topic: world.topic,
    partitions: [...starts].map(([partition, offset]) => ({ partition, offset: String(offset) })),
  })
  // Until the broker has noted it for its next life.
  await sleep(1_000)
  const lostBefore = world.lost
  for (const [partition, start] of starts) world.lose(partition, before.get(partition) ?? 0, start)
  world.expired += world.lost - lostBefore
  if (world.lost > lostBefore) await world.refused(/expired before they were read/)
  for (let i = 0; i < count; i++) world.workers.start({ env: { ON_DATA_LOSS: 'continue' } })
  await world.drained()
  world.workload.resume()
}

/** The others drain the old topic and go on with the new one while one sleeps over it. */
async function epochSwitched(world: World, random: Random): Promise<boolean> {
  const sleeper = pickWorker(world, random)
  if (sleeper === undefined) return false
  const count = world.workers.size
  sleeper.isFrozen = true
  sleeper.child.kill('SIGSTOP')
  await world.workload.pause()
  await world.drained()
  await world.workers.stopAll('terminate')
  await world.capture()
  await world.nextEpoch()
  world.startWorkers(count - 1)
  world.workload.resume()
  await sleep(someMs(random, 2_000, 6_000))
  sleeper.isExpectedToEnd = true
  sleeper.child.kill('SIGCONT')
  // It may find out only when it restores; one that reads nothing more harms nobody.
  await Promise.race([sleeper.exit, sleep(20_000)])
  await world.workers.kill(sleeper)
  world.workers.start()
  return true
}

export const faultKinds: readonly FaultKind[] = [
  { name: 'worker killed (SIGKILL)', weight: 3, inject: killed },
  { name: 'worker stopped (SIGTERM)', weight: 2, inject: terminated },
  { name: 'worker frozen beyond its session, then a zombie', weight: 3, inject: frozen },
  { name: 'worker joined', weight: 2, inject: joined },
  { name: 'worker left', weight: 2, inject: left },
  { name: 'clock of a worker wrong by hours', weight: 1, inject: clockWrong },
  { name: 'broker killed and restarted', weight: 1, inject: world => world.restart(world.kafka) },
  { name: 'Elasticsearch killed and restarted', weight: 1, inject: world => world.restart(world.node) },
  { name: 'Elasticsearch stopped and restarted', weight: 1, inject: storeStopped },
  {
    name: 'connection cut between bulk applied and answer',
    weight: 2,
    inject: ({ proxy }, random) => proxy.forBulks(1 + random.below(4), () => ({ kind: 'pass-and-drop' })),
  },
  {
    name: 'answers truncated',
    weight: 2,
    inject: ({ proxy }, random) =>
      proxy.during(someMs(random, 500, 2_500), () =>
        random.chance(0.4) ? { kind: 'pass-and-truncate' } : undefined,
      ),
  },
  {
    name: 'black hole',
    weight: 1,
    inject: ({ proxy }, random) => proxy.during(someMs(random, 2_000, 7_000), () => ({ kind: 'hang' })),
  },
  {
    name: 'latency',
    weight: 2,
    inject: ({ proxy }, random) =>
      proxy.during(someMs(random, 2_000, 6_000), async () => {
        await sleep(random.below(1_500))
        return undefined
      }),
  },
  {
    name: '429 on whole bulks',
    weight: 2,
    inject: ({ proxy }, random) => proxy.forBulks(2 + random.below(6), overloaded),
  },
  {
    name: '503 on everything',
    weight: 2,
    inject: ({ proxy }, random) => proxy.during(someMs(random, 1_000, 4_000), unavailable),
  },
  {
    name: '429 on single items',
    weight: 2,
    inject: ({ proxy }, random) =>
      proxy.forBulks(
        3 + random.below(6),
        refusingSome([429, 'es_rejected_execution_exception'], () => random.chance(0.3)),
      ),
  },
  {
    name: '503 on single items',
    weight: 2,
    inject: ({ proxy }, random) =>
      proxy.forBulks(
        3 + random.below(6),
        refusingSome([503, 'unavailable_shards_exception'], () => random.chance(0.3)),
      ),
  },
  {
    name: 'a document rejected for good',
    weight: 2,
    inject: ({ proxy }, random) => proxy.forBulks(1 + random.below(3), rejectingOne),
  },
  { name: 'dead-letter topic refuses', weight: 1, inject: deadLettersRefused },
  { name: 'offsets rewound to the beginning', weight: 1, isAlone: true, inject: offsetsRewound },
  { name: 'offsets out of range', weight: 1, isAlone: true, inject: offsetsOutOfRange },
  { name: 'new group over existing documents', weight: 1, isAlone: true, inject: newGroup },
  { name: 'partitions added to the live topic', weight: 1, isAlone: true, inject: partitionsAdded },
  { name: 'topic deleted and recreated', weight: 1, isAlone: true, inject: topicRecreated },
  { name: 'records expired unread', weight: 1, isAlone: true, inject: recordsExpired },
  { name: 'new topic and epoch, an old worker asleep', weight: 1, isAlone: true, inject: epochSwitched },
]
