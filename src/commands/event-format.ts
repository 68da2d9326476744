import type { Config } from '../config.ts'
import { eventFormats } from '../core/formats/event-formats.ts'
import type { Format } from '../core/formats/format.ts'

/** For every command that reads events. */
export const formatSettings = ['eventFormat'] as const

export function formatOf({ eventFormat }: Config<(typeof formatSettings)[number]>): Format {
  return eventFormats[eventFormat]
}
