import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const main = join(import.meta.dirname, '../../src/main.ts')

export type Finished = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }

/** Runs `sessionloom` with these words, as a process of its own. */
export async function sessionloom(
  words: readonly string[],
  { input = '', env = {} }: { input?: string | Uint8Array; env?: Record<string, string> } = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [main, ...words], { env: { ...process.env, ...env } })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const exit = new Promise<number | null>(resolve => child.on('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { exitCode: await exit, stdout, stderr }
}
