// `sessionloom doctor` on what `setup` has made for one test, and what it says.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import kafkajs from 'kafkajs'
import type { Verdict } from '../../src/commands/doctor-checks.ts'
import { sessionloom } from './command.ts'
import { prefixesOn } from './elasticsearch-under-test.ts'
import { kafkaClient } from './kafka-fixture.ts'
import { workerEnv } from './worker-process.ts'
import { workerSuite } from './worker-suite.ts'

export type Env = Record<string, string>

/** What it said, check by check, and how it ended. */
export type Diagnosis = {
  readonly exitCode: number | null
  readonly all: readonly Verdict[]
  of(check: string): Verdict
}

export async function diagnose(env: Env): Promise<Diagnosis> {
  const { exitCode, stdout, stderr } = await sessionloom(['doctor', '--json'], { env })
  assert.equal(stderr, '')
  const all: Verdict[] = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const of = (check: string) => {
    const found = all.find(verdict => verdict.check === check)
    assert.ok(found, `${check} is not among ${all.map(verdict => verdict.check)}`)
    return found
  }
  return { exitCode, all, of }
}

/** These checks found something, and it was this; all others are well. */
export function assertFound(
  { all, of, exitCode }: Diagnosis,
  expected: Readonly<Record<string, readonly ['warn' | 'fail', RegExp]>>,
): void {
  for (const [check, [verdict, message]] of Object.entries(expected)) {
    assert.equal(of(check).verdict, verdict, JSON.stringify(of(check)))
    assert.match(of(check).message, message)
  }
  const others = all.filter(({ check, verdict }) => verdict !== 'ok' && !(check in expected))
  assert.deepEqual(others, [])
  assert.equal(exitCode, Object.values(expected).some(([verdict]) => verdict === 'fail') ? 1 : 0)
}

/** To be called within `describe`. */
export function doctorSuite(node: string) {
  const { client, freshPrefix } = prefixesOn(node)
  const topics: string[] = []
  const { admin, start } = workerSuite(admin => admin.deleteTopics({ topics }).catch(() => {}))

  /** The settings of topics, a group and a prefix that `setup` has seen. */
  async function afterSetup(): Promise<
    Env & { readonly KAFKA_TOPIC: string; readonly INDEX_PREFIX: string }
  > {
    const topic = `doctor-${randomBytes(4).toString('hex')}`
    topics.push(topic, `${topic}.dead-letters`)
    const env = {
      ...workerEnv(kafkaClient.brokers, topic, node),
      INDEX_PREFIX: freshPrefix(),
      KAFKA_PARTITIONS: '2',
    }
    const { exitCode, stderr } = await sessionloom(['setup'], { env })
    assert.equal(exitCode, 0, stderr)
    return env
  }

  /** Settings of a topic, by Kafka's names. */
  async function configure(topic: string, entries: Readonly<Record<string, string>>): Promise<void> {
    const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }))
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    })
  }
  return { client, freshPrefix, admin, start, afterSetup, configure }
}
