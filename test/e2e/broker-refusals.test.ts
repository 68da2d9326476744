import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CompressionTypes } from 'kafkajs'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { maxBatchBytes } from '../../src/adapters/kafka-codecs.ts'
import { elasticsearchUnderTest } from '../support/elasticsearch-under-test.ts'
import { kafkaClient, withoutKafka } from '../support/kafka-fixture.ts'
import { mergingPiece } from '../support/merging-events.ts'
import { workersOn } from '../support/worker-fixture.ts'
import type { WorkerProcess } from '../support/worker-process.ts'

const { node, skip } = elasticsearchUnderTest('broker-refusals.test.ts')
const nodeFlags = ['--import', join(import.meta.dirname, '../support/refused-letters.ts')]

describe('a worker whose broker refuses something', { skip: withoutKafka || skip, concurrency: 2 }, () => {
  const { fresh, send, start, lag, caughtUp, assertExact } = workersOn(node)

  test('waits for dead letters to be taken, commits nothing meanwhile, says so once, and goes on', async t => {
    const refusing = join(mkdtempSync(join(tmpdir(), 'refused-')), 'now')
    t.after(() => rmSync(dirname(refusing), { recursive: true }))
    writeFileSync(refusing, '')
    const place = await fresh({ SHUTDOWN_DEADLINE: '1s', REFUSE_WHILE: refusing })
    await send(place, mergingPiece(0))
    await send(place, mergingPiece(1))
    const all = place.written.length

    const impatient = start(place, { nodeFlags })
    await refused(impatient)
    impatient.child.kill('SIGTERM')
    assert.equal(await impatient.exit, 1, 'the deadline holds for dead letters too')
    assert.match(impatient.output(), /still in work 1 s after SIGTERM/)
    assert.equal(await lag(place), all)

    const patient = start(place, { nodeFlags })
    await refused(patient)
    // Long enough for several attempts, in both partitions.
    await sleep(5_000)
    assert.equal(await lag(place), all)
    assert.equal(interruptions(patient).length, 1, patient.output())
    rmSync(refusing)
    await send(place, mergingPiece(2))
    await caughtUp(place)
    await assertExact(place)
    patient.child.kill('SIGTERM')
    assert.equal(await patient.exit, 0, patient.output())
  })

  test('ends with exit code 1, and what to do, when kafkajs crashes and would not start again', async () => {
    const place = await fresh()
    await send(place, mergingPiece(0))
    // A small batch to the broker, and more than any worker takes once it is decompressed.
    const bomb = Buffer.alloc(maxBatchBytes + 1, 'x')
    await sendCompressed(place.topic, bomb)
    const worker = start(place)
    assert.equal(await worker.exit, 1, worker.output())
    assert.match(worker.output(), /sessionloom: records of topic .* cannot be read.*more than 128 MiB/)
    assert.doesNotMatch(worker.output(), /\n {4}at /)
  })
})

const interruptions = (worker: WorkerProcess) => worker.output().match(/"reason":"dead letters: [^"]*/g) ?? []

/** Resolves when the broker has refused dead letters. */
async function refused(worker: WorkerProcess): Promise<void> {
  for (let i = 0; i < 600 && interruptions(worker).length === 0; i++) {
    assert.equal(worker.child.exitCode, null, worker.output())
    await sleep(50)
  }
  assert(interruptions(worker).length > 0, worker.output())
}

async function sendCompressed(topic: string, value: Buffer): Promise<void> {
  const producer = createKafka(kafkaClient).producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ partition: 0, value }], compression: CompressionTypes.GZIP })
  await producer.disconnect()
}
