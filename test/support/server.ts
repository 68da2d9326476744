/** Where a server came from. */
export type Source = 'environment' | 'docker' | 'jvm'

/** A Kafka broker or an Elasticsearch node that this process started, and may therefore kill. */
export interface Server {
  readonly source: Exclude<Source, 'environment'>
  /** `host:port` of a broker, URL of a node. The same after a restart. */
  readonly address: string
  /** Process id of the server (also its process group), undefined in a container or when it is down. */
  readonly pid: number | undefined
  /** Of all its processes since they started, user and system; null where the system does not tell. */
  cpuSeconds(): Promise<number | null>
  /** SIGKILL: no goodbye to anybody. Port and data stay. */
  kill(): Promise<void>
  /** Up again on the same port and data, killed first if it still runs. Resolves when it is ready. */
  restart(): Promise<void>
  /** Ended for good, data removed. */
  stop(): Promise<void>
}

/** A source cannot be had on this machine: the next one may. Anything else that fails is a real failure. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
