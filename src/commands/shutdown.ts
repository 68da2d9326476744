// How `run` ends on a signal: at once while it starts; later when the batches in work are committed, or at the deadline.
import { WorkerError } from '../core/worker-error.ts'
import type { Worker } from '../worker.ts'

/** What `work` gives; null as soon as the signal is aborted, and then it is not waited for. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T | null> {
  const { promise: aborted, resolve } = Promise.withResolvers<null>()
  if (signal.aborted) resolve(null)
  else signal.addEventListener('abort', () => resolve(null), { once: true })
  try {
    return await Promise.race([work, aborted])
  } catch (error) {
    if (signal.aborted) return null
    throw error
  }
}

export type ShutdownSettings = {
  readonly signal: AbortSignal
  /** How long a signal waits for the batches in work, ms. */
  readonly deadlineMs: number
  /** Called at the deadline: ends what waits for trouble to pass. */
  readonly giveUp: () => void
}

/**
 * Runs until the worker ends. At the deadline it is not waited for any more: nothing is lost, since what is not
 * committed is read again. Rejects then if a batch was in work, which is worth a look.
 */
export async function runUntilSignal(worker: Worker, settings: ShutdownSettings): Promise<void> {
  const { signal, deadlineMs, giveUp } = settings
  const deadline = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    worker.stop()
    const expire = () => {
      if (worker.inWork > 0) deadline.reject(unfinished(worker.inWork, settings))
      else deadline.resolve()
      giveUp()
    }
    timer = setTimeout(expire, deadlineMs).unref()
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([worker.run(), deadline.promise])
  } finally {
    // What is closed from here on may take its time: there is nothing left to give up.
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

function unfinished(batches: number, { signal, deadlineMs }: ShutdownSettings): WorkerError {
  return new WorkerError(
    'hung',
    `${batches === 1 ? 'a batch was' : `${batches} batches were`} still in work ${deadlineMs / 1000} s after ` +
      `${signal.reason} and not committed, so the next start reads the same records again: nothing is lost. See in ` +
      'the log what the worker waited for. If Elasticsearch and Kafka are only slow, raise SHUTDOWN_DEADLINE, and ' +
      'with it the time that is left to the process before it is killed.',
  )
}
