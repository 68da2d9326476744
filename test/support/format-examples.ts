// Records in every format, and what becomes of them: `test/golden/formats` has one file each.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { EventFormatName } from '../../src/core/formats/event-formats.ts'

export type FormatExample = {
  readonly format: EventFormatName
  readonly name: string
  readonly headers?: Readonly<Record<string, string>>
  /** The record's value. */
  readonly text: string
  readonly becomes: {
    readonly format: string
    readonly tabIdFrom: string
    readonly time: string
    readonly clockSkewMs: number
    readonly event: { readonly [field: string]: unknown }
  }
}

const directory = join(import.meta.dirname, '../golden/formats')

export const formatExamples: readonly FormatExample[] = readdirSync(directory).flatMap(file =>
  JSON.parse(readFileSync(join(directory, file), 'utf8')).map(
    ({ record, ...example }: { record: unknown }) => ({
      format: basename(file, '.json'),
      ...example,
      text: typeof record === 'string' ? record : JSON.stringify(record),
    }),
  ),
)
