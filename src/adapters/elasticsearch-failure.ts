// What went wrong with a request or with one item of it, in a form that may be shown. Elasticsearch quotes
// documents in its errors, so a client's error is never passed on, not even as a cause.
import { errors } from '@elastic/elasticsearch'
import { WorkerError } from '../core/worker-error.ts'

export type Failure = {
  /** HTTP status of the request or of the item; null if there was no answer. */
  readonly status: number | null
  /** Elasticsearch's error type, or what kept an answer away. */
  readonly type: string
  /** Safe to show: without document values. */
  readonly reason: string
  /** Elasticsearch says that it will never take so many bytes at once. */
  readonly isTooLarge: boolean
}

/** The `error` of an item or of a whole answer. */
export type ErrorBody = {
  readonly type?: string
  readonly reason?: string
  readonly root_cause?: readonly ErrorBody[]
}

/** An answer that came with status 200 and is of no use: shards that failed, items that are missing. */
export class UnusableAnswerError extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(describeFailure(failure))
    this.failure = failure
  }
}

export function unusable(type: string, reason: string): UnusableAnswerError {
  return new UnusableAnswerError({ status: null, type, reason, isTooLarge: false })
}

/** Types of failures without an answer, by the class of the client's error. But for certificates, all heal. */
const unanswered: ReadonlyMap<unknown, string> = new Map([
  [errors.TimeoutError, 'timeout'],
  [errors.ConnectionError, 'connection'],
  [errors.NoLivingConnectionsError, 'connection'],
  // Not by our signal, which is looked at first: the answer was over the size that the client takes.
  [errors.RequestAbortedError, 'answer-too-long'],
])

/** The failure behind an error, undefined if the error is no failure of a request but a fault of ours. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof UnusableAnswerError) return error.failure
  if (error instanceof errors.ResponseError) return failureOfResponse(error)
  if (error instanceof errors.ProductNotSupportedError)
    return fixed('not-elasticsearch', 'what answers there does not call itself Elasticsearch')
  if (error instanceof errors.DeserializationError)
    return fixed('unreadable-answer', 'the answer is not JSON')
  const type = error instanceof Error ? unanswered.get(error.constructor) : undefined
  if (type === undefined) return undefined
  const { message } = error as Error
  // The client keeps the text of what failed, not its code.
  return fixed(type === 'connection' && /certificate/i.test(message) ? 'certificate' : type, message)
}

const fixed = (type: string, reason: string): Failure => ({ status: null, type, reason, isTooLarge: false })

function failureOfResponse({ statusCode, body }: errors.ResponseError): Failure {
  const error: unknown = body?.error
  // 413 has an empty body, a proxy's answer is HTML, and a few handlers give a plain string.
  if (typeof error !== 'object' || error === null)
    return itemFailure(statusCode ?? 0, {
      type: 'http',
      reason: typeof error === 'string' ? error : 'without an explanation',
    })
  const { type, root_cause: causes } = error as ErrorBody
  const inner = type === 'search_phase_execution_exception' ? causes?.[0] : undefined
  return itemFailure(statusCode ?? 0, inner ?? (error as ErrorBody))
}

/** The failure of one item of a bulk or multi-get answer. */
export function itemFailure(status: number, { type = 'unknown', reason = '' }: ErrorBody): Failure {
  return { status, type, reason: safeReason(type, reason), isTooLarge: status === 413 || isOverLimit(reason) }
}

/**
 * "operation_bytes=60000288, max_coordinating_bytes=53687091": a request over indexing_pressure.memory.limit is
 * refused with 429 for ever, on an idle node too; so is a shard's part of it over the limit of primaries.
 */
function isOverLimit(reason: string): boolean {
  const [, bytes, limit] = /operation_bytes=(\d+), max_\w+_bytes=(\d+)/.exec(reason) ?? []
  return Number(bytes) > Number(limit)
}

const maxReasonLength = 300

/** Where a reason begins to quote: a value, a term, the request that waited ("… source[{"id":…"), a stack. */
const quotes = /Preview of field|The prefix of|,? request: |source\[|\n/

/**
 * A refused document's reason quotes the field's value, and a JSON error the document itself; of these only
 * the field's name is kept.
 */
function safeReason(type: string, reason: string): string {
  if (type === 'document_parsing_exception' || type === 'mapper_parsing_exception')
    return /failed to parse field \[[^\]]*\] of type \[\w+\]/.exec(reason)?.[0] ?? ''
  const [shown = ''] = reason.split(quotes, 1)
  return shown.slice(0, maxReasonLength).replace(/\p{Cc}/gu, ' ')
}

export function describeFailure({ status, type, reason }: Failure): string {
  const head = status === null ? type : `${status} ${type}`
  return reason === '' ? head : `${head}: ${reason}`
}

/** Types that heal although their status says that the request is at fault. */
const healing: ReadonlySet<string> = new Set([
  // Also for a moment while the lifecycle policy's force merge changes the codec.
  'index_closed_exception',
])

const fatalWithoutStatus: ReadonlySet<string> = new Set(['not-elasticsearch', 'certificate'])

/** Whether the same request can succeed later. */
export function heals({ status, type }: Failure): boolean {
  if (status === null) return !fatalWithoutStatus.has(type)
  return status === 408 || status === 409 || status === 429 || status >= 500 || healing.has(type)
}

/** The end of the process over a failure that does not heal. `during`: "… are written", "… is read". */
export function refusal(failure: Failure, during: string): WorkerError {
  const { status, type } = failure
  const what = `while ${during}: ${describeFailure(failure)}`
  if (status === 401)
    return new WorkerError(
      'unauthorized',
      `Elasticsearch does not know these credentials ${what}. Check them.`,
    )
  if (type === 'certificate')
    return new WorkerError(
      'unauthorized',
      `The certificate of Elasticsearch is not trusted ${what}. Set ELASTICSEARCH_CA_FILE to who signed it, or ` +
        'ELASTICSEARCH_CA_FINGERPRINT if the node sends its whole chain, and name the node as the certificate does.',
    )
  if (type === 'cluster_block_exception')
    return new WorkerError(
      'store-refused',
      `An index is blocked ${what}. Remove the block, or keep events that old out with MAX_LATENESS.`,
    )
  if (status === 403)
    return new WorkerError(
      'unauthorized',
      `A privilege is missing ${what}. README.md lists all that are needed, under Rights.`,
    )
  if (type === 'strict_dynamic_mapping_exception')
    return new WorkerError(
      'template-mismatch',
      `An index lacks a field of this release ${what}. Run \`sessionloom setup\` of this release, then start again.`,
    )
  if (type === 'index_not_found_exception')
    return new WorkerError(
      'store-refused',
      `An index is missing and may not be created ${what}. Allow it: action.auto_create_index, privilege auto_configure.`,
    )
  if (type === 'not-elasticsearch')
    return new WorkerError('configuration', `No Elasticsearch ${what}. Check ELASTICSEARCH_NODE.`)
  if (failure.isTooLarge)
    return new WorkerError(
      'store-refused',
      `One document is too large ${what}. Raise http.max_content_length, or the limit of the proxy before it.`,
    )
  return new WorkerError('store-refused', `Elasticsearch refused it ${what}. Nothing was committed after it.`)
}
