import assert from 'node:assert/strict'
import { test } from 'node:test'
import { broken, type Check, type Verdict, verdicts, well } from '../../../src/commands/doctor-checks.ts'
import { brokerChecks } from '../../../src/commands/doctor-kafka.ts'

const passed = async () => well('reached')
const failed = async () => broken('away')
const never = () => Promise.reject(new Error('there was nothing to ask'))

/** `name: verdict: message`. */
async function told(checks: readonly Check[]): Promise<readonly string[]> {
  const all: Verdict[] = await Array.fromAsync(verdicts(checks))
  return all.map(({ check, verdict, message }) => `${check}: ${verdict}: ${message}`)
}

test('one cause is one failure: what needs it is not checked, however far from it', async () => {
  const checks = [
    { name: 'broker', run: failed },
    { name: 'kafka', needs: ['broker'], run: never },
    { name: 'topic', needs: ['kafka'], run: never },
  ]
  const unchecked = 'warn: not checked, because `broker` failed. Mend that first.'
  assert.deepEqual(await told(checks), ['broker: fail: away', `kafka: ${unchecked}`, `topic: ${unchecked}`])
})

test('one of what a check needs is enough, and all that failed are named where none is left', async () => {
  const brokers = (second: Check['run']): Check[] => [
    { name: 'a', run: failed },
    { name: 'b', run: second },
    { name: 'kafka', needs: ['a', 'b'], run: passed },
  ]
  assert.deepEqual((await told(brokers(passed))).at(-1), 'kafka: ok: reached')
  assert.match((await told(brokers(failed))).at(-1) ?? '', /^kafka: warn: .* `a` and `b` failed/)
})

test('a check does not wait for the others that it needs once one of them was passed', async () => {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const found = await told([
    { name: 'a', run: passed },
    { name: 'b', run: () => late.then(() => broken('away')) },
    {
      name: 'kafka',
      needs: ['a', 'b'],
      async run() {
        resolve()
        return passed()
      },
    },
  ])
  assert.deepEqual(found, ['a: ok: reached', 'b: fail: away', 'kafka: ok: reached'])
})

test('the cluster is asked only where one of its brokers was reached', () => {
  const checks = brokerChecks({ clientId: 'test', brokers: ['a:9092', 'b:9092'] })
  const needs = Object.fromEntries(checks.map(({ name, needs }) => [name, needs]))
  assert.deepEqual(needs.kafka, ['broker a:9092', 'broker b:9092'])
})
