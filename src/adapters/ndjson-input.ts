// Input files by content: a store remembers which it has taken in.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { WorkerError } from '../core/worker-error.ts'

/** SHA-256 of a file's content, hexadecimal. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  } catch (error) {
    throw inputError(path, error)
  }
  return hash.digest('hex')
}

export type SpooledInput = {
  readonly path: string
  /** Of the content, hexadecimal. */
  readonly sha256: string
  /** Removes the copy. */
  remove(): Promise<void>
}

/**
 * Copies a stream to a temporary file that only its owner can read, since its content must be known before
 * it is read. A process that is killed leaves it behind, in a folder `sessionloom-…`.
 */
export async function spoolInput(stream: Readable): Promise<SpooledInput> {
  const folder = temporaryFolder()
  const path = join(folder, 'input.ndjson')
  const remove = () => rm(folder, { recursive: true, force: true })
  const hash = createHash('sha256')
  try {
    await pipeline(stream, hashing(hash), createWriteStream(path, { mode: 0o600 }))
  } catch (error) {
    await remove()
    throw spoolError(error)
  }
  return { path, sha256: hash.digest('hex'), remove }
}

/** Made at once: a stream that fails while nobody listens would end the process. */
function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'sessionloom-'))
  } catch (error) {
    throw spoolError(error)
  }
}

/** What `run` ends with when its input cannot be read. */
export function inputError(name: string, error: unknown): WorkerError {
  const reason = error instanceof Error ? error.message : String(error)
  return new WorkerError(
    'input',
    `${name}: cannot be read: ${reason}. Name a file of one JSON object a line that this user may read, or - for ` +
      'standard input.',
    { cause: error },
  )
}

function spoolError(error: unknown): WorkerError {
  const reason = error instanceof Error ? error.message : String(error)
  return new WorkerError(
    'input',
    `standard input cannot be copied to ${tmpdir()}: ${reason}. Make room there, set TMPDIR to another folder, ` +
      'or replay a file.',
    { cause: error },
  )
}

function hashing(hash: ReturnType<typeof createHash>) {
  return async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
  }
}
