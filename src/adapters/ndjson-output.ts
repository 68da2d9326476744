// Newline-delimited JSON out: final documents and generated events.
import { randomBytes } from 'node:crypto'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import type { SessionDocument } from '../core/session-document.ts'
import { WorkerError } from '../core/worker-error.ts'

const chunkCharacters = 64 * 1024

/** The line of a final document. `state` is left out: it is the worker's own, and only for merging on. */
export function documentLine(document: SessionDocument): string {
  return JSON.stringify({ ...document, state: undefined })
}

/**
 * Writes lines to standard output or another stream, no faster than they are read. A reader that has gone
 * away (`| head`) ends it quietly.
 */
export async function writeLines(stream: Writable, lines: Iterable<string>): Promise<void> {
  // A failure comes twice: to the write, and as an event that ends the process if nobody listens.
  const ignore = () => {}
  stream.on('error', ignore)
  try {
    for (const chunk of chunked(lines)) await written(stream, chunk)
  } catch (error) {
    if (isGone(error)) return
    throw outputError('standard output', error)
  }
  // Only now: after a failure the event is still to come.
  stream.off('error', ignore)
}

/**
 * Writes a file as a whole: under another name, synced, then renamed, so that there is never half of it. A
 * crash leaves the old file, and the beginning of the new one as `<name>.<random>.unfinished`. What is not a
 * plain file, such as /dev/stdout, is written as it is.
 */
export async function writeFileOfLines(path: string, lines: Iterable<string>): Promise<void> {
  const target = await targetOf(path)
  const name = target.isPlain ? `${target.path}.${randomBytes(4).toString('hex')}.unfinished` : target.path
  try {
    const file = await open(name, 'w')
    try {
      for (const chunk of chunked(lines)) await file.appendFile(chunk)
      if (target.isPlain) await file.sync()
    } finally {
      await file.close()
    }
    if (target.isPlain) await renameDurably(name, target.path)
  } catch (error) {
    if (target.isPlain) await rm(name, { force: true })
    throw outputError(path, error)
  }
}

/** What ends a run whose output cannot be written. An error of another origin is given back as it is. */
export function outputError(name: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error
  return new WorkerError(
    'input',
    `${name}: cannot be written: ${error.message}. Make room, or name a file in a folder where this user may write.`,
    { cause: error },
  )
}

function* chunked(lines: Iterable<string>): Generator<string> {
  let chunk = ''
  for (const line of lines) {
    chunk += `${line}\n`
    if (chunk.length < chunkCharacters) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

function written(stream: Writable, chunk: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, error => (error ? reject(error) : resolve()))
  })
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED'
}

/** Where a link leads: renaming onto the link itself would replace it. */
async function targetOf(path: string): Promise<{ readonly path: string; readonly isPlain: boolean }> {
  const found = await stat(path).catch(() => null)
  if (found === null) return { path, isPlain: true }
  return found.isFile() ? { path: await realpath(path), isPlain: true } : { path, isPlain: false }
}

/** A new name survives a loss of power only when its folder is synced too. */
async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to)
  const folder: FileHandle = await open(dirname(to), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
