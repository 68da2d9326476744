// What the demo may be told.
import { existsSync } from 'node:fs'
import { type OptionValues, UsageError } from './command.ts'

export type DemoOptions = {
  /** Path of a log; null for made-up events. */
  readonly events: string | null
  readonly rate: number
  readonly late: number
  readonly speed: number
  /** Days of made-up events that come before, at once. */
  readonly history: number
  /** Path of a store that stays; null for none. */
  readonly keep: string | null
  readonly port: number
  readonly opens: boolean
}

export const usualSpeed = 60
export const speeds: readonly number[] = [0, 1, 10, usualSpeed, 300]

/** @throws UsageError with every fault */
export function demoOptions(options: OptionValues): DemoOptions {
  const faults: string[] = []
  const number = (name: string, min: number, max: number): number => {
    const text = String(options[name])
    const value = Number(text)
    if (text.trim() !== '' && value >= min && value <= max) return value
    faults.push(`--${name}: expected a number from ${min} to ${max}`)
    return min
  }
  const wanted = {
    events: (options.events as string | undefined) ?? null,
    rate: number('rate', 0.1, 20_000),
    late: number('late', 0, 1),
    speed: number('speed', 0, 100_000),
    history: number('history', 0, 28),
    keep: (options.keep as string | undefined) ?? null,
    port: Math.trunc(number('port', 0, 65_535)),
    opens: options.open === true,
  }
  for (const name of ['events', 'keep', 'open'])
    if (options.page === false && options[name] !== undefined) faults.push(`--${name}: not with --no-page`)
  // Another log's documents would be in the way of this one's, or be taken for it.
  if (wanted.keep !== null && existsSync(wanted.keep))
    faults.push('--keep: there is such a file; name a new one')
  if (faults.length > 0) throw new UsageError(faults)
  return wanted
}
