// Workers that end with the suite that started them, and an administrator of their broker.
import { after, before } from 'node:test'
import type { Admin } from 'kafkajs'
import { createKafka } from '../../src/adapters/kafka-client.ts'
import { kafkaClient } from './kafka-fixture.ts'
import { startWorker, type WorkerOptions, type WorkerProcess } from './worker-process.ts'

/** To be called within `describe`. `tidy` runs in the end, when no worker is left and the administrator still is. */
export function workerSuite(tidy: (admin: Admin) => Promise<unknown>) {
  const workers: WorkerProcess[] = []
  const admin = createKafka(kafkaClient).admin()
  before(() => admin.connect())
  after(async () => {
    for (const { child } of workers) child.kill('SIGKILL')
    await Promise.all(workers.map(worker => worker.exit))
    await tidy(admin)
    await admin.disconnect()
  })
  return {
    admin,
    start(env: Readonly<Record<string, string>>, options: WorkerOptions = {}): WorkerProcess {
      const worker = startWorker(env, options)
      workers.push(worker)
      return worker
    },
  }
}
