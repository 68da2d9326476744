// What processes have used, from /proc: null on a system without it.
import { readdir, readFile } from 'node:fs/promises'

/** /proc counts in these, whatever the kernel's own clock. */
const ticksPerSecond = 100

/** Of a process group: a server may be a launcher and what it launched. Without those of it that have ended. */
export async function groupCpuSeconds(group: number): Promise<number | null> {
  const names = await readdir('/proc').catch(() => [])
  const texts = await Promise.all(names.filter(isPid).map(pid => statOf(`/proc/${pid}/stat`)))
  const ours = texts.map(fieldsOf).filter(fields => fields[2] === String(group))
  if (ours.length === 0) return null
  const ticks = ours.map(fields => Number(fields[11]) + Number(fields[12]))
  return ticks.reduce((sum, own) => sum + own, 0) / ticksPerSecond
}

export type MachineCpu = { readonly busySeconds: number; readonly idleSeconds: number }

/** Of all cores since the start. What a hypervisor gave to others counts as busy: it was not to be had. */
export async function machineCpu(): Promise<MachineCpu | null> {
  const line = /^cpu (.*)$/m.exec(await statOf('/proc/stat'))?.[1]
  if (line === undefined) return null
  // user nice system idle iowait irq softirq steal; guests are in user already.
  const seconds = line
    .trim()
    .split(/\s+/)
    .slice(0, 8)
    .map(ticks => Number(ticks) / ticksPerSecond)
  const idleSeconds = (seconds[3] ?? 0) + (seconds[4] ?? 0)
  return { busySeconds: seconds.reduce((sum, part) => sum + part, 0) - idleSeconds, idleSeconds }
}

const isPid = (name: string): boolean => /^\d+$/.test(name)
/** One that ends meanwhile has nothing to tell. */
const statOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
/** From the state on: the name before it may hold anything, so the last parenthesis ends it. */
const fieldsOf = (text: string): string[] => text.slice(text.lastIndexOf(')') + 2).split(' ')
