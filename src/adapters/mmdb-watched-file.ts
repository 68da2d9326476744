// A file that is replaced while it is in use: the new one is taken once it has come to rest and is sound.
import { statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type OpenedFile, openCheckedFile, openFile } from './mmdb-file.ts'

export type WatchedFile = {
  current(): OpenedFile
  /** Looks whether the file has changed. Gives what became of that; null where nothing did, or not yet. */
  refresh(): Promise<'reloaded' | { readonly refused: string } | null>
}

/** @throws Error when it is not sound at the beginning */
export function openWatchedFile(path: string): WatchedFile {
  let held = readStamp(statSync(path, { bigint: true, throwIfNoEntry: false }))
  let opened = openFile(path)
  /** Seen by the last `refresh`: it may still be in the middle of being written. */
  let seen = held

  async function refresh(): ReturnType<WatchedFile['refresh']> {
    const stamp = await stampOf(path)
    const isAtRest = stamp === seen
    seen = stamp
    if (stamp === held || !isAtRest) return null
    try {
      const next = await openCheckedFile(path)
      if ((await stampOf(path)) !== stamp) return null
      opened = next
      return 'reloaded'
    } catch (error) {
      return { refused: (error as Error).message }
    } finally {
      // A bad one is told once; it is looked at again when it changes.
      if ((await stampOf(path)) === stamp) held = stamp
    }
  }

  return { current: () => opened, refresh }
}

type Stat = { readonly mtimeNs: bigint; readonly size: bigint; readonly ino: bigint }

const readStamp = (found: Stat | undefined): string =>
  found === undefined ? 'missing' : `${found.ino} ${found.size} ${found.mtimeNs}`

async function stampOf(path: string): Promise<string> {
  return readStamp(await stat(path, { bigint: true }).catch(() => undefined))
}
