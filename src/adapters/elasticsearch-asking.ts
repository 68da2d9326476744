import { WorkerError } from '../core/worker-error.ts'
import { describeFailure, failureOf, heals, refusal } from './elasticsearch-failure.ts'

/**
 * Asks once, for those who do not wait for a node to heal. `during`: "… is read".
 * @throws WorkerError that says what to do
 */
export async function asking<T>(during: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const failure = failureOf(error)
    if (failure === undefined) throw error
    if (!heals(failure)) throw refusal(failure, during)
    throw new WorkerError(
      'unreachable',
      `Elasticsearch did not answer while ${during}: ${describeFailure(failure)}. Try again when it is up, or set ELASTICSEARCH_NODE to where it is.`,
    )
  }
}
