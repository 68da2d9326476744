import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import pino from 'pino'
import { indexOf } from '../../../src/adapters/elasticsearch-index.ts'
import { headerPrefix, letterMessage } from '../../../src/adapters/kafka-letter.ts'
import { pinoTelemetry } from '../../../src/adapters/pino-telemetry.ts'
import { prometheusMetrics } from '../../../src/adapters/prometheus-metrics.ts'
import { SqliteSessionStore } from '../../../src/adapters/sqlite-session-store.ts'
import { buildInfo } from '../../../src/build-info.ts'
import { sessionKey } from '../../../src/core/session-id.ts'
import { tellAll } from '../../../src/ports/telemetry.ts'
import { sessionloom } from '../../support/command.ts'
import { hostileLog, hostileTexts } from '../../support/hostile-events.ts'
import { testSettings, testWorker } from '../../support/in-process.ts'
import { testLookups } from '../../support/test-lookups.ts'

/** Runs the hostile log through a worker: what it logged, counted, stored and sent away. */
async function attacked(t: TestContext) {
  const lines: string[] = []
  const log = pino({ level: 'debug', base: null }, { write: line => void lines.push(line) })
  const metrics = prometheusMetrics({ partitions: () => [], geo: () => [], build: buildInfo() })
  const store = new SqliteSessionStore(':memory:', testSettings.gapMs)
  t.after(() => store.close())
  const { source, topic } = hostileLog()
  const telemetry = tellAll(pinoTelemetry(log), metrics.telemetry)
  const { worker, letters } = testWorker(source, store, {}, testLookups, telemetry)
  await worker.run()
  const documents = [...store.documents()]
  assert.ok(documents.length >= 5 && letters.length > 50)
  return { lines, letters, documents, metrics: await metrics.text(), topic }
}

describe('hostile texts in every field', () => {
  it('reach no line of the log', async t => {
    const { lines } = await attacked(t)
    assert.ok(lines.length > 0)
    for (const line of lines) {
      assert.doesNotMatch(line, /evil/i)
      assert.equal(line.split('\n').length, 2)
    }
  })

  it('reach no header of a dead letter that is ours', async t => {
    const { letters } = await attacked(t)
    for (const letter of letters) {
      const { headers = {} } = letterMessage(letter)
      const own = Object.entries(headers).filter(([name]) => name.startsWith(headerPrefix))
      assert.ok(own.length >= 7)
      for (const [name, value] of own) assert.match(String(value), /^[\x20-\x7e]*$/, name)
      for (const [name, value] of own) assert.doesNotMatch(String(value), /evil/i, name)
    }
  })

  it('are in the dead letter as they came: key, value and the headers that are not ours', async t => {
    const { letters, topic } = await attacked(t)
    for (const letter of letters) {
      assert.ok(letter.kind === 'record')
      const original = topic.partitions[0]?.[letter.record.offset]
      const { key, value, headers = {} } = letterMessage(letter)
      assert.deepEqual(Buffer.from(value as Buffer), Buffer.from(original?.value as Uint8Array))
      assert.deepEqual(Buffer.from(key as Buffer), Buffer.from(original?.key as Uint8Array))
      const text = String(original?.key)
      assert.deepEqual(Object.getOwnPropertyDescriptor(headers, text)?.value, Buffer.from(text))
    }
  })

  it('name no index and no document', async t => {
    const { documents } = await attacked(t)
    for (const { id, tabId, metadata } of documents) {
      const key = sessionKey(tabId, Date.parse(metadata.time.insert), testSettings.gapMs)
      assert.equal(indexOf('sessions', key.cellStart), 'sessions-2026.11.01')
      assert.equal(id, key.id)
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/)
    }
  })

  it('make no series of a metric', async t => {
    const { metrics } = await attacked(t)
    assert.doesNotMatch(metrics, /evil/i)
    const seriesOf = (text: string) =>
      [...text.matchAll(/^(sessionloom_[^ ]+) /gm)].map(([, series]) => series).sort()
    const untouched = await prometheusMetrics({
      partitions: () => [],
      geo: () => [],
      build: buildInfo(),
    }).text()
    assert.deepEqual(
      seriesOf(metrics),
      seriesOf(untouched),
      'series are there before anything is counted, and no more',
    )
  })
})

describe('on a terminal', () => {
  it('the log gives no order that a reason holds', async () => {
    const script = `
      const { createLogger, pinoTelemetry } = await import('./src/adapters/pino-telemetry.ts')
      const tell = pinoTelemetry(await createLogger({ level: 'debug', format: 'pretty', isTerminal: false }))
      for (const reason of ${JSON.stringify(Object.values(hostileTexts))}) tell({ kind: 'WorkerStopped', reason })`
    const root = join(import.meta.dirname, '../../..')
    const flags = ['--input-type=module', '--eval', script]
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: root })
    assert.equal(stdout.match(/worker stopped/g)?.length, Object.keys(hostileTexts).length)
    assert.doesNotMatch(stdout, /[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]|^\{"level|^sessionloom/mu)
  })

  it('the name of a file is shown as text', async () => {
    const path = `/nowhere/${Object.values(hostileTexts)
      .join(' ')
      .replaceAll(/[\0\n]/g, '')}`
    const { stderr, exitCode } = await sessionloom(['replay', path])
    assert.notEqual(exitCode, 0)
    assert.match(stderr, /evil/)
    assert.doesNotMatch(stderr, /[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/u)
  })
})
