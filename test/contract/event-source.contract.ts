import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { BatchLease, EventSource, RecordBatch, SourceHandler } from '../../src/ports/event-source.ts'

export type SourceUnderTest = { readonly source: EventSource; close(): Promise<void> }

/** Makes a source of these values: one list for each partition, each value one line of JSON. */
export type SourceFactory = (partitions: readonly (readonly Buffer[])[]) => Promise<SourceUnderTest>

export type SourceTraits = {
  /** How many partitions the source can have. */
  readonly partitions: number
  /** Whether `committed` tells what was committed. A file keeps nothing. */
  readonly keepsCommits: boolean
}

const metadata = { watermark: 1_700_000_000_000, epoch: 0, partitions: 1 }
const recordsPerPartition = 300

/** What every EventSource promises. */
export function eventSourceContract(name: string, traits: SourceTraits, create: SourceFactory): void {
  const values = Array.from({ length: traits.partitions }, (_, partition) => someValues(partition))
  const total = traits.partitions * recordsPerPartition

  async function withSource(test: (source: EventSource) => Promise<void>): Promise<void> {
    const { source, close } = await create(values)
    try {
      await test(source)
    } finally {
      await source.stop()
      await close()
    }
  }

  describe(`an event source: ${name}`, () => {
    it('delivers every record once, in order, with its bytes', () =>
      withSource(async source => {
        const { batches } = await readAll(source, total)
        for (const [partition, expected] of values.entries()) {
          const records = of(batches, partition).flatMap(batch => batch.records)
          const copies = records.map(record => Buffer.from(record.value ?? []))
          assert.equal(copies.length, expected.length)
          assert(
            copies.every((value, i) => value.equals(expected[i]!)),
            `bytes of partition ${partition}`,
          )
        }
      }))

    it('cuts a partition into contiguous batches', () =>
      withSource(async source => {
        const { batches } = await readAll(source, total)
        for (const partition of values.keys()) {
          const own = of(batches, partition)
          assert(own.length > 1, 'more than one batch, or this test shows nothing')
          for (const [i, batch] of own.entries()) {
            if (i > 0) assert.equal(batch.firstOffset, own[i - 1]!.nextOffset)
            assertOffsets(batch)
          }
        }
      }))

    it('assigns partitions before their first batch, and none that do not exist', () =>
      withSource(async source => {
        const { partitions } = await source.describe()
        const { assigned, log } = await readAll(source, total)
        assert.equal(log[0], 'assigned')
        assert.equal(partitions, traits.partitions)
        assert.deepEqual(assigned.at(-1)?.toSorted(), [...values.keys()])
      }))

    it('has one batch at a time in work for a partition', () =>
      withSource(async source => {
        const inWork = new Set<number>()
        await readAll(source, total, async ({ batch }) => {
          assert(!inWork.has(batch.partition), 'a second batch of the partition')
          inWork.add(batch.partition)
          await new Promise(resolve => setTimeout(resolve, 20))
          inWork.delete(batch.partition)
        })
      }))

    it('lets the batch in work end when it is stopped, and takes no more', () =>
      withSource(async source => {
        const begun: RecordBatch[] = []
        let ended = 0
        let stopped: Promise<void> | undefined
        const outcomes: string[] = []
        await source.run({
          assigned: () => {},
          process: async lease => {
            assert.equal(stopped, undefined, 'a batch after stop')
            begun.push(lease.batch)
            stopped ??= source.stop()
            await new Promise(resolve => setTimeout(resolve, 300))
            assert(lease.isCurrent(), 'still its own')
            outcomes.push(await lease.commit({ offset: lease.batch.nextOffset, metadata }))
            ended++
          },
        })
        await stopped
        assert(begun.length >= 1)
        assert.equal(ended, begun.length)
        assert(outcomes.every(outcome => outcome === 'committed'))
        if (!traits.keepsCommits) return
        for (const { partition, nextOffset } of begun)
          assert.deepEqual(await source.committed(partition), { offset: nextOffset, metadata })
      }))

    it('delivers nothing when it was stopped before it ran', () =>
      withSource(async source => {
        await source.stop()
        await source.run({ assigned: () => {}, process: async () => assert.fail('a batch') })
      }))

    it('ends with what a handler rejects, whatever it is, and commits no batch after it', () =>
      withSource(async source => {
        const failure = new TypeError('no such thing')
        const failed = new Set<number>()
        const run = source.run({
          assigned: () => {},
          process: async ({ batch }) => {
            assert(!failed.has(batch.partition), 'the same partition again')
            failed.add(batch.partition)
            throw failure
          },
        })
        await assert.rejects(run, error => error === failure)
        if (!traits.keepsCommits) return
        for (const partition of values.keys())
          assert.deepEqual(await source.committed(partition), { offset: null, metadata: null })
      }))
  })
}

type Reading = { batches: RecordBatch[]; assigned: (readonly number[])[]; log: string[] }

/** Reads and commits until `total` records are through. Copies no bytes: a batch is good until it is handled. */
async function readAll(
  source: EventSource,
  total: number,
  also: (lease: BatchLease) => Promise<void> = async () => {},
): Promise<Reading> {
  const reading: Reading = { batches: [], assigned: [], log: [] }
  let count = 0
  const handler: SourceHandler = {
    assigned(partitions) {
      reading.log.push('assigned')
      reading.assigned.push([...partitions])
    },
    async process(lease) {
      reading.log.push('batch')
      await also(lease)
      reading.batches.push(copyOf(lease.batch))
      assert.equal(await lease.commit({ offset: lease.batch.nextOffset, metadata }), 'committed')
      count += lease.batch.records.length
      if (count >= total) void source.stop()
    },
  }
  await source.run(handler)
  assert.equal(count, total)
  return reading
}

function copyOf(batch: RecordBatch): RecordBatch {
  const records = batch.records.map(({ offset, timestamp, key, value, headers }) => ({
    offset,
    timestamp,
    key,
    headers,
    value: value && Buffer.from(value),
  }))
  return { ...batch, records }
}

function assertOffsets({ records, firstOffset, nextOffset }: RecordBatch): void {
  let last = firstOffset - 1
  for (const { offset } of records) {
    assert(offset > last, 'offsets grow')
    last = offset
  }
  assert(last < nextOffset)
}

function of(batches: readonly RecordBatch[], partition: number): RecordBatch[] {
  return batches.filter(batch => batch.partition === partition)
}

/** Some 3 MB that do not compress, so that no source can take them in one piece. */
function someValues(partition: number): Buffer[] {
  return Array.from({ length: recordsPerPartition }, (_, i) =>
    Buffer.from(
      JSON.stringify({ partition, i, text: `Grüße, 世界 \\ " ${randomBytes(5_000).toString('hex')}` }),
    ),
  )
}
