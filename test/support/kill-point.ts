// Loaded into a worker by `node --import`: SIGKILL at one step of the order of effects. All effects before it are
// real ones. KILL_POINT is `<step>:<n>`: the n-th time that the step is due in a batch with a merge and a broken record.
import { AsyncLocalStorage } from 'node:async_hooks'
import { writeSync } from 'node:fs'
import { ElasticsearchSessionStore } from '../../src/adapters/elasticsearch-session-store.ts'
import { KafkaDeadLetterSink } from '../../src/adapters/kafka-dead-letter-sink.ts'
import { KafkaLease } from '../../src/adapters/kafka-lease.ts'
import { isRedirect, isSession } from '../../src/core/session-document.ts'
import type { AnyWrite } from '../../src/ports/session-store.ts'
import { Worker } from '../../src/worker.ts'
import { isBroken } from './merging-events.ts'

/** A batch in work, or the sessions that the clock closes. */
type Work = { readonly isClosing: boolean; hasMerges: boolean; readonly hasBroken: boolean }

const [wanted, times] = (process.env.KILL_POINT as string).split(':')
const work = new AsyncLocalStorage<Work>()
const merged = new Set<string>()
let left = Number(times)

function isDue(step: string, { isClosing, hasMerges, hasBroken } = work.getStore() as Work): boolean {
  return step === wanted && (isClosing || (hasMerges && hasBroken)) && --left === 0
}

function die(): Promise<never> {
  writeSync(2, `killed: ${wanted}\n`)
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}

/** Runs one effect: whole, or half of it, or not at all. */
async function effect<T, R>(name: string, items: readonly T[], run: (items: readonly T[]) => Promise<R>) {
  if (isDue(`before ${name}`)) await die()
  if (items.length > 1 && isDue(`half of ${name}`)) {
    await run(items.slice(0, items.length / 2))
    await die()
  }
  const result = await run(items)
  if (isDue(`after ${name}`)) await die()
  return result
}

function isMerge(document: AnyWrite['document']): boolean {
  if (isRedirect(document)) return true
  if (!isSession(document)) return false
  const news = document.operation.merge.filter(id => !merged.has(id))
  for (const id of news) merged.add(id)
  return news.length > 0
}

const { closeQuiet, process: processBatch } = Worker.prototype
Worker.prototype.closeQuiet = function () {
  return work.run({ isClosing: true, hasMerges: false, hasBroken: false }, () => closeQuiet.call(this))
}
Worker.prototype.process = function (lease) {
  const hasBroken = lease.batch.records.some(({ value }) => isBroken(String(value)))
  return work.run({ isClosing: false, hasMerges: false, hasBroken }, () => processBatch.call(this, lease))
}

const { write } = ElasticsearchSessionStore.prototype
ElasticsearchSessionStore.prototype.write = function (writes) {
  const now = work.getStore() as Work
  // All of them are looked at: each says which merges are known by now.
  if (writes.filter(({ document }) => isMerge(document)).length > 0) now.hasMerges = true
  const name = now.isClosing
    ? 'closing'
    : writes.every(one => isRedirect(one.document))
      ? 'redirects'
      : 'documents'
  return effect(name, writes, some => write.call(this, some))
}

const { send } = KafkaDeadLetterSink.prototype
KafkaDeadLetterSink.prototype.send = function (letters) {
  if (letters.length === 0) return send.call(this, letters)
  return effect('letters', letters, some => send.call(this, some))
}

const { commit } = KafkaLease.prototype
KafkaLease.prototype.commit = function (checkpoint) {
  return effect('commit', [checkpoint], () => commit.call(this, checkpoint))
}
