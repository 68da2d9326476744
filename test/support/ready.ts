import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { repairKafkajs } from '../../src/adapters/kafkajs-repairs.ts'

/** True when the broker answers and has registered with its controller. */
export async function isKafkaReady(brokers: string): Promise<boolean> {
  repairKafkajs()
  const admin = new Kafka({
    clientId: 'readiness',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    retry: { retries: 0 },
  }).admin()
  try {
    await admin.connect()
    const cluster = await admin.describeCluster()
    return cluster.brokers.length > 0
  } catch {
    return false
  } finally {
    await admin.disconnect()
  }
}

/** Asks for the health, never for `/`: the reduced distribution from Maven Central does not answer there. */
export async function isElasticsearchReady(node: string): Promise<boolean> {
  try {
    const health = new URL('/_cluster/health?wait_for_status=yellow&timeout=5s', node)
    const response = await fetch(health, { signal: AbortSignal.timeout(10_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

/** Polls until the check holds; false when the time is up. */
export async function waitUntil(check: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs
  while (!(await check())) {
    if (Date.now() > deadline) return false
    await sleep(200)
  }
  return true
}
