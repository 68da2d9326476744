import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '@elastic/elasticsearch'
import { openLookups } from '../../src/lookups.ts'
import { sessionloom } from '../support/command.ts'
import { kafkaClient, withoutKafka } from '../support/kafka-fixture.ts'
import { defaultOracleOptions, differences, oracle } from '../support/oracle.ts'
import type { Server } from '../support/server.ts'
import { startElasticsearch } from '../support/services.ts'
import { liveDocuments } from '../support/stored-documents.ts'
import { untilCaughtUp, workerEnv } from '../support/worker-process.ts'
import { workerSuite } from '../support/worker-suite.ts'

/** OUTAGE_SECONDS=600 for the long proof; the short one is longer than a session timeout too. */
const outageSeconds = Number(process.env.OUTAGE_SECONDS ?? 15)
const lines = readFileSync('test/data/access-log.events.ndjson', 'utf8').trimEnd().split('\n')

describe('while Elasticsearch is down', { skip: withoutKafka }, () => {
  let node: Server
  const topic = `outage-${randomBytes(4).toString('hex')}`
  const { admin, start } = workerSuite(async admin => {
    await admin.deleteTopics({ topics: [topic, `${topic}.dead-letters`] }).catch(() => {})
    await node.stop()
  })
  before(async () => {
    const started = await startElasticsearch()
    if (started.kind === 'none') throw new Error(started.reason)
    node = started.server
  })

  const produce = async (from: number, to: number, env: Record<string, string>) => {
    const input = `${lines.slice(from, to).join('\n')}\n`
    const { exitCode, stderr } = await sessionloom(['produce', '-'], { env, input })
    assert.equal(exitCode, 0, stderr)
  }

  test('a worker waits, keeps its membership, says so once, and catches up without a human', async () => {
    const env = workerEnv(kafkaClient.brokers, topic, node.address)
    assert.equal((await sessionloom(['setup'], { env })).exitCode, 0)
    const worker = start(env)
    const events = () =>
      worker
        .output()
        .split('\n')
        .filter(line => line.startsWith('{'))
        .map(line => JSON.parse(line))
    const count = (kind: string) => events().filter(({ event }) => event === kind).length
    const ready = async () => {
      const address = events().find(({ event }) => event === 'StatusServed')?.address
      const answer = await fetch(`${address}/readyz`)
      return { status: answer.status, text: await answer.text() }
    }
    await produce(0, 2_000, env)
    await untilCaughtUp(admin, topic, topic)
    assert.deepEqual(await ready(), { status: 200, text: 'ready\n' })

    await node.kill()
    await produce(2_000, lines.length, env)
    const downSince = performance.now()
    while (count('StoreUnavailable') === 0) await sleep(100)
    const down = await ready()
    assert.equal(down.status, 503)
    assert.match(down.text, /waiting for the store: connection/)
    const rss: number[] = []
    while (performance.now() - downSince < outageSeconds * 1_000) {
      await sleep(1_000)
      rss.push(residentMb(worker.child.pid as number))
    }
    const { groups } = await admin.describeGroups([topic])
    assert.equal(groups[0]?.state, 'Stable')
    assert.equal(groups[0]?.members.length, 1)
    assert.equal(count('PartitionsAssigned'), 1, `the membership was never lost: ${worker.output()}`)
    assert.equal(count('StoreUnavailable'), 1, 'said once')
    assert.equal(worker.child.exitCode, null)

    await node.restart()
    await untilCaughtUp(admin, topic, topic)
    assert.equal(count('StoreRecovered'), 1)
    assert.equal((await ready()).status, 200)
    const client = new Client({ node: node.address })
    const log = lines.map(value => ({ value, timestamp: null }))
    const expected = oracle(log, { ...defaultOracleOptions, lookups: openLookups() })
    assert.deepEqual(differences(expected, await liveDocuments(client, 'sessions'), true).slice(0, 3), [])
    await client.close()
    console.log(
      `down for ${outageSeconds} s: resident ${rss[0]} MB at first, ${rss.at(-1)} MB at last, most ${Math.max(...rss)} MB`,
    )
  })
})

/** Resident memory of a process, MB; 0 where there is no /proc. */
function residentMb(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
  } catch {
    return 0
  }
}
