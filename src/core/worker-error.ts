/** Closed list of what ends the process; `message` tells the user what to do. */
export type WorkerErrorCode =
  | 'configuration'
  | 'unreachable'
  | 'unauthorized'
  | 'topic-missing'
  | 'template-missing'
  | 'template-mismatch'
  | 'epoch-mismatch'
  | 'partition-conflict'
  | 'data-loss'
  | 'input'
  | 'store-refused'
  | 'source-refused'
  | 'hung'
  | 'fenced'

/** An end of the process: nothing is committed after it. */
export class WorkerError extends Error {
  readonly code: WorkerErrorCode

  constructor(code: WorkerErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'WorkerError'
    this.code = code
  }
}
