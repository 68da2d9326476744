// What runs here: for `build_info`, and for whoever asks which release it is.
import { readFileSync } from 'node:fs'
import { schemaVersion } from './core/document-fields.ts'

/** The release, the schema of its documents, and the Node below it. */
export function buildInfo(): { version: string; schema: string; node: string } {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return { version, schema: String(schemaVersion), node: process.version }
}
