import type { Config } from '../config.ts'
import { eventFormats } from '../core/formats/event-formats.ts'
import type { Format } from '../core/formats/format.ts'

/** For every command that reads events. */
export const formatSettings = ['eventFormat', 'fieldMap'] as const

export function formatOf({ eventFormat, fieldMap }: Config<(typeof formatSettings)[number]>): Format {
  return fieldMap ?? eventFormats[eventFormat]
}
