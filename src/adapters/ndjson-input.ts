// Input files by content: a store remembers which it has taken in.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
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
    throw new WorkerError('input', `${path}: cannot be read: ${(error as Error).message}`, { cause: error })
  }
  return hash.digest('hex')
}

/** Copies a stream to a temporary file, since its content must be known before it is read. */
export async function spoolInput(stream: Readable): Promise<{ path: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'sessionloom-'))
  const path = join(directory, 'input.ndjson')
  await pipeline(stream, createWriteStream(path))
  return { path, remove: () => rm(directory, { recursive: true, force: true }) }
}
