// Newline-delimited JSON out: final documents, dead letters, generated events.
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { WorkerError } from '../core/worker-error.ts'

const chunkCharacters = 64 * 1024

/** Writes lines and waits for the reader; a reader that has gone away ends it quietly. */
export async function writeLines(stream: Writable, lines: Iterable<string>): Promise<void> {
  let isGone = false
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    isGone = true
  }
  stream.on('error', onError)
  let chunk = ''
  for (const line of lines) {
    chunk += `${line}\n`
    if (chunk.length < chunkCharacters) continue
    const isFull = !stream.write(chunk)
    chunk = ''
    if (isFull && !isGone) await drained(stream)
    if (isGone) break
  }
  if (!isGone && chunk !== '') await new Promise<void>(resolve => stream.write(chunk, () => resolve()))
  stream.off('error', onError)
}

async function drained(stream: Writable): Promise<void> {
  const either = new AbortController()
  const { signal } = either
  await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })])
  either.abort()
}

/** Writes a file as a whole: under another name, synced, then renamed. A crash leaves no half of it. */
export async function writeFileOfLines(path: string, lines: Iterable<string>): Promise<void> {
  const unfinished = `${path}.${process.pid}.unfinished`
  try {
    const stream = createWriteStream(unfinished, { flags: 'wx', flush: true })
    await once(stream, 'open')
    await writeLines(stream, lines)
    stream.end()
    await finished(stream)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw new WorkerError('input', `${path}: cannot be written: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

/** Appends lines to a file and syncs them. */
export async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, 'a').catch(error => {
    throw new WorkerError('input', `${path}: cannot be written: ${(error as Error).message}`, {
      cause: error,
    })
  })
  try {
    await file.appendFile(lines.map(line => `${line}\n`).join(''))
    await file.sync()
  } finally {
    await file.close()
  }
}
