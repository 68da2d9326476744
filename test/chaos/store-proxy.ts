// Between the workers and Elasticsearch: faults that are switched on and off while requests pass.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type BulkOperation,
  type Fault,
  type FaultRequest,
  type FaultServer,
  type ItemRefusal,
  refusing,
  startFaultServer,
} from '../support/fault-server.ts'

/** What becomes of a request; undefined leaves it to the others. */
export type StoreFault = (request: FaultRequest) => Fault | undefined | Promise<Fault | undefined>

export class StoreProxy {
  readonly #faults = new Set<StoreFault>()
  readonly #server: FaultServer

  private constructor(server: FaultServer, faults: Set<StoreFault>) {
    this.#server = server
    this.#faults = faults
  }

  static async start(upstream: string): Promise<StoreProxy> {
    const faults = new Set<StoreFault>()
    const decide = async (request: FaultRequest): Promise<Fault> => {
      for (const fault of faults) {
        const decided = await fault(request)
        if (decided !== undefined) return decided
      }
      return { kind: 'pass' }
    }
    return new StoreProxy(await startFaultServer(decide, upstream, { keepsRequests: false }), faults)
  }

  get address(): string {
    return this.#server.address
  }

  /** With this fault for so long. What still hangs then is cut. False if it met no request. */
  async during(ms: number, fault: StoreFault): Promise<boolean> {
    let met = false
    const watched: StoreFault = request => {
      met = true
      return fault(request)
    }
    this.#faults.add(watched)
    await sleep(ms)
    this.#faults.delete(watched)
    this.#server.cut()
    return met
  }

  /** With this fault until it has met so many bulk requests; fewer if they do not come. False if it met none. */
  async forBulks(count: number, fault: StoreFault): Promise<boolean> {
    const done = Promise.withResolvers<void>()
    let left = count
    const counting: StoreFault = async request => {
      if (!isBulk(request)) return undefined
      const decided = await fault(request)
      if (decided !== undefined && --left <= 0) {
        this.#faults.delete(counting)
        done.resolve()
      }
      return decided
    }
    this.#faults.add(counting)
    await Promise.race([done.promise, sleep(8_000)])
    this.#faults.delete(counting)
    return left < count
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}

export const isBulk = ({ path }: FaultRequest): boolean => path.startsWith('/_bulk')

export const overloaded = (): Fault => refusing(429, 'es_rejected_execution_exception')
export const unavailable = (): Fault => refusing(503, 'cluster_block_exception')

/** Some items are refused for now, the others are written. */
export const refusingSome =
  (refusal: ItemRefusal, isRefused: () => boolean): StoreFault =>
  () => ({ kind: 'pass-some', refuse: () => (isRefused() ? refusal : null) })

/** One full document of the request is refused for good; undefined if there is none. */
export const rejectingOne: StoreFault = request => {
  const { body } = request
  if (!body.includes('"reduced":null')) return undefined
  let rejected = false
  const refuse = ({ document }: BulkOperation): ItemRefusal | null => {
    const quality = document.quality as { reduced: unknown } | undefined
    if (rejected || quality === undefined || quality.reduced !== null) return null
    rejected = true
    return [400, 'document_parsing_exception']
  }
  return { kind: 'pass-some', refuse }
}
