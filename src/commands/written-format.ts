// What records of Kafka are written in, for the commands that send them again.
import type { Config } from '../config.ts'
import type { Format } from '../core/formats/format.ts'
import { withSchemas } from '../core/formats/wire-format.ts'
import type { SourceRecord } from '../ports/event-source.ts'
import { openRegistry, registrySettings } from './connections.ts'
import { formatOf, formatSettings } from './event-format.ts'

export const writtenFormatSettings = [...formatSettings, ...registrySettings] as const

export type WrittenFormat = {
  /** With the schemas that these records name; null if it was closed while it waited for them. */
  formatFor(records: readonly SourceRecord[]): Promise<Format | null>
  /** Ends what waits for the registry. */
  close(): Promise<void>
}

/** `interrupted` hears what is waited for. */
export function writtenFormat(
  config: Config<(typeof writtenFormatSettings)[number]>,
  interrupted: (trouble: string) => void,
): WrittenFormat {
  const format = formatOf(config)
  let isClosed = false
  const registry = openRegistry(config, event => {
    if (event.kind === 'RegistryUnavailable') interrupted(`the schema registry: ${event.reason}`)
  })
  return {
    async formatFor(records) {
      if (registry === null) return format
      try {
        return withSchemas(format, await registry.schemasOf(records))
      } catch (error) {
        if (isClosed) return null
        throw error
      }
    },
    async close() {
      isClosed = true
      await registry?.close()
    },
  }
}
